//! A declaration and values written in a test, rows that are held against rules, and an API that answers by a script.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use engine::api::{Api, Effect, Error, ErrorKind, Request, Response};
use engine::context::Context;
use engine::diagnostic::Diagnostics;
use engine::process::Process;
use engine::{Binding, shape};
use jiff::Timestamp;
use schema::{Attribute, Collection, Resource, Scalar, Source, Sources};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;
use value::secret::Secret;
use value::{Number, Value};

/// Holds every row against its rule, and fails with all rules that are broken. `check` gives what a row expects and what
/// is.
pub fn prove<Row, Outcome: PartialEq + Display>(
    rows: impl IntoIterator<Item = (&'static str, Row)>,
    check: impl Fn(Row) -> (Outcome, Outcome),
) {
    let mut broken = Vec::new();
    for (rule, row) in rows {
        let broke = match catch_unwind(AssertUnwindSafe(|| check(row))) {
            Ok((expected, actual)) if expected == actual => continue,
            Ok((expected, actual)) => format!("{rule}\n  expected: {expected}\n  actual:   {actual}"),
            Err(_) => format!("{rule}\n  the panic is above"),
        };
        broken.push(broke);
    }
    assert!(broken.is_empty(), "broken rules:\n\n{}\n", broken.join("\n\n"));
}

/// Stands for an unknown value in the JSON of a row.
pub const UNKNOWN: &str = "(known after apply)";

/// Stands for "not set" in a row.
pub const NULL: Json = Json::Null;

/// The binding of a resource `thing` with the attribute `field` beside `uuid` and `name`. Its keys begin with the type.
pub fn field(keys: &str) -> Binding {
    fields(&format!("field = {{ {keys} }}"))
}

/// The same with several attributes, one a line: `size = { type = 'int' }`. Constraints and the like may follow.
pub fn fields(attributes: &str) -> Binding {
    let documented = attributes.replace("{ type", "{ doc = 'For a test.', type");
    thing(&format!("[attributes]\n{documented}"))
}

/// The declaration of the attribute `field`.
pub fn the_field(binding: &Binding) -> &'static Attribute {
    binding.schema.attribute("field").expect("`field` is declared")
}

/// The object of the binding's type that the JSON has, or null. What the JSON lacks is not set.
pub fn value(binding: &Binding, json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        json => object_of(&binding.schema.attributes, json),
    }
}

/// The value of an attribute that the JSON has.
pub fn value_of(attribute: &Attribute, json: &Json) -> Value {
    typed(attribute, &attribute.r#type.collections, json)
}

fn object_of(attributes: &[Attribute], json: &Json) -> Value {
    let entries = json.as_object().unwrap_or_else(|| panic!("{json} is no object"));
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
        (None, Scalar::String, Json::String(text)) if attribute.is_secret() => Value::secret(text.as_str()),
        (None, Scalar::String, Json::String(text)) => Value::string(text.as_str()),
        (None, Scalar::Object, json) => object_of(&attribute.attributes, json),
        _ => panic!("{json} is no value of `{}`", attribute.name),
    }
}

/// A value as JSON in which nothing is hidden: sets and secrets are called by their names.
pub fn shown(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Unknown => json!(UNKNOWN),
        Value::Bool(bool) => json!(bool),
        Value::Number(number) => Json::Number(number.to_json()),
        Value::String(text) => json!(text),
        Value::Secret(secret) => json!({"secret": secret.expose()}),
        Value::List(elements) => elements.iter().map(shown).collect(),
        Value::Set(elements) => json!({"set": elements.iter().map(shown).collect::<Json>()}),
        Value::Map(entries) | Value::Object(entries) => entries
            .iter()
            .map(|(name, value)| (name.clone(), shown(value)))
            .collect(),
    }
}

/// What is reported, one a line: `PATH: DETAIL`.
pub fn reported(diagnostics: &Diagnostics) -> String {
    let lines = diagnostics
        .iter()
        .map(|one| format!("{}: {}", one.path, one.detail));
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs what calls the API, to its end.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.unwrap().block_on(work)
}

/// The binding of a resource `thing` with these attributes beside `uuid` and `name`, and without a hook.
pub fn thing(attributes: &str) -> Binding {
    declare("thing.toml", &format!("{THING}\n{attributes}"))
}

