//! A declaration written in a test, and an API that answers by a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use engine::api::{Answer, Api, Call, Effect, Error, ErrorKind};
use engine::context::Context;
use engine::process::Process;
use engine::{Binding, shape};
use jiff::Timestamp;
use schema::{Source, Sources};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;
use value::Value;
use value::secret::Secret;

/// The binding of a resource `thing` with these attributes beside `uuid` and `name`, and without a hook.
pub fn thing(attributes: &str) -> Binding {
    let file = |name: &str, text: &str| Source {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let sources = Sources {
        folder: String::new(),
        files: vec![
            file("operations.toml", OPERATIONS),
            file("provider.toml", PROVIDER),
            file("thing.toml", &format!("{THING}\n{attributes}")),
        ],
    };
    let (model, problems) = schema::load(&sources);
    assert!(problems.is_empty(), "{problems:#?}");
    let declaration = model.declarations.into_iter().next().unwrap();
    Binding {
        schema: Box::leak(Box::new(declaration.resource)),
        hook: None,
    }
}

const OPERATIONS: &str = r#"
list = "GET /things"
create = "POST /things"
get = "GET /things/{uuid}"
change = "PATCH /things/{uuid}"
delete = "DELETE /things/{uuid}"
"#;

const PROVIDER: &str = r#"
provider = "acme"
address  = "registry.terraform.io/acme/acme"
summary  = "Manages things."

[attributes.endpoint]
type = "string"
doc  = "Where it is."
"#;

const THING: &str = r#"
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

/// An API that answers each call with the next entry of a script, and keeps what was asked.
pub struct Script {
    answers: Mutex<VecDeque<Result<Json, ErrorKind>>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    /// The API, and a context that calls it.
    pub fn of(answers: impl IntoIterator<Item = Result<Json, ErrorKind>>) -> (Arc<Script>, Context) {
        let script = Arc::new(Script {
            answers: Mutex::new(answers.into_iter().collect()),
            asked: Mutex::default(),
        });
        let context = Context {
            api: Arc::clone(&script) as Arc<dyn Api>,
            cancel: CancellationToken::new(),
            deadline: None,
            process: Process::default(),
        };
        (script, context)
    }

    /// Each call, as `operation body`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Api for Script {
    async fn call(&self, call: Call<'_>) -> Result<Answer, Error> {
        let body = call
            .body
            .map_or(String::new(), |body| format!(" {}", body.expose()));
        self.asked
            .lock()
            .unwrap()
            .push(format!("{}{body}", call.operation));
        let next = self.answers.lock().unwrap().pop_front();
        match next.expect("the script has an answer left") {
            Ok(body) => Ok(Answer {
                body,
                request_id: "r".to_owned(),
                date: Timestamp::now(),
            }),
            Err(kind) => {
                let effect = match kind {
                    ErrorKind::NotFound | ErrorKind::Conflict => Effect::None,
                    _ => Effect::Unknown,
                };
                Err(Error::new(kind, effect, format!("`{}` failed", call.operation)))
            }
        }
    }

    async fn read(&self, call: Call<'_>) -> Result<Arc<Answer>, Error> {
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
