//! A server derived from a declaration: it serves the operations of one resource and behaves as declared.
//!
//! Every computed attribute that is not declared as `stable` changes with every update.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use axum::Json as Body;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use engine::Definition;
use schema::{Attribute, Collection, Delete, Format, Job, Mode, Operation, Resource, Scalar, Stable};
use serde_json::{Map, Value as Json, json};

use super::generate::literal_json;

/// A received request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The id of the operation.
    pub operation: String,
    /// The body.
    pub body: Option<Json>,
}

/// The server. It runs until it is dropped.
pub struct DeclaredServer {
    /// The URL of the server.
    pub endpoint: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    definition: &'static Definition,
    resource: &'static Resource,
    operations: Vec<&'static Operation>,
    state: Mutex<ServerState>,
}

#[derive(Default)]
struct ServerState {
    /// The objects by the path parameters of their read operation. Their attributes are by name.
    objects: BTreeMap<Vec<String>, Map<String, Json>>,
    requests: Vec<Request>,
    /// Incremented by every change, so that each generated value is new.
    revision: u64,
}

impl DeclaredServer {
    /// Starts the server.
    pub async fn start(definition: &'static Definition, resource: &'static Resource) -> Self {
        let used: Vec<&str> = resource.operations().collect();
        let is_used = |operation: &&Operation| {
            used.contains(&operation.id.as_ref()) || part(definition, resource, operation).is_some()
        };
        let operations = definition.operations.iter().filter(is_used).collect();
        let shared = Arc::new(Shared {
            definition,
            resource,
            operations,
            state: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new()
            .fallback(serve)
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            endpoint,
            shared,
            task,
        }
    }

    /// The requests since the last call, without GET requests.
    pub fn take_changes(&self) -> Vec<Request> {
        let requests = std::mem::take(&mut self.shared.state.lock().unwrap().requests);
        let is_get = |call: &Request| {
            self.shared
                .operations
                .iter()
                .any(|operation| operation.id == call.operation && operation.method == schema::Method::Get)
        };
        requests.into_iter().filter(|call| !is_get(call)).collect()
    }

    /// Names of the attributes that identify an object.
    pub fn identity(&self) -> impl Iterator<Item = &str> {
        self.shared.identity()
    }

    /// Changes an attribute of every object outside of Terraform.
    pub fn drift(&self, attribute: &Attribute, written: &Json) {
        let mut state = self.shared.state.lock().unwrap();
        state.revision += 1;
        let value = stored_value(attribute, written, state.revision);
        for object in state.objects.values_mut() {
            object.insert(attribute.name.to_string(), value.clone());
        }
    }

    /// Changes a computed attribute of every object to another generated value.
    pub fn change_computed(&self, attribute: &Attribute) {
        let mut state = self.shared.state.lock().unwrap();
        state.revision += 1;
        let value = sample(attribute, state.revision);
        for object in state.objects.values_mut() {
            object.insert(attribute.name.to_string(), value.clone());
        }
    }

    /// Deletes every object outside of Terraform.
    pub fn delete_all(&self) {
        self.shared.state.lock().unwrap().objects.clear();
    }

    /// The number of objects.
    pub fn count(&self) -> usize {
        self.shared.state.lock().unwrap().objects.len()
    }
}

impl Drop for DeclaredServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, body: String) -> Response {
    let body = serde_json::from_str::<Json>(&body).ok();
    match shared.respond(&method, uri.path(), body) {
        Ok((status, Json::Null)) => status.into_response(),
        Ok((status, body)) => (status, Body(body)).into_response(),
        Err(status) => (status, Body(json!({"detail": "not found"}))).into_response(),
    }
}