/// The binding of what this file declares, without a hook.
pub fn declare(name: &str, text: &str) -> Binding {
    /// What was loaded before: most rows share their declaration with others.
    static LOADED: Mutex<BTreeMap<String, &Resource>> = Mutex::new(BTreeMap::new());
    let known = LOADED.lock().unwrap().get(text).copied();
    let schema = known.unwrap_or_else(|| {
        let schema: &'static Resource = Box::leak(Box::new(load(name, text)));
        LOADED.lock().unwrap().insert(text.to_owned(), schema);
        schema
    });
    Binding { schema, hook: None }
}

fn load(name: &str, text: &str) -> Resource {
    let file = |name: &str, text: &str| Source {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let sources = Sources {
        folder: String::new(),
        files: vec![
            file("operations.toml", OPERATIONS),
            file("provider.toml", PROVIDER),
            file(name, text),
        ],
    };
    let (model, problems) = schema::load(&sources);
    assert!(problems.is_empty(), "{problems:#?}");
    model.declarations.into_iter().next().unwrap().resource
}

const OPERATIONS: &str = r#"
list = "GET /things"
create = "POST /things"
get = "GET /things/{uuid}"
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

/// How a call of a script fails.
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
    /// The same, in the API's own words.
    pub fn with(self, detail: &str) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }

    /// The same, certainly not carried out.
    pub fn without_effect(self) -> Self {
        Self {
            effect: Effect::None,
            ..self
        }
    }
}

/// An API that answers each call with the next entry of a script, and keeps what was asked.
pub struct Script {
    answers: Mutex<VecDeque<Result<Json, Failure>>>,
    asked: Mutex<Vec<String>>,
    slow: Mutex<BTreeMap<usize, Duration>>,
}

impl Script {
    /// The API, and a context that calls it.
    pub fn of(answers: impl IntoIterator<Item = Result<Json, ErrorKind>>) -> (Arc<Self>, Context) {
        Self::failing(answers.into_iter().map(|answer| answer.map_err(Failure::from)))
    }

    /// The same, with what is known of each failure.
    pub fn failing(answers: impl IntoIterator<Item = Result<Json, Failure>>) -> (Arc<Self>, Context) {
        let script = Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            asked: Mutex::default(),
            slow: Mutex::default(),
        });
        let context = Context {
            api: Arc::clone(&script) as Arc<dyn Api>,
            cancel: CancellationToken::new(),
            deadline: None,
            process: Process::default(),
        };
        (script, context)
    }

    /// The answer to the call of this number, from 0, takes as long.
    pub fn answer_after(&self, call: usize, delay: Duration) {
        self.slow.lock().unwrap().insert(call, delay);
    }

    /// Each call, as `operation body`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Api for Script {
    async fn call(&self, call: Request<'_>) -> Result<Response, Error> {
        let body = call
            .body
            .map_or(String::new(), |body| format!(" {}", body.expose()));
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(format!("{}{body}", call.operation));
            asked.len() - 1
        };
        let delay = self.slow.lock().unwrap().get(&number).copied();
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        let next = self.answers.lock().unwrap().pop_front();
        match next.expect("the script has an answer left") {
            Ok(body) => Ok(Response {
                body,
                request_id: "r".to_owned(),
                date: Timestamp::now(),
            }),
            Err(failure) => Err(Error {
                detail: failure.detail,
                ..Error::new(
                    failure.kind,
                    failure.effect,
                    format!("`{}` failed", call.operation),
                )
            }),
        }
    }

    async fn read(&self, call: Request<'_>) -> Result<Arc<Response>, Error> {
        self.call(call).await.map(Arc::new)
    }

    fn clean(&self, text: &str, _: &[&Secret]) -> String {
        text.to_owned()
    }

    fn remedy(&self, _: ErrorKind) -> Option<&'static str> {
        None
    }
}

/// The answer that has a thing of that name, with these fields besides.
pub fn answer(name: &str, fields: &Json) -> Json {
    let mut answer = json!({"uuid": UUID, "name": name});
    for (key, value) in fields.as_object().into_iter().flatten() {
        answer[key] = value.clone();
    }
    answer
}

/// The identity of every thing.
pub const UUID: &str = "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11";
