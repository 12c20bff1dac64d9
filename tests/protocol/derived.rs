//! A server made of a declaration: it serves just the operations of one resource, and behaves as the declaration says.
//!
//! Whatever the declaration lets change without being asked (what is not `stable`) does change with every update.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use axum::Json as Body;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use engine::Definition;
use schema::{Attribute, Collection, Delete, Format, Mode, Operation, Resource, Scalar, Stable};
use serde_json::{Map, Value as Json, json};

use super::generate::literal_json;

/// One call, as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The operation.
    pub operation: String,
    /// Its body.
    pub body: Option<Json>,
}

/// The server, until it is dropped.
pub struct Derived {
    /// Where it listens.
    pub endpoint: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    definition: &'static Definition,
    resource: &'static Resource,
    operations: Vec<&'static Operation>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// By the arguments of the path that reads them; attributes by name.
    objects: BTreeMap<Vec<String>, Map<String, Json>>,
    calls: Vec<Call>,
    /// Grows with every change, so that nothing is made twice.
    revision: u64,
}

impl Derived {
    /// Starts to listen.
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
            known: Mutex::default(),
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

    /// The calls since the last time, but for those that only read.
    pub fn take_changes(&self) -> Vec<Call> {
        let calls = std::mem::take(&mut self.shared.known.lock().unwrap().calls);
        let is_get = |call: &Call| {
            self.shared
                .operations
                .iter()
                .any(|operation| operation.id == call.operation && operation.method == schema::Method::Get)
        };
        calls.into_iter().filter(|call| !is_get(call)).collect()
    }

    /// Names of the attributes that identify an object.
    pub fn identity(&self) -> impl Iterator<Item = &str> {
        self.shared.identity()
    }

    /// Changes an attribute of every object, as somebody else would.
    pub fn drift(&self, attribute: &Attribute, written: &Json) {
        let mut known = self.shared.known.lock().unwrap();
        known.revision += 1;
        let value = take_value(attribute, written, known.revision);
        for object in known.objects.values_mut() {
            object.insert(attribute.name.to_string(), value.clone());
        }
    }

    /// Gives an attribute of every object another value of the server's own.
    pub fn renew(&self, attribute: &Attribute) {
        let mut known = self.shared.known.lock().unwrap();
        known.revision += 1;
        let value = sample(attribute, known.revision);
        for object in known.objects.values_mut() {
            object.insert(attribute.name.to_string(), value.clone());
        }
    }

    /// Deletes every object, as somebody else would.
    pub fn lose(&self) {
        self.shared.known.lock().unwrap().objects.clear();
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.shared.known.lock().unwrap().objects.len()
    }
}

impl Drop for Derived {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, body: String) -> Response {
    let body = serde_json::from_str::<Json>(&body).ok();
    match shared.answer(&method, uri.path(), body) {
        Ok((status, Json::Null)) => status.into_response(),
        Ok((status, body)) => (status, Body(body)).into_response(),
        Err(status) => (status, Body(json!({"detail": "there is no such thing"}))).into_response(),
    }
}