impl Shared {
    fn respond(
        &self,
        method: &Method,
        path: &str,
        body: Option<Json>,
    ) -> Result<(StatusCode, Json), StatusCode> {
        let found = self
            .operations
            .iter()
            .filter(|operation| operation.method.name() == method.as_str());
        let matches = |operation: &&'static Operation| {
            arguments(&operation.path, path).map(|arguments| (*operation, arguments))
        };
        let (operation, arguments) = found.into_iter().find_map(matches).ok_or(StatusCode::NOT_FOUND)?;
        let mut state = self.state.lock().unwrap();
        state.requests.push(Request {
            operation: operation.id.to_string(),
            body: body.clone(),
        });
        let api = &self.resource.api;
        let id = Some(&operation.id);
        let key = self.key(&arguments);
        if let Some(job) = self.resource.job.iter().find(|job| job.start == operation.id) {
            state.revision += 1;
            let mut response = Map::new();
            for (attribute, field) in job.save.iter() {
                let attribute = self.resource.attribute(attribute).unwrap();
                put(&mut response, field, sample(attribute, state.revision));
            }
            let revision = state.revision;
            if let Some(object) = state.objects.get_mut(&key) {
                self.finish_run(job, object, revision);
            }
            return Ok((StatusCode::ACCEPTED, response.into()));
        }
        if let Some(job) = self.resource.job.iter().find(|job| job.poll == operation.id) {
            let mut response = Map::new();
            put(&mut response, &job.status, json!(job.done.first()));
            if let Some(terminal) = &job.terminal {
                put(&mut response, terminal, json!(true));
            }
            return Ok((StatusCode::OK, response.into()));
        }
        let is_adopted = arguments.len() == self.identity().count() && api.create == api.update;
        if is_adopted && !state.objects.contains_key(&key) {
            self.create(&mut state, &key, &Map::new());
        }
        if let Some(attribute) = part(self.definition, self.resource, operation) {
            let sent = body
                .and_then(|body| body.as_object().cloned())
                .unwrap_or_default();
            return state.change_part(&key, attribute, method, arguments.get(key.len()), &sent);
        }
        if api.list.as_ref() == id {
            return Ok((
                StatusCode::OK,
                state.objects.values().map(|object| self.show(object)).collect(),
            ));
        }
        let sent = body
            .as_ref()
            .and_then(Json::as_object)
            .cloned()
            .unwrap_or_default();
        if api.create.as_ref() == id && !is_adopted {
            state.revision += 1;
            let key: Vec<String> = self
                .identity()
                .map(|name| self.resource.attribute(name).unwrap())
                .map(|attribute| sample(attribute, state.revision).as_str().unwrap().to_owned())
                .collect();
            self.create(&mut state, &key, &sent);
            return Ok((StatusCode::CREATED, self.show(&state.objects[&key])));
        }
        let object = state.objects.get(&key).cloned().ok_or(StatusCode::NOT_FOUND)?;
        if api.delete == Delete::Call(operation.id.clone()) {
            state.objects.remove(&key);
            return Ok((StatusCode::NO_CONTENT, Json::Null));
        }
        if api.update.as_ref() == id {
            state.revision += 1;
            let revision = state.revision;
            let object = self.changed(object, &sent, revision);
            state.objects.insert(key.clone(), object);
        }
        Ok((StatusCode::OK, self.show(&state.objects[&key])))
    }

    /// Names of the attributes that identify an object, in the order of the path that reads it.
    fn identity(&self) -> impl Iterator<Item = &str> {
        let read = self.resource.api.read.as_ref();
        let operation = self
            .operations
            .iter()
            .find(|operation| Some(&operation.id) == read)
            .unwrap();
        operation.placeholders().map(|placeholder| {
            let renamed = self
                .resource
                .api
                .path
                .iter()
                .find(|(name, _)| name == placeholder);
            renamed.map_or(placeholder, |(_, attribute)| attribute.as_ref())
        })
    }

    fn key(&self, arguments: &[String]) -> Vec<String> {
        arguments.iter().take(self.identity().count()).cloned().collect()
    }

    fn create(&self, state: &mut ServerState, key: &[String], sent: &Map<String, Json>) {
        let mut object = Map::new();
        for attribute in self.resource.attributes.iter() {
            let is_own = attribute.mode.is_computed() && attribute.default.is_none();
            let value = if is_own {
                sample(attribute, state.revision)
            } else {
                Json::Null
            };
            object.insert(attribute.name.to_string(), value);
        }
        for (name, value) in self.identity().zip(key) {
            object.insert(name.to_owned(), json!(value));
        }
        let object = merge_sent(&self.resource.attributes, object, sent, state.revision);
        state.objects.insert(key.to_vec(), object);
    }

    /// An object after an update: with the sent values, and with new values of all attributes that an update may change.
    fn changed(
        &self,
        object: Map<String, Json>,
        sent: &Map<String, Json>,
        revision: u64,
    ) -> Map<String, Json> {
        let before = object.clone();
        let mut object = merge_sent(&self.resource.attributes, object, sent, revision);
        for attribute in self.resource.attributes.iter() {
            let name = attribute.name.as_ref();
            let may_change = match &attribute.stable {
                Stable::No => true,
                Stable::Yes => false,
                Stable::Unless(causes) => causes
                    .iter()
                    .any(|cause| before.get(cause.as_ref()) != object.get(cause.as_ref())),
            };
            if attribute.mode == Mode::Computed && may_change {
                object.insert(name.to_owned(), sample(attribute, revision));
            }
        }
        object
    }

    /// Changes an object as a run does that succeeds.
    fn finish_run(&self, job: &Job, object: &mut Map<String, Json>, revision: u64) {
        for name in job.changes.iter() {
            let attribute = self.resource.attribute(name).unwrap();
            object.insert(name.to_string(), sample(attribute, revision));
        }
        for (name, value) in job.result.iter() {
            object.insert(name.to_string(), literal_json(value));
        }
    }

    fn show(&self, object: &Map<String, Json>) -> Json {
        show(&self.resource.attributes, object)
    }
}

