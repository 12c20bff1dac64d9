//! Declarations and values for tests, tables of rules, and an API with scripted responses.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use engine::api::{Api, Effect, Error, ErrorKind, Place, Request, Response};
use engine::context::Context;
use engine::declarations::Declarations;
use engine::diagnostic::Diagnostics;
use engine::private::{Private, Sighting};
use engine::process::Process;
use engine::{Binding, shape};
use jiff::Timestamp;
use schema::{Attribute, Collection, Resource, Scalar, Source, Sources};
use serde_json::{Value as Json, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use value::secret::Secret;
use value::{Number, Value};

/// Checks every row, and fails with all broken rules. `check` returns the expected and the actual result of a row.
pub fn prove<Row, Outcome: PartialEq + Display>(
    rows: impl IntoIterator<Item = (&'static str, Row)>,
    check: impl Fn(Row) -> (Outcome, Outcome),
) {
    let mut broken = Vec::new();
    for (rule, row) in rows {
        let failure = match catch_unwind(AssertUnwindSafe(|| check(row))) {
            Ok((expected, actual)) if expected == actual => continue,
            Ok((expected, actual)) => format!("{rule}\n  expected: {expected}\n  actual:   {actual}"),
            Err(_) => format!("{rule}\n  the panic is above"),
        };
        broken.push(failure);
    }
    assert!(broken.is_empty(), "broken rules:\n\n{}\n", broken.join("\n\n"));
}

/// An unknown value in the JSON of a row.
pub const UNKNOWN: &str = "(known after apply)";

/// Limit of retries of one request.
const MAX_RETRIES: u32 = 2;

/// A value that is not set, in the JSON of a row.
pub const NULL: Json = Json::Null;

/// The binding of a resource `thing` with the attributes `uuid`, `name` and `field`. The keys of `field` start with its
/// type.
pub fn field(keys: &str) -> Binding {
    fields(&format!("field = {{ {keys} }}"))
}

/// The binding of a resource `thing` with these attributes, one a line: `size = { type = 'int' }`. Constraints and
/// other sections may follow.
pub fn fields(attributes: &str) -> Binding {
    let documented = attributes.replace("{ type", "{ doc = 'For a test.', type");
    thing(&format!("[attributes]\n{documented}"))
}

/// The declaration of the attribute `field`.
pub fn the_field(binding: &Binding) -> &'static Attribute {
    binding.schema.attribute("field").expect("`field` is declared")
}

/// Converts JSON to an object of the binding's type, or null. Attributes that the JSON lacks are not set.
pub fn value(binding: &Binding, json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        json => object_of(&binding.schema.attributes, json),
    }
}