impl Shared {
    fn answer(
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
        let mut known = self.known.lock().unwrap();
        known.calls.push(Call {
            operation: operation.id.to_string(),
            body: body.clone(),
        });
        let api = &self.resource.api;
        let id = Some(&operation.id);
        let key = self.key(&arguments);
        if let Some(job) = self.resource.job.iter().find(|job| job.start == operation.id) {
            known.revision += 1;
            let mut answer = Map::new();
            for (attribute, field) in job.save.iter() {
                let attribute = self.resource.attribute(attribute).unwrap();
                put(&mut answer, field, sample(attribute, known.revision));
            }
            return Ok((StatusCode::ACCEPTED, answer.into()));
        }
        if let Some(job) = self.resource.job.iter().find(|job| job.poll == operation.id) {
            let mut answer = Map::new();
            put(&mut answer, &job.status, json!(job.done.first()));
            if let Some(terminal) = &job.terminal {
                put(&mut answer, terminal, json!(true));
            }
            return Ok((StatusCode::OK, answer.into()));
        }
        let is_adopted = arguments.len() == self.identity().count() && api.create == api.update;
        if is_adopted && !known.objects.contains_key(&key) {
            self.create(&mut known, &key, &Map::new());
        }
        if let Some(attribute) = part(self.definition, self.resource, operation) {
            let sent = body
                .and_then(|body| body.as_object().cloned())
                .unwrap_or_default();
            return known.change_part(&key, attribute, method, arguments.get(key.len()), &sent);
        }
        if api.list.as_ref() == id {
            return Ok((
                StatusCode::OK,
                known.objects.values().map(|object| self.show(object)).collect(),
            ));
        }
        let sent = body
            .as_ref()
            .and_then(Json::as_object)
            .cloned()
            .unwrap_or_default();
        if api.create.as_ref() == id && !is_adopted {
            known.revision += 1;
            let key: Vec<String> = self
                .identity()
                .map(|name| self.resource.attribute(name).unwrap())
                .map(|attribute| sample(attribute, known.revision).as_str().unwrap().to_owned())
                .collect();
            self.create(&mut known, &key, &sent);
            return Ok((StatusCode::CREATED, self.show(&known.objects[&key])));
        }
        let object = known.objects.get(&key).cloned().ok_or(StatusCode::NOT_FOUND)?;
        if api.delete == Delete::Call(operation.id.clone()) {
            known.objects.remove(&key);
            return Ok((StatusCode::NO_CONTENT, Json::Null));
        }
        if api.update.as_ref() == id {
            known.revision += 1;
            let revision = known.revision;
            let object = self.changed(object, &sent, revision);
            known.objects.insert(key.clone(), object);
        }
        Ok((StatusCode::OK, self.show(&known.objects[&key])))
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

    fn create(&self, known: &mut Known, key: &[String], sent: &Map<String, Json>) {
        let mut object = Map::new();
        for attribute in self.resource.attributes.iter() {
            let is_own = attribute.mode.is_computed() && attribute.default.is_none();
            let value = if is_own {
                sample(attribute, known.revision)
            } else {
                Json::Null
            };
            object.insert(attribute.name.to_string(), value);
        }
        for (name, value) in self.identity().zip(key) {
            object.insert(name.to_owned(), json!(value));
        }
        let object = take(&self.resource.attributes, object, sent, known.revision);
        known.objects.insert(key.to_vec(), object);
    }

    /// What an update makes of an object: what was sent, and everything that a change may alter.
    fn changed(
        &self,
        object: Map<String, Json>,
        sent: &Map<String, Json>,
        revision: u64,
    ) -> Map<String, Json> {
        let before = object.clone();
        let mut object = take(&self.resource.attributes, object, sent, revision);
        for attribute in self.resource.attributes.iter() {
            let name = attribute.name.as_ref();
            let is_altered = match &attribute.stable {
                Stable::No => true,
                Stable::Yes => false,
                Stable::Unless(causes) => causes
                    .iter()
                    .any(|cause| before.get(cause.as_ref()) != object.get(cause.as_ref())),
            };
            if attribute.mode == Mode::Computed && is_altered {
                object.insert(name.to_owned(), sample(attribute, revision));
            }
        }
        object
    }

    fn show(&self, object: &Map<String, Json>) -> Json {
        show(&self.resource.attributes, object)
    }
}

impl Known {
    /// Adds, changes or removes an element of a part of an object; it is found by the identity it was given.
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
            let made = take_object(attribute, &sent.clone().into(), &revision.to_string(), revision);
            elements.push(made.clone());
            return Ok((
                StatusCode::CREATED,
                show(&attribute.attributes, made.as_object().unwrap()),
            ));
        };
        let is_it = |element: &Json| element.as_object().unwrap().values().any(|value| value == id);
        let position = elements.iter().position(is_it).ok_or(StatusCode::NOT_FOUND)?;
        if *method == Method::DELETE {
            elements.remove(position);
            return Ok((StatusCode::NO_CONTENT, Json::Null));
        }
        let object = elements[position].as_object().unwrap().clone();
        let object = take(&attribute.attributes, object, sent, revision);
        elements[position] = object.clone().into();
        Ok((StatusCode::OK, show(&attribute.attributes, &object)))
    }
}