impl ServerState {
    /// Adds, changes or removes an element of an attribute whose elements have operations of their own.
    fn change_part(
        &mut self,
        key: &[String],
        attribute: &Attribute,
        method: &Method,
        element: Option<&String>,
        sent: &Map<String, Json>,
    ) -> Result<(StatusCode, Json), StatusCode> {
        self.revision += 1;
        let revision = self.revision;
        let object = self.objects.get_mut(key).ok_or(StatusCode::NOT_FOUND)?;
        let elements = object.entry(attribute.name.as_ref()).or_insert(json!([]));
        if elements.is_null() {
            *elements = json!([]);
        }
        let elements = elements.as_array_mut().unwrap();
        let Some(id) = element else {
            let created = stored_object(attribute, &sent.clone().into(), &revision.to_string(), revision);
            elements.push(created.clone());
            return Ok((
                StatusCode::CREATED,
                show(&attribute.attributes, created.as_object().unwrap()),
            ));
        };
        let is_it = |element: &Json| element.as_object().unwrap().values().any(|value| value == id);
        let position = elements.iter().position(is_it).ok_or(StatusCode::NOT_FOUND)?;
        if *method == Method::DELETE {
            elements.remove(position);
            return Ok((StatusCode::NO_CONTENT, Json::Null));
        }
        let object = elements[position].as_object().unwrap().clone();
        let object = merge_sent(&attribute.attributes, object, sent, revision);
        elements[position] = object.clone().into();
        Ok((StatusCode::OK, show(&attribute.attributes, &object)))
    }
}

/// The attribute whose elements an operation changes one by one: the path of the operation is that of the object, followed
/// by the attribute's name.
fn part(
    definition: &'static Definition,
    resource: &'static Resource,
    operation: &Operation,
) -> Option<&'static Attribute> {
    let read = definition
        .operations
        .iter()
        .find(|read| Some(&read.id) == resource.api.read.as_ref())?;
    let rest = operation
        .path
        .strip_prefix(read.path.trim_end_matches('/'))?
        .trim_start_matches('/');
    let name = rest.split('/').next()?;
    resource.attributes.iter().find(|attribute| {
        attribute.wire.write.is_none() && attribute.mode.is_settable() && attribute.name == name
    })
}

/// The values of the placeholders; `None` if the path does not match the pattern.
fn arguments(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    if pattern.len() != path.len() {
        return None;
    }
    let mut arguments = Vec::new();
    for (expected, actual) in pattern.into_iter().zip(path) {
        if expected.starts_with('{') {
            arguments.push(actual.to_owned());
        } else if expected != actual {
            return None;
        }
    }
    Some(arguments)
}

/// The object with the sent values.
///
/// # Panics
/// If a key is not the wire name of any attribute.
fn merge_sent(
    attributes: &[Attribute],
    mut object: Map<String, Json>,
    sent: &Map<String, Json>,
    revision: u64,
) -> Map<String, Json> {
    for (key, value) in sent {
        let mut written = attributes
            .iter()
            .filter(|attribute| attribute.wire.write.as_deref() == Some(key))
            .peekable();
        assert!(
            written.peek().is_some(),
            "`{key}` was sent, but it is not the wire name of any attribute"
        );
        // A write-only twin has the same wire name as its attribute.
        for attribute in written {
            object.insert(
                attribute.name.to_string(),
                stored_value(attribute, value, revision),
            );
        }
    }
    object
}

fn stored_value(attribute: &Attribute, value: &Json, revision: u64) -> Json {
    match value {
        _ if attribute.r#type.scalar != Scalar::Object => value.clone(),
        Json::Array(elements) => elements
            .iter()
            .enumerate()
            .map(|(index, element)| stored_object(attribute, element, &index.to_string(), revision))
            .collect(),
        Json::Object(entries) if attribute.r#type.collections.first() == Some(&Collection::Map) => entries
            .iter()
            .map(|(key, element)| (key.clone(), stored_object(attribute, element, key, revision)))
            .collect(),
        other => stored_object(attribute, other, "", revision),
    }
}