/// Converts JSON to a value of the attribute.
pub fn value_of(attribute: &Attribute, json: &Json) -> Value {
    typed(attribute, &attribute.r#type.collections, json)
}

fn object_of(attributes: &[Attribute], json: &Json) -> Value {
    let entries = json
        .as_object()
        .unwrap_or_else(|| panic!("{json} is not an object"));
    for name in entries.keys() {
        let is_declared = attributes.iter().any(|attribute| attribute.name == *name);
        assert!(is_declared, "no attribute `{name}`");
    }
    Value::object(attributes.iter().map(|attribute| {
        let value = match entries.get(attribute.name.as_ref()) {
            None | Some(Json::Null) => shape::unset_value(attribute),
            Some(json) => value_of(attribute, json),
        };
        (attribute.name.to_string(), value)
    }))
}

fn typed(attribute: &Attribute, collections: &[Collection], json: &Json) -> Value {
    if json == UNKNOWN {
        return Value::Unknown;
    }
    let (outer, inner) = match collections.split_first() {
        Some((outer, inner)) => (Some(outer), inner),
        None => (None, collections),
    };
    let elements = |elements: &[Json]| -> Vec<Value> {
        let elements = elements.iter();
        elements.map(|json| typed(attribute, inner, json)).collect()
    };
    match (outer, attribute.r#type.scalar, json) {
        (_, _, Json::Null) => Value::Null,
        (Some(Collection::List), _, Json::Array(array)) => Value::List(elements(array)),
        (Some(Collection::Set), _, Json::Array(array)) => Value::set(elements(array)),
        (Some(Collection::Map), _, Json::Object(entries)) => {
            let entries = entries.iter();
            Value::map(entries.map(|(key, json)| (key.clone(), typed(attribute, inner, json))))
        }
        (None, Scalar::Bool, Json::Bool(bool)) => Value::Bool(*bool),
        (None, Scalar::Int | Scalar::Number, Json::Number(number)) => {
            Number::from_json(number).unwrap().into()
        }
        (None, Scalar::String, Json::String(string)) if attribute.is_secret() => {
            Value::secret(string.as_str())
        }
        (None, Scalar::String, Json::String(string)) => Value::string(string.as_str()),
        (None, Scalar::Object, json) => object_of(&attribute.attributes, json),
        _ => panic!("{json} is not a value of `{}`", attribute.name),
    }
}

/// Converts a value to JSON that shows everything: sets are `{"set": …}`, secrets are `{"secret": …}`.
pub fn shown(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Unknown => json!(UNKNOWN),
        Value::Bool(bool) => json!(bool),
        Value::Number(number) => Json::Number(number.to_json()),
        Value::String(string) => json!(string),
        Value::Secret(secret) => json!({"secret": secret.expose()}),
        Value::List(elements) => elements.iter().map(shown).collect(),
        Value::Set(elements) => json!({"set": elements.iter().map(shown).collect::<Json>()}),
        Value::Map(entries) | Value::Object(entries) => entries
            .iter()
            .map(|(name, value)| (name.clone(), shown(value)))
            .collect(),
    }
}

/// The diagnostics, one a line: `PATH: DETAIL`.
pub fn reported(diagnostics: &Diagnostics) -> String {
    let lines = diagnostics
        .iter()
        .map(|one| format!("{}: {}", one.path, one.detail));
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs a future that sends requests to the API. Waits take no time.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(future)
}

/// The binding of a resource `thing` with these attributes beside `uuid` and `name`, and without a hook.
pub fn thing(attributes: &str) -> Binding {
    declare("thing.toml", &format!("{THING}\n{attributes}"))
}

/// The declarations of a provider with this resource.
pub fn declarations(binding: &Binding) -> Declarations {
    Declarations {
        prefix: "acme",
        all: Arc::from([binding.schema]),
    }
}

/// The binding of the declaration in this TOML file, without a hook.
pub fn declare(name: &str, string: &str) -> Binding {
    /// Declarations that were loaded before: most rows share theirs with others.
    static LOADED: Mutex<BTreeMap<String, &Resource>> = Mutex::new(BTreeMap::new());
    let loaded = LOADED.lock().unwrap().get(string).copied();
    let schema = loaded.unwrap_or_else(|| {
        let schema: &'static Resource = Box::leak(Box::new(load(&[(name, string)]).remove(0)));
        LOADED.lock().unwrap().insert(string.to_owned(), schema);
        schema
    });
    Binding { schema, hook: None }
}

/// The declarations in these TOML files, which may refer to each other, and bindings without hooks: resources first.
pub fn declare_all(files: &[(&str, &str)]) -> (Declarations, Vec<Binding>) {
    let schemas = load(files)
        .into_iter()
        .map(|resource| &*Box::leak(Box::new(resource)));
    let bindings: Vec<Binding> = schemas.map(|schema| Binding { schema, hook: None }).collect();
    let declarations = Declarations {
        prefix: "acme",
        all: bindings.iter().map(|binding| binding.schema).collect(),
    };
    (declarations, bindings)
}

