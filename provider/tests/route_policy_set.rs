//! The requests of the route policy set's hook, to an API whose responses depend on the operation.

#![cfg(test)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use engine::api::{Api, Error, ErrorKind, Place, Request, Response};
use engine::apply::apply;
use engine::context::Context;
use engine::diagnostic::Diagnostics;
use engine::object::{ApplyRequest, Known, Progress};
use engine::private::Private;
use engine::process::Process;
use engine::read::read;
use engine::{Binding, shape};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;
use value::Value;
use value::secret::Secret;

const UUID: &str = "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11";

/// Accepts every request. The response for a rule has the fields of the request, but always the same `set_med`.
struct FixedMed {
    set_med: Json,
    operations: Mutex<Vec<String>>,
    /// The last rule that was sent, as a list; null before.
    rules: Mutex<Json>,
}

impl FixedMed {
    /// An API whose rules have this `set_med`, and a context that sends requests to it.
    fn with(set_med: Json) -> (Arc<Self>, Context) {
        let api = Arc::new(Self {
            set_med,
            operations: Mutex::default(),
            rules: Mutex::default(),
        });
        let context = Context {
            api: Arc::clone(&api) as Arc<dyn Api>,
            cancel: CancellationToken::new(),
            deadline: None,
            process: Process::default(),
            declarations: engine::declarations::Declarations::default(),
        };
        (api, context)
    }
}

#[async_trait]
impl Api for FixedMed {
    async fn send(&self, request: Request<'_>) -> Result<Response, Error> {
        self.operations.lock().unwrap().push(request.operation.to_owned());
        let mut body = match request.body {
            Some(body) => body.expose().clone(),
            None => json!({"name": "a", "rules": *self.rules.lock().unwrap()}),
        };
        if let Some(object) = body.as_object_mut() {
            object.insert("uuid".to_owned(), json!(UUID));
            if request.operation.ends_with("_rule") {
                object.insert("set_med".to_owned(), self.set_med.clone());
                for attribute in policy_set().schema.attribute("rules").unwrap().attributes.iter() {
                    object.entry(attribute.name.as_ref()).or_insert(Json::Null);
                }
            }
        }
        if request.body.is_some() && request.operation.ends_with("_rule") {
            *self.rules.lock().unwrap() = json!([body]);
        }
        Ok(Response {
            body,
            request_id: String::new(),
            date: "2026-01-31T12:00:00Z".parse().ok(),
            is_accepted: false,
            attempt_ms: 0,
        })
    }

    async fn read(&self, request: Request<'_>) -> Result<Arc<Response>, Error> {
        self.send(request).await.map(Arc::new)
    }

    fn pause(&self, _: &Error) -> Option<Duration> {
        None
    }

    fn clean(&self, text: &str, _: &[&Secret]) -> String {
        text.to_owned()
    }

    fn remedy(&self, _: ErrorKind) -> Option<&'static str> {
        None
    }

    fn place(&self, _: &str) -> Place {
        Place::default()
    }
}

fn policy_set() -> &'static Binding {
    let mut bindings = DEFINITION.resources.iter();
    bindings
        .find(|binding| binding.schema.name == "route_policy_set")
        .unwrap()
}

fn rule(sequence: i64, uuid: Value) -> Value {
    let attributes = &policy_set().schema.attribute("rules").unwrap().attributes;
    let mut rule = shape::empty_object(attributes);
    rule.set_attribute("sequence", Value::Number(sequence.into()));
    rule.set_attribute("action", Value::string("reject"));
    rule.set_attribute("uuid", uuid);
    rule
}

fn set(uuid: Value, rules: Vec<Value>) -> Value {
    let mut set = shape::empty_object(&policy_set().schema.attributes);
    set.set_attribute("uuid", uuid);
    set.set_attribute("name", Value::string("a"));
    set.set_attribute("rules", Value::List(rules));
    set
}

#[tokio::test]
async fn apply_sends_every_rule_request_despite_invalid_responses() {
    let (api, context) = FixedMed::with(json!("x"));
    let known = |sequence| rule(sequence, Value::string(UUID));
    let new = |sequence| rule(sequence, Value::Unknown);
    let planned = set(Value::string(UUID), vec![new(10), new(20)]);
    let request = ApplyRequest {
        prior: set(Value::string(UUID), vec![known(30)]),
        planned: planned.clone(),
        config: planned,
        private: Private::default(),
    };
    let progress = Progress::default();
    let diagnostics = apply(policy_set(), &context, request, &progress).await;
    assert!(diagnostics.has_errors());
    assert_eq!(
        *api.operations.lock().unwrap(),
        [
            "controlplane_api_get_route_policy_set",
            "controlplane_api_create_route_policy_rule",
            "controlplane_api_create_route_policy_rule",
            "controlplane_api_delete_route_policy_rule",
        ]
    );
    let known = progress.known(policy_set().schema).state;
    assert_eq!(known.get("rules").elements().len(), 2);
}

#[tokio::test]
async fn overridden_field_of_a_rule_is_reported_once_and_kept() {
    let (api, context) = FixedMed::with(Json::Null);
    let mut configured = rule(10, Value::Unknown);
    configured.set_attribute("set_med", Value::Number(5_i64.into()));
    let planned = set(Value::string(UUID), vec![configured]);
    let request = ApplyRequest {
        prior: set(Value::string(UUID), Vec::new()),
        planned: planned.clone(),
        config: planned,
        private: Private::default(),
    };
    let progress = Progress::default();
    let diagnostics = apply(policy_set(), &context, request, &progress).await;
    let reported: Vec<String> = diagnostics
        .iter()
        .map(|one| format!("{} {}", one.path, one.summary.text))
        .collect();
    assert_eq!(
        reported,
        ["rules[0].set_med Value overridden by the control plane"]
    );

    let mut known = progress.known(policy_set().schema);
    let med = |known: &Known| known.state.get("rules").elements()[0].get("set_med").as_i64();
    assert_eq!(med(&known), Some(5));
    for (returned, expected) in [(Json::Null, Some(5)), (json!(7), Some(7)), (Json::Null, None)] {
        api.rules.lock().unwrap()[0]["set_med"] = returned;
        let mut diagnostics = Diagnostics::default();
        read(policy_set(), &context, &mut known, &mut diagnostics)
            .await
            .unwrap();
        assert_eq!(med(&known), expected);
        assert!(diagnostics.is_empty());
    }
    assert!(known.private.memory.is_null());
}