fn stored_object(attribute: &Attribute, value: &Json, place: &str, revision: u64) -> Json {
    let Json::Object(sent) = value else {
        return value.clone();
    };
    let mut object = Map::new();
    for nested in attribute.attributes.iter() {
        let salt = match nested.stable {
            Stable::Yes => hash(&place),
            _ => hash(&(place, revision)),
        };
        let is_own = nested.mode.is_computed() && nested.default.is_none();
        object.insert(
            nested.name.to_string(),
            if is_own { sample(nested, salt) } else { Json::Null },
        );
    }
    merge_sent(&attribute.attributes, object, sent, revision).into()
}

fn show(attributes: &[Attribute], object: &Map<String, Json>) -> Json {
    let mut response = Map::new();
    let returned = attributes
        .iter()
        .filter(|attribute| attribute.returned && !attribute.write_only);
    for attribute in returned {
        let Some(pointer) = attribute.wire.read.first() else {
            continue;
        };
        let value = object.get(attribute.name.as_ref()).cloned().unwrap_or_default();
        put(&mut response, pointer, show_value(attribute, value));
    }
    response.into()
}

fn show_value(attribute: &Attribute, value: Json) -> Json {
    let object = |value: &Json| {
        value
            .as_object()
            .map_or(Json::Null, |object| show(&attribute.attributes, object))
    };
    match (&value, attribute.r#type.collections.first()) {
        // The API may represent "no elements" as it likes.
        (Json::Null, Some(Collection::Map)) => json!({}),
        (Json::Null, Some(_)) => json!([]),
        _ if attribute.r#type.scalar != Scalar::Object => value,
        (Json::Array(elements), _) => elements.iter().map(object).collect(),
        (Json::Object(entries), Some(Collection::Map)) => entries
            .iter()
            .map(|(key, value)| (key.clone(), object(value)))
            .collect(),
        _ => object(&value),
    }
}

/// Writes a value at a dotted pointer and keeps existing values; after `[]` each element becomes an object.
fn put(response: &mut Map<String, Json>, pointer: &str, value: Json) {
    let Some((step, rest)) = pointer.split_once('.') else {
        response.entry(pointer).or_insert(value);
        return;
    };
    if let Some(step) = step.strip_suffix("[]") {
        let elements = value.as_array().cloned().unwrap_or_default();
        let objects = elements.into_iter().map(|element| {
            let mut object = Map::new();
            put(&mut object, rest, element);
            Json::from(object)
        });
        response.entry(step).or_insert(objects.collect());
        return;
    }
    let inner = response.entry(step).or_insert_with(|| json!({}));
    if let Json::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// A value that the server generates.
fn sample(attribute: &Attribute, salt: u64) -> Json {
    let salt = hash(&(attribute.name.as_ref(), salt));
    let element = || match attribute.r#type.scalar {
        Scalar::Bool => json!(salt.is_multiple_of(2)),
        Scalar::Int => json!(salt % 1000),
        Scalar::Number => json!(f64::from(u8::try_from(salt % 200).unwrap()) / 8.0),
        Scalar::String => json!(sample_string(attribute, salt)),
        Scalar::Object => {
            let values = attribute
                .attributes
                .iter()
                .map(|nested| (nested.name.to_string(), sample(nested, salt)));
            values.collect::<Map<String, Json>>().into()
        }
    };
    if let (Some(default), true) = (&attribute.default, attribute.mode.is_settable()) {
        return literal_json(default);
    }
    let collections = attribute.r#type.collections.iter().rev();
    collections.fold(element(), |inner, collection| match collection {
        Collection::List | Collection::Set => json!([inner]),
        Collection::Map => json!({"key": inner}),
    })
}

fn sample_string(attribute: &Attribute, salt: u64) -> String {
    if let Some(word) = attribute.validate.one_of.first() {
        return word.to_string();
    }
    let last = salt % 0xffff_ffff_ffff;
    match attribute.format {
        Some(Format::Uuid) => format!("5a000000-0000-4000-8000-{last:012x}"),
        Some(Format::Ip) => format!("10.0.{}.{}", salt % 250, salt / 250 % 250),
        Some(Format::Cidr) => format!("10.{}.{}.0/24", salt % 250, salt / 250 % 250),
        Some(Format::Url) => format!("https://{last:x}.example.com"),
        Some(Format::Duration) => format!("{}m", salt % 60 + 1),
        Some(Format::Timestamp) => format!(
            "2026-01-01T{:02}:{:02}:{:02}Z",
            salt % 24,
            salt % 60,
            salt / 60 % 60
        ),
        Some(Format::Json) => format!("{{\"salt\": {last}}}"),
        Some(Format::Glob) => format!("salt-{last:x}-*"),
        None => format!("own-{last:x}"),
    }
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