fn load(files: &[(&str, &str)]) -> Vec<Resource> {
    let file = |name: &str, string: &str| Source {
        name: name.to_owned(),
        text: string.to_owned(),
    };
    let own = [("operations.toml", OPERATIONS), ("provider.toml", PROVIDER)];
    let sources = Sources {
        folder: String::new(),
        files: own
            .iter()
            .chain(files)
            .map(|(name, string)| file(name, string))
            .collect(),
    };
    let (model, problems) = schema::load(&sources);
    assert!(problems.is_empty(), "{problems:#?}");
    let declarations = model.declarations.into_iter();
    declarations.map(|declaration| declaration.resource).collect()
}

const OPERATIONS: &str = r#"
list = "GET /things"
create = "POST /things"
get = "GET /things/{uuid}"
get_other = "GET /others/{uuid}"
change = "PATCH /things/{uuid}"
delete = "DELETE /things/{uuid}"
start = "POST /things/{uuid}/runs"
poll = "GET /things/{uuid}/runs/{run}"
"#;

const PROVIDER: &str = r#"
provider = "acme"
address  = "registry.terraform.io/acme/acme"
summary  = "Manages things."

[attributes.endpoint]
type = "string"
doc  = "Where it is."

[attributes.max_builds]
type = "int"
doc  = "How many builds at once."
"#;

/// The declaration of a thing.
pub const THING: &str = r#"
resource = "thing"
summary  = "A thing."
import   = "{uuid}"

[api]
create = "create"
read   = "get"
update = "change"
delete = "delete"
list   = "list"

[attributes.uuid]
type   = "string"
mode   = "computed"
format = "uuid"
stable = true
doc    = "Identifies it."

[attributes.name]
type = "string"
mode = "required"
doc  = "Its name."
"#;

/// An object of the binding's type with these values; the others are null.
pub fn object(binding: &Binding, values: &[(&str, Value)]) -> Value {
    let mut object = shape::empty_object(&binding.schema.attributes);
    for (name, value) in values {
        assert!(binding.schema.attribute(name).is_some(), "no attribute `{name}`");
        object.set_attribute(name, value.clone());
    }
    object
}

/// The error of a scripted response.
pub struct Failure {
    kind: ErrorKind,
    effect: Effect,
    detail: Option<Box<str>>,
}

impl From<ErrorKind> for Failure {
    fn from(kind: ErrorKind) -> Self {
        let effect = match kind {
            ErrorKind::NotFound | ErrorKind::Conflict => Effect::None,
            _ => Effect::Unknown,
        };
        Self {
            kind,
            effect,
            detail: None,
        }
    }
}

impl Failure {
    /// Sets the message of the API.
    pub fn with(self, detail: &str) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }

    /// Marks the request as not carried out.
    pub fn without_effect(self) -> Self {
        Self {
            effect: Effect::None,
            ..self
        }
    }
}

/// An API that returns the next entry of a script for each request, and records the requests.
pub struct Script {
    responses: Mutex<VecDeque<Result<Json, Failure>>>,
    requests: Mutex<Vec<String>>,
    delays: Mutex<BTreeMap<usize, Duration>>,
    /// Time of the first request, by both clocks: waits move only one of them.
    clock: OnceLock<(Instant, Timestamp)>,
}

impl Script {
    /// Creates the API, and a context that uses it.
    pub fn of(responses: impl IntoIterator<Item = Result<Json, ErrorKind>>) -> (Arc<Self>, Context) {
        Self::failing(
            responses
                .into_iter()
                .map(|response| response.map_err(Failure::from)),
        )
    }

    /// Creates the API with detailed failures.
    pub fn failing(responses: impl IntoIterator<Item = Result<Json, Failure>>) -> (Arc<Self>, Context) {
        let script = Arc::new(Self {
            responses: Mutex::new(responses.into_iter().collect()),
            requests: Mutex::default(),
            delays: Mutex::default(),
            clock: OnceLock::default(),
        });
        let context = Context {
            api: Arc::clone(&script) as Arc<dyn Api>,
            cancel: CancellationToken::new(),
            deadline: None,
            process: Process::default(),
            declarations: Declarations::default(),
        };
        (script, context)
    }

