//! A to-do service in memory, for the provider in `examples/another-provider/`.
//!
//! It differs from the simulated control plane: it publishes no API document, its paths have no trailing slash, and two
//! ids identify a task.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use harness::secrets::{Kind, Secrets};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;
use value::duration;

/// A service that runs until it is dropped, on the runtime that started it.
pub struct Todo {
    store: Arc<Mutex<Store>>,
    url: String,
    token: String,
    server: JoinHandle<io::Result<()>>,
}

/// A stored object. Responses have the same fields, apart from those that `Store::representation` changes.
type Object = serde_json::Map<String, Json>;

struct Store {
    token: String,
    lists: Vec<Object>,
    tasks: Vec<Object>,
    requests: Vec<(String, String)>,
    /// The end of the path of the next create whose response is lost.
    lost: Option<&'static str>,
}

/// An error response: its status and its detail.
type Rejection = (StatusCode, String);

impl Todo {
    /// Starts an empty service on this address; port 0 selects a free port.
    ///
    /// # Errors
    /// If it cannot listen on the address.
    pub async fn start(at: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(at).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let token = format!("todo-{}", Uuid::new_v4());
        let store = Arc::new(Mutex::new(Store {
            token: token.clone(),
            lists: Vec::new(),
            tasks: Vec::new(),
            requests: Vec::new(),
            lost: None,
        }));
        let router = Router::new().fallback(handle).with_state(Arc::clone(&store));
        let server = tokio::spawn(axum::serve(listener, router).into_future());
        Ok(Self {
            store,
            url,
            token,
            server,
        })
    }

    /// The URL of the service.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The token that it accepts.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The values that no output may contain.
    pub fn secrets(&self) -> Secrets {
        let secrets = Secrets::default();
        secrets.register_string(Kind::Secret, &self.token);
        secrets
    }

    /// Method and path of each request so far.
    pub fn requests(&self) -> Vec<(String, String)> {
        lock(&self.store).requests.clone()
    }

    /// Performs the next create at a path with this end, but returns status 504, as a gateway does after its timeout.
    pub fn lose_response(&self, path: &'static str) {
        lock(&self.store).lost = Some(path);
    }

    /// The titles of all lists and tasks, sorted.
    pub fn titles(&self) -> Vec<String> {
        let store = lock(&self.store);
        let all = store.lists.iter().chain(&store.tasks);
        let titles = all.filter_map(|object| object.get("title")?.as_str().map(str::to_owned));
        let mut titles: Vec<String> = titles.collect();
        titles.sort();
        titles
    }

    /// Changes a field of every object with this title, as another client would.
    pub fn change(&self, title: &str, field: &str, value: &Json) {
        let store = &mut *lock(&self.store);
        let all = store.lists.iter_mut().chain(&mut store.tasks);
        for object in all.filter(|object| object["title"] == title) {
            object.insert(field.to_owned(), value.clone());
        }
    }
}

impl Drop for Todo {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn handle(
    State(store): State<Arc<Mutex<Store>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut store = lock(&store);
    store.requests.push((method.to_string(), uri.path().to_owned()));
    let path: Vec<&str> = uri.path().split('/').skip(1).collect();
    let result = store
        .admit(&headers)
        .and_then(|()| store.perform(method.as_str(), &path, &body));
    let is_create = method == Method::POST;
    if is_create && store.lost.take_if(|end| uri.path().ends_with(*end)).is_some() {
        return rejection(StatusCode::GATEWAY_TIMEOUT, "no response in time");
    }
    match result {
        Ok((status, Json::Null)) => status.into_response(),
        Ok((status, body)) => (status, axum::Json(body)).into_response(),
        Err((status, detail)) => rejection(status, &detail),
    }
}

fn rejection(status: StatusCode, detail: &str) -> Response {
    (status, axum::Json(json!({ "detail": detail }))).into_response()
}

impl Store {
    fn admit(&self, headers: &HeaderMap) -> Result<(), Rejection> {
        let expected = format!("Bearer {}", self.token);
        let is_known = headers
            .get(header::AUTHORIZATION)
            .is_some_and(|sent| sent == expected.as_str());
        if is_known {
            Ok(())
        } else {
            Err((StatusCode::UNAUTHORIZED, "unknown token".to_owned()))
        }
    }

