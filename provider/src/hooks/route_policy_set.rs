//! `durantic_route_policy_set`: the rules are objects of their own on the control plane.
//!
//! They are matched by sequence. A change sends only what changed, and at no moment is the policy more open than before
//! or after it: what rejects comes first, then what accepts, and deletions last; a default action that becomes
//! `accept` waits for the rules.
//!
//! Tests: `provider/tests/route_policy_set.rs`, `tests/terraform/route_policy_set.rs`.

use std::collections::HashSet;

use async_trait::async_trait;
use engine::api::{Body, Effect, Error, Request, Response, Retry};
use engine::codec::Codec;
use engine::diagnostic::{Diagnostics, Reported, Summary};
use engine::fill::fill_object;
use engine::hook::Hook;
use engine::naming::title;
use engine::object::Plan;
use engine::report::is_gone;
use engine::session::Session;
use engine::wire;
use schema::Attribute;
use serde_json::Value as Json;
use value::{Path, Value};

use crate::summaries;

/// A rule's sequence where none is configured.
const DEFAULT_SEQUENCE: i64 = 100;

const CREATE: &str = "controlplane_api_create_route_policy_rule";
const UPDATE: &str = "controlplane_api_update_route_policy_rule";
const DELETE: &str = "controlplane_api_delete_route_policy_rule";

/// Creates, changes and deletes each rule on its own.
pub struct RoutePolicySet;

impl Codec for RoutePolicySet {
    /// Puts the rules in the order in which Terraform knows them; those it does not know follow by sequence.
    fn read_response(&self, answer: &mut Json, known: &Value, _: &mut Json) {
        let order: Vec<Option<i64>> = known.get("rules").elements().iter().map(sequence).collect();
        if let Some(rules) = answer.get_mut("rules").and_then(Json::as_array_mut) {
            rules.sort_by_key(|rule| {
                let sequence = rule.get("sequence").and_then(Json::as_i64);
                let place = order
                    .iter()
                    .position(|known| *known == sequence)
                    .unwrap_or(order.len());
                (place, sequence)
            });
        }
    }
}

#[async_trait]
impl Hook for RoutePolicySet {
    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let mut seen = HashSet::new();
        for (index, rule) in config.get("rules").elements().iter().enumerate() {
            let path = Path::root().attribute("rules").index(index);
            if let Some(sequence) = sequence(rule)
                && !seen.insert(sequence)
            {
                diagnostics.error_at(
                    path.attribute("sequence"),
                    &summaries::DUPLICATE_SEQUENCE,
                    format!("Another rule has the sequence {sequence} already. Give each rule a `sequence` of its own."),
                );
            }
            let length = |name: &str| rule.get(name).as_i64();
            if let (Some(min), Some(max)) = (length("match_prefix_len_min"), length("match_prefix_len_max"))
                && min > max
            {
                diagnostics.error_at(
                    path.attribute("match_prefix_len_min"),
                    &summaries::INVALID_PREFIX_LENGTHS,
                    format!("`match_prefix_len_min` ({min}) is greater than `match_prefix_len_max` ({max})."),
                );
            }
        }
    }

    /// Gives each planned rule the identity of the one that has its sequence, wherever that stands.
    fn plan(&self, plan: &mut Plan) {
        let Value::List(planned) = plan.planned.get("rules") else {
            return;
        };
        let prior = plan.prior.get("rules").elements();
        let rules = planned
            .iter()
            .map(|rule| {
                let known = prior
                    .iter()
                    .find(|known| sequence(known).is_some() && sequence(known) == sequence(rule));
                let mut rule = rule.clone();
                rule.set_attribute(
                    "uuid",
                    known.map_or(Value::Unknown, |known| known.get("uuid").clone()),
                );
                rule
            })
            .collect();
        plan.planned.set_attribute("rules", Value::List(rules));
    }

    async fn before_update(&self, session: &mut Session<'_>) -> Result<(), Reported> {
        let becomes_open = session.request.planned.get("default_action").as_str() == Some("accept")
            && session.request.prior.get("default_action").as_str() != Some("accept");
        if becomes_open {
            make_rules(session).await??;
        }
        Ok(())
    }

    async fn apply(&self, session: &mut Session<'_>) -> Result<(), Reported> {
        let learned = make_rules(session).await?;
        delete_rules(session).await?;
        learned
    }
}