    /// Delays the response to a request, counted from 0.
    pub fn delay_response(&self, request: usize, delay: Duration) {
        self.delays.lock().unwrap().insert(request, delay);
    }

    /// The date of a response, in whole seconds.
    fn date(&self) -> Timestamp {
        let (instant, time) = self.clock.get_or_init(|| (Instant::now(), Timestamp::now()));
        Timestamp::from_second((*time + instant.elapsed()).as_second()).unwrap()
    }

    /// Returns each request, as `operation body`.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Completes a named object in the response to a create or an update: with what was sent, and with computed fields that are null.
fn completed(mut body: Json, request: Request<'_>) -> Json {
    let is_write = matches!(request.operation, "create" | "change");
    let (Some(sent), Some(object)) = (request.body.filter(|_| is_write), body.as_object_mut()) else {
        return body;
    };
    if object.contains_key("name") {
        for (key, value) in sent.expose().as_object().into_iter().flatten() {
            object.entry(key.clone()).or_insert_with(|| value.clone());
        }
        for key in COMPUTED {
            object.entry(key).or_insert(Json::Null);
        }
    }
    body
}

/// The fields that only the API sets.
const COMPUTED: [&str; 5] = ["created_at", "rank", "seen", "size", "todo"];

#[async_trait]
impl Api for Script {
    async fn send(&self, request: Request<'_>) -> Result<Response, Error> {
        let body = request
            .body
            .map_or(String::new(), |body| format!(" {}", body.expose()));
        let number = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(format!("{}{body}", request.operation));
            requests.len() - 1
        };
        self.date();
        let delay = self.delays.lock().unwrap().get(&number).copied();
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        let next = self.responses.lock().unwrap().pop_front();
        match next.expect("the script has a response left") {
            Ok(body) => Ok(Response {
                body: completed(body, request),
                request_id: "r".to_owned(),
                date: Some(self.date()),
                is_accepted: false,
                attempt_ms: 0,
            }),
            Err(failure) => Err(Error {
                is_explained: failure.detail.is_some(),
                attempts: request.attempts + 1,
                detail: failure.detail,
                date: Some(self.date()),
                ..Error::new(
                    failure.kind,
                    failure.effect,
                    format!("`{}` failed", request.operation),
                )
            }),
        }
    }

    async fn read(&self, request: Request<'_>) -> Result<Arc<Response>, Error> {
        self.send(request).await.map(Arc::new)
    }

    fn pause(&self, error: &Error) -> Option<Duration> {
        (error.attempts <= MAX_RETRIES).then_some(Duration::ZERO)
    }

    fn clean(&self, string: &str, _: &[&Secret]) -> String {
        string.to_owned()
    }

    fn remedy(&self, _: ErrorKind) -> Option<&'static str> {
        None
    }

    fn place(&self, _: &str) -> Place {
        here()
    }
}

/// The place of every scripted response.
pub fn here() -> Place {
    place("https://api.test", "present")
}

/// A place.
pub fn place(endpoint: &str, token: &str) -> Place {
    Place {
        endpoint: endpoint.to_owned(),
        token: token.to_owned(),
        is_documented: false,
    }
}

/// Private state of an object that was last seen here.
pub fn seen_here() -> Private {
    Private {
        seen: Some(Sighting {
            place: here(),
            key: None,
            others: Vec::new(),
        }),
        ..Private::default()
    }
}

/// A response with a thing of that name and these fields.
pub fn response(name: &str, fields: &Json) -> Json {
    let mut response = json!({"uuid": UUID, "name": name});
    for (key, value) in fields.as_object().into_iter().flatten() {
        response[key] = value.clone();
    }
    response
}

/// The identity of every thing.
pub const UUID: &str = "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11";