    /// Performs a request and returns the status and the body of the response; null for no body.
    fn perform(&mut self, method: &str, path: &[&str], body: &[u8]) -> Result<(StatusCode, Json), Rejection> {
        let (list, id) = match path {
            ["lists"] => (None, None),
            ["lists", id] => (None, Some(*id)),
            ["lists", list, "tasks"] => (Some(*list), None),
            ["lists", list, "tasks", id] => (Some(*list), Some(*id)),
            _ => return Err((StatusCode::NOT_FOUND, "unknown path".to_owned())),
        };
        if let Some(list) = list {
            self.find(None, list)?;
        }
        match (method, id) {
            ("GET", None) => {
                let objects = self.objects(list).iter();
                let found = objects.filter(|object| belongs(object, list));
                Ok((
                    StatusCode::OK,
                    found.map(|object| self.representation(object)).collect(),
                ))
            }
            ("POST", None) => {
                let mut object = new(list);
                change(&mut object, list, body)?;
                self.check_title(&object, list)?;
                let shown = self.representation(&object);
                self.objects_mut(list).push(object);
                Ok((StatusCode::CREATED, shown))
            }
            ("GET", Some(id)) => {
                let object = self.find(list, id)?;
                Ok((StatusCode::OK, self.representation(object)))
            }
            ("PATCH", Some(id)) => {
                let mut object = self.find(list, id)?.clone();
                change(&mut object, list, body)?;
                self.check_title(&object, list)?;
                let shown = self.representation(&object);
                self.objects_mut(list).retain(|other| other["id"] != id);
                self.objects_mut(list).push(object);
                Ok((StatusCode::OK, shown))
            }
            ("DELETE", Some(id)) => {
                self.find(list, id)?;
                if list.is_none() && self.tasks.iter().any(|task| belongs(task, Some(id))) {
                    return Err((StatusCode::CONFLICT, "the list has tasks".to_owned()));
                }
                self.objects_mut(list).retain(|other| other["id"] != id);
                Ok((StatusCode::NO_CONTENT, Json::Null))
            }
            _ => Err((StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not allowed"))),
        }
    }

    /// The tasks if a list is given, otherwise the lists.
    fn objects(&self, list: Option<&str>) -> &Vec<Object> {
        if list.is_some() { &self.tasks } else { &self.lists }
    }

    fn objects_mut(&mut self, list: Option<&str>) -> &mut Vec<Object> {
        if list.is_some() {
            &mut self.tasks
        } else {
            &mut self.lists
        }
    }

    fn find(&self, list: Option<&str>, id: &str) -> Result<&Object, Rejection> {
        let mut objects = self.objects(list).iter();
        let found = objects.find(|object| belongs(object, list) && object["id"] == id);
        found.ok_or_else(|| (StatusCode::NOT_FOUND, format!("{id} does not exist")))
    }

    /// Rejects a duplicate title.
    fn check_title(&self, object: &Object, list: Option<&str>) -> Result<(), Rejection> {
        let mut others = self.objects(list).iter().filter(|other| {
            belongs(other, list) && other["id"] != object["id"] && other["title"] == object["title"]
        });
        match others.next() {
            None => Ok(()),
            Some(_) => Err((StatusCode::CONFLICT, "the title is taken".to_owned())),
        }
    }

    /// The object as responses have it.
    fn representation(&self, object: &Object) -> Json {
        let mut shown = object.clone();
        if let Some(Json::Array(emails)) = shown.remove("member_emails") {
            let members = emails.iter().map(|email| json!({ "email": email }));
            shown.insert("members".to_owned(), members.collect());
            let tasks = self.tasks.iter().filter(|task| task["list_id"] == object["id"]);
            let open = tasks.filter(|task| task["done"] == false).count();
            shown.insert("open_tasks".to_owned(), json!(open));
        }
        Json::Object(shown)
    }
}

/// Whether an object belongs to this list. Lists themselves belong to no list.
fn belongs(object: &Object, list: Option<&str>) -> bool {
    object.get("list_id").and_then(Json::as_str) == list
}

/// A new task in this list, or a new list.
fn new(list: Option<&str>) -> Object {
    let id = Uuid::new_v4().to_string();
    let added_at = Timestamp::now().to_string();
    let new = match list {
        None => json!({
            "id": id,
            "title": null,
            "colour": "grey",
            "member_emails": [],
            "owner": { "name": "sam" },
            "added_at": added_at,
        }),
        Some(list) => json!({
            "id": id,
            "list_id": list,
            "title": null,
            "notes": null,
            "done": false,
            "done_at": null,
            "priority": 3,
            "due": null,
            "estimate": null,
            "labels": [],
            "steps": [],
            "added_at": added_at,
        }),
    };
    new.as_object().cloned().unwrap_or_default()
}

/// Changes an object by the body of a request.
fn change(object: &mut Object, list: Option<&str>, body: &[u8]) -> Result<(), Rejection> {
    let invalid = |detail: String| (StatusCode::UNPROCESSABLE_ENTITY, detail);
    let body: Object = serde_json::from_slice(body).map_err(|error| invalid(error.to_string()))?;
    let writable: &[&str] = match list {
        None => &["title", "colour", "member_emails"],
        Some(_) => &[
            "title", "notes", "done", "priority", "due", "estimate", "labels", "steps",
        ],
    };
    for (name, value) in body {
        if !writable.contains(&name.as_str()) {
            return Err(invalid(format!("{name} cannot be set")));
        }
        let value = normalised(&name, value).ok_or_else(|| invalid(format!("{name} is invalid")))?;
        if name == "done" && object["done"] != value {
            let done_at = (value == true).then(|| Timestamp::now().to_string());
            object.insert("done_at".to_owned(), done_at.into());
        }
        object.insert(name, value);
    }
    if object["title"].is_null() {
        return Err(invalid("the title is missing".to_owned()));
    }
    Ok(())
}

/// A value as the service stores it: timestamps in UTC, durations in seconds, labels sorted.
fn normalised(name: &str, mut value: Json) -> Option<Json> {
    match (name, &mut value) {
        ("due", Json::String(text)) => Some(text.parse::<Timestamp>().ok()?.to_string().into()),
        ("estimate", Json::String(text)) => Some(format!("{}s", duration::parse(text)?.as_secs()).into()),
        ("labels", Json::Array(labels)) => {
            labels.sort_by_key(Json::to_string);
            Some(value)
        }
        _ => Some(value),
    }
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}