fn sequence(rule: &Value) -> Option<i64> {
    match rule.get("sequence") {
        Value::Null => Some(DEFAULT_SEQUENCE),
        sequence => sequence.as_i64(),
    }
}

fn rule_attributes<'a>(session: &Session<'a>) -> &'a [Attribute] {
    session
        .resource
        .attribute("rules")
        .map_or(&[], |rules| &rules.attributes)
}

/// The rules that are known to exist.
fn existing(session: &Session<'_>) -> Vec<Value> {
    session.progress.lock().state.get("rules").elements().to_vec()
}

/// Notes what exists, in the planned order; what is still to be deleted comes last.
fn note(session: &Session<'_>, mut rules: Vec<Value>) {
    let planned = session.request.planned.get("rules").elements();
    let order: Vec<Option<i64>> = planned.iter().map(sequence).collect();
    rules.sort_by_key(|rule| {
        order
            .iter()
            .position(|planned| *planned == sequence(rule))
            .unwrap_or(order.len())
    });
    session
        .progress
        .lock()
        .state
        .set_attribute("rules", Value::List(rules));
}

/// Creates the rules that are missing and changes those that differ: first what rejects, then what accepts.
///
/// The inner error: every rule was made, but a field of an answer has the wrong type.
async fn make_rules(session: &mut Session<'_>) -> Result<Result<(), Reported>, Reported> {
    let mut learned = Ok(());
    let planned = session.request.planned.get("rules").elements();
    let mut order: Vec<(usize, &Value)> = planned.iter().enumerate().collect();
    order.sort_by_key(|(_, rule)| rule.get("action").as_str() != Some("reject"));
    for (index, rule) in order {
        let mut rules = existing(session);
        let position = rules.iter().position(|known| sequence(known) == sequence(rule));
        let made = match position.and_then(|position| rules.get(position)) {
            None => create_rule(session, rule).await,
            Some(known) => match wire::update_body(rule_attributes(session), known, rule, rule) {
                Some(body) => call(session, UPDATE, Some(known), Some(&body), Retry::Safe).await,
                None => continue,
            },
        };
        let answer = made.map_err(|error| {
            let summary = if position.is_some() {
                &summaries::RULE_UPDATE_FAILED
            } else {
                &summaries::RULE_CREATE_FAILED
            };
            fail(session, summary, Some(index), rule, &error)
        })?;
        let (made, result) = learn(session, rule, &answer.body);
        match position.and_then(|position| rules.get_mut(position)) {
            Some(known) => *known = made,
            None => rules.push(made),
        }
        note(session, rules);
        learned = learned.and(result);
    }
    note(session, existing(session));
    Ok(learned)
}

/// Deletes the rules that are not planned: first what accepts, then what rejects. Of several with one sequence, which
/// somebody else may have made, the first is the planned one.
async fn delete_rules(session: &mut Session<'_>) -> Result<(), Reported> {
    let planned = session.request.planned.get("rules").elements();
    let mut wanted: HashSet<Option<i64>> = planned.iter().map(sequence).collect();
    let (mut kept, mut doomed) = (Vec::new(), Vec::new());
    for rule in existing(session) {
        if wanted.remove(&sequence(&rule)) {
            kept.push(rule);
        } else {
            doomed.push(rule);
        }
    }
    doomed.sort_by_key(|rule| rule.get("action").as_str() == Some("reject"));
    let mut rest = doomed.as_slice();
    while let Some((rule, others)) = rest.split_first() {
        if let Err(error) = call(session, DELETE, Some(rule), None, Retry::Safe).await
            && !is_gone(&error)
        {
            return Err(fail(session, &summaries::RULE_DELETE_FAILED, None, rule, &error));
        }
        rest = others;
        note(session, kept.iter().chain(rest).cloned().collect());
    }
    Ok(())
}