/// The attribute whose elements an operation changes one by one: its path goes on from the object's with the
/// attribute's name.
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

/// The placeholders' values, where the path fits the pattern.
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

/// The object with what was sent; keys that no attribute is written under would be a mistake.
fn take(
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
            "`{key}` was sent, but no attribute is written there"
        );
        // A twin is written where the attribute is that it stands beside.
        for attribute in written {
            object.insert(attribute.name.to_string(), take_value(attribute, value, revision));
        }
    }
    object
}

fn take_value(attribute: &Attribute, value: &Json, revision: u64) -> Json {
    match value {
        _ if attribute.r#type.scalar != Scalar::Object => value.clone(),
        Json::Array(elements) => elements
            .iter()
            .enumerate()
            .map(|(index, element)| take_object(attribute, element, &index.to_string(), revision))
            .collect(),
        Json::Object(entries) if attribute.r#type.collections.first() == Some(&Collection::Map) => entries
            .iter()
            .map(|(key, element)| (key.clone(), take_object(attribute, element, key, revision)))
            .collect(),
        other => take_object(attribute, other, "", revision),
    }
}

fn take_object(attribute: &Attribute, value: &Json, place: &str, revision: u64) -> Json {
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
    take(&attribute.attributes, object, sent, revision).into()
}

fn show(attributes: &[Attribute], object: &Map<String, Json>) -> Json {
    let mut answer = Map::new();
    let told = attributes
        .iter()
        .filter(|attribute| attribute.returned && !attribute.write_only);
    for attribute in told {
        let Some(pointer) = attribute.wire.read.first() else {
            continue;
        };
        let value = object.get(attribute.name.as_ref()).cloned().unwrap_or_default();
        put(&mut answer, pointer, show_value(attribute, value));
    }
    answer.into()
}

fn show_value(attribute: &Attribute, value: Json) -> Json {
    let object = |value: &Json| {
        value
            .as_object()
            .map_or(Json::Null, |object| show(&attribute.attributes, object))
    };
    match (&value, attribute.r#type.collections.first()) {
        // What the API has for "no elements" is its own choice.
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

/// Writes a value at a dotted pointer, beside what is there; `[]` makes an object of each element.
fn put(answer: &mut Map<String, Json>, pointer: &str, value: Json) {
    let Some((step, rest)) = pointer.split_once('.') else {
        answer.entry(pointer).or_insert(value);
        return;
    };
    if let Some(step) = step.strip_suffix("[]") {
        let elements = value.as_array().cloned().unwrap_or_default();
        let objects = elements.into_iter().map(|element| {
            let mut object = Map::new();
            put(&mut object, rest, element);
            Json::from(object)
        });
        answer.entry(step).or_insert(objects.collect());
        return;
    }
    let inner = answer.entry(step).or_insert_with(|| json!({}));
    if let Json::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// A value of the server's own.
fn sample(attribute: &Attribute, salt: u64) -> Json {
    let salt = hash(&(attribute.name.as_ref(), salt));
    let element = || match attribute.r#type.scalar {
        Scalar::Bool => json!(salt.is_multiple_of(2)),
        Scalar::Int => json!(salt % 1000),
        Scalar::Number => json!(f64::from(u8::try_from(salt % 200).unwrap()) / 8.0),
        Scalar::String => json!(sample_text(attribute, salt)),
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

fn sample_text(attribute: &Attribute, salt: u64) -> String {
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
        None => format!("own-{last:x}"),
    }
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