/// Creates a rule. Where the answer is lost, the rule is looked for by its sequence before it is made again.
async fn create_rule(session: &Session<'_>, rule: &Value) -> Result<Response, Error> {
    let body = wire::create_body(rule_attributes(session), rule, rule);
    let lost = match call(session, CREATE, None, Some(&body), Retry::Unsafe).await {
        Err(error) if error.effect != Effect::None => error,
        answer => return answer,
    };
    let Some(read) = &session.resource.api.read else {
        return Err(lost);
    };
    let object = session.progress.lock().state.clone();
    let set = session.perform(read, &object, None, Retry::Safe).await?;
    let rules = set.body.get("rules").and_then(Json::as_array);
    let found = rules
        .into_iter()
        .flatten()
        .find(|candidate| candidate.get("sequence").and_then(Json::as_i64) == sequence(rule));
    match found {
        Some(found) => Ok(Response {
            body: found.clone(),
            ..set
        }),
        None => call(session, CREATE, None, Some(&body), Retry::Unsafe).await,
    }
}

async fn call(
    session: &Session<'_>,
    operation: &str,
    rule: Option<&Value>,
    body: Option<&Body>,
    retry: Retry,
) -> Result<Response, Error> {
    let set = session
        .progress
        .lock()
        .state
        .get("uuid")
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let rule = rule
        .and_then(|rule| rule.get("uuid").as_str())
        .unwrap_or_default();
    let path = [("uuid", set.as_str()), ("rule_uuid", rule)];
    let path = if rule.is_empty() {
        path.get(..1).unwrap_or_default()
    } else {
        &path
    };
    let call = Request {
        operation,
        path,
        body,
        retry,
        gone: &session.resource.api.gone,
        secrets: &[],
        cancel: &session.context.cancel,
    };
    session.context.send(call).await
}

/// A rule as it is after a call, and whether all of the answer could be read.
fn learn(session: &mut Session<'_>, planned: &Value, answer: &Json) -> (Value, Result<(), Reported>) {
    let attributes = rule_attributes(session);
    let path = Path::root().attribute("rules");
    let (answered, result) =
        wire::from_response(attributes, answer, planned, &path, &mut session.diagnostics);
    (fill_object(attributes, planned, &answered), result)
}

/// Reports what failed, on the rejected attributes of the rule where the control plane names them.
fn fail(
    session: &mut Session<'_>,
    summary: &'static Summary,
    index: Option<usize>,
    rule: &Value,
    error: &Error,
) -> Reported {
    let set = title(session.resource, &session.request.planned);
    let sequence = sequence(rule).unwrap_or_default();
    let rules = Path::root().attribute("rules");
    let attributes = rule_attributes(session);
    let rejected = error.problems.iter().filter_map(|problem| {
        let mut steps = problem.location.iter().rev();
        let attribute = steps.find_map(|step| {
            attributes
                .iter()
                .find(|attribute| attribute.wire.write.as_deref() == Some(step))
        });
        Some(rules.index(index?).attribute(&attribute?.name))
    });
    let mut places: Vec<Path> = rejected.collect();
    if places.is_empty() {
        // Terraform shows where an attribute stands, but not where a block does.
        places.push(index.map_or(rules.clone(), |index| rules.index(index).attribute("sequence")));
    }
    for place in places {
        session.diagnostics.error_at(
            place,
            summary,
            format!(
                "The request for rule {sequence} of {set} failed. {error}\n\nState has the rules that were changed \
                 before: the next `terraform apply` continues with the others."
            ),
        );
    }
    Reported
}
