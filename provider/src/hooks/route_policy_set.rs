//! `durantic_route_policy_set`: the control plane has an object of its own for each rule.
//!
//! Rules are matched by sequence, and only rules that differ are sent. The order of the requests keeps the policy from
//! being more permissive during an update than before or after it: rules that reject are created and updated first, then
//! rules that accept, and deletions come last. A `default_action` that becomes `accept` is sent after the created and
//! updated rules.
//!
//! Tests: `provider/tests/route_policy_set.rs`, `tests/terraform/route_policy_set.rs`.

use std::collections::HashSet;

use async_trait::async_trait;
use engine::api::{Body, Effect, Error, Request, Response, Retry};
use engine::codec::Codec;
use engine::diagnostic::{Diagnostics, Reported, Summary};
use engine::fill::{fill_object, matches_plan};
use engine::hook::Hook;
use engine::naming::title;
use engine::object::Plan;
use engine::report::is_gone;
use engine::session::{Merged, Session};
use engine::wire;
use schema::{Attribute, Resource};
use serde_json::{Value as Json, json};
use value::{Path, Value};

use crate::summaries;

/// The sequence of a rule that does not configure one.
const DEFAULT_SEQUENCE: i64 = 100;

const CREATE: &str = "controlplane_api_create_route_policy_rule";
const UPDATE: &str = "controlplane_api_update_route_policy_rule";
const DELETE: &str = "controlplane_api_delete_route_policy_rule";

/// Creates, updates and deletes each rule by a request of its own.
pub struct RoutePolicySet;

impl Codec for RoutePolicySet {
    /// Sorts the rules of a response as in state or plan. Rules that are not there follow, by sequence. Overridden fields
    /// get the value that was sent, as long as the control plane returns the same one.
    fn read_response(&self, resource: &Resource, response: &mut Json, known: &Value, memory: &mut Json) {
        restore_overridden(resource, response, memory);
        let order: Vec<Option<i64>> = known.get("rules").elements().iter().map(sequence).collect();
        if let Some(rules) = response.get_mut("rules").and_then(Json::as_array_mut) {
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
                    format!("Another rule has the sequence {sequence} already. Give each rule a unique `sequence`."),
                );
            }
            let length = |name: &str| rule.get(name).as_i64();
            if let (Some(min), Some(max)) = (length("match_prefix_len_min"), length("match_prefix_len_max"))
                && min > max
            {
                diagnostics.error_at(
                    path.attribute("match_prefix_len_min"),
                    &summaries::INVALID_PREFIX_LENGTHS,
                    format!(
                        "`match_prefix_len_min` ({min}) is greater than `match_prefix_len_max` ({max}). Lower the minimum or \
                         raise the maximum."
                    ),
                );
            }
        }
    }

    /// Sets the `uuid` of each planned rule to that of the rule in state with the same sequence, at whatever position.
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
            create_and_update_rules(session).await??;
        }
        Ok(())
    }

    async fn apply(&self, session: &mut Session<'_>) -> Result<(), Reported> {
        let merged = create_and_update_rules(session).await?;
        delete_rules(session).await?;
        merged
    }
}

/// The sequence of a rule; `None` if it is unknown.
fn sequence(rule: &Value) -> Option<i64> {
    match rule.get("sequence") {
        Value::Null => Some(DEFAULT_SEQUENCE),
        sequence => sequence.as_i64(),
    }
}

fn rule_attributes(resource: &Resource) -> &[Attribute] {
    resource.attribute("rules").map_or(&[], |rules| &rules.attributes)
}

/// The rules in the state of this apply so far.
fn known_rules(session: &Session<'_>) -> Vec<Value> {
    session.progress.lock().state.get("rules").elements().to_vec()
}

/// Records in state the rules that exist, in the planned order. Rules that are still to be deleted come last.
fn record_rules(session: &Session<'_>, mut rules: Vec<Value>) {
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

/// Creates missing rules and updates those that differ: first the rules that reject, then those that accept.
///
/// # Errors
///
/// [`Reported`], if a request failed.
async fn create_and_update_rules(session: &mut Session<'_>) -> Result<Merged, Reported> {
    let mut merged = Ok(());
    let planned = session.request.planned.get("rules").elements();
    let mut order: Vec<(usize, &Value)> = planned.iter().enumerate().collect();
    order.sort_by_key(|(_, rule)| rule.get("action").as_str() != Some("reject"));
    for (index, rule) in order {
        let mut rules = known_rules(session);
        let position = rules.iter().position(|known| sequence(known) == sequence(rule));
        let known = position.and_then(|position| rules.get(position));
        let body = match known {
            None => wire::create_body(rule_attributes(session.resource), rule, rule),
            Some(known) => match wire::update_body(rule_attributes(session.resource), known, rule, rule) {
                Some(body) => body,
                None => continue,
            },
        };
        let response = match known {
            None => create_rule(session, rule, &body).await,
            Some(known) => send_request(session, UPDATE, Some(known), Some(&body), Retry::Safe).await,
        };
        let response = response.map_err(|error| {
            let summary = if position.is_some() {
                &summaries::RULE_UPDATE_FAILED
            } else {
                &summaries::RULE_CREATE_FAILED
            };
            report_failure(session, summary, Some(index), rule, &error)
        })?;
        let (rule, result) = read_rule(session, index, rule, body.expose(), &response.body);
        match position.and_then(|position| rules.get_mut(position)) {
            Some(known) => *known = rule,
            None => rules.push(rule),
        }
        record_rules(session, rules);
        merged = merged.and(result);
    }
    record_rules(session, known_rules(session));
    Ok(merged)
}

/// Deletes the rules that are not planned: first the rules that accept, then those that reject. If several rules have one
/// sequence, because another client created them, all but the first are deleted.
async fn delete_rules(session: &mut Session<'_>) -> Result<(), Reported> {
    let planned = session.request.planned.get("rules").elements();
    let mut planned: HashSet<Option<i64>> = planned.iter().map(sequence).collect();
    let (mut kept, mut unplanned) = (Vec::new(), Vec::new());
    for rule in known_rules(session) {
        if planned.remove(&sequence(&rule)) {
            kept.push(rule);
        } else {
            unplanned.push(rule);
        }
    }
    unplanned.sort_by_key(|rule| rule.get("action").as_str() == Some("reject"));
    let mut remaining = unplanned.as_slice();
    while let Some((rule, others)) = remaining.split_first() {
        if let Err(error) = send_request(session, DELETE, Some(rule), None, Retry::Safe).await
            && !is_gone(&error)
        {
            return Err(report_failure(
                session,
                &summaries::RULE_DELETE_FAILED,
                None,
                rule,
                &error,
            ));
        }
        remaining = others;
        record_rules(session, kept.iter().chain(remaining).cloned().collect());
    }
    Ok(())
}

/// Creates a rule. If the response is lost, it looks for a rule with this sequence before it sends the request again.
async fn create_rule(session: &Session<'_>, rule: &Value, body: &Body) -> Result<Response, Error> {
    let response_lost = match send_request(session, CREATE, None, Some(body), Retry::Unsafe).await {
        Err(error) if error.effect != Effect::None => error,
        outcome => return outcome,
    };
    let Some(read) = &session.resource.api.read else {
        return Err(response_lost);
    };
    let object = session.progress.lock().state.clone();
    // The error of the create has the reason.
    let Ok(set) = session.perform(read, &object, None, Retry::Safe).await else {
        return Err(response_lost);
    };
    let rules = set.body.get("rules").and_then(Json::as_array);
    let found = rules
        .into_iter()
        .flatten()
        .find(|candidate| candidate.get("sequence").and_then(Json::as_i64) == sequence(rule));
    match found {
        // Another client may have created a rule with this sequence.
        Some(found) if is_equal_rule(session, rule, found) => Ok(Response {
            body: found.clone(),
            ..set
        }),
        Some(_) => Err(response_lost),
        None => send_request(session, CREATE, None, Some(body), Retry::Unsafe).await,
    }
}

/// Whether a rule of the control plane has every value of a planned one.
fn is_equal_rule(session: &Session<'_>, planned: &Value, found: &Json) -> bool {
    let attributes = rule_attributes(session.resource);
    let mut problems = Diagnostics::default();
    let (returned, result) = wire::from_response(attributes, found, planned, &Path::root(), &mut problems);
    let rules = session.resource.attribute("rules");
    result.is_ok() && rules.is_some_and(|rules| matches_plan(rules, planned, &returned))
}

/// Sends a request about a rule of the set.
async fn send_request(
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
    let request = Request {
        operation,
        path,
        body,
        retry,
        attempts: 0,
        gone: &session.resource.api.gone,
        secrets: &[],
        cancel: &session.context.cancel,
    };
    session.context.send(request).await
}

/// The rule after a request with this body, and whether every field of the response has the expected type.
///
/// A field that was sent and returned with another value is overridden: the user gets a warning, and the hook's memory keeps
/// both values.
fn read_rule(
    session: &mut Session<'_>,
    index: usize,
    planned: &Value,
    body: &Json,
    response: &Json,
) -> (Value, Merged) {
    let attributes = rule_attributes(session.resource);
    let path = Path::root().attribute("rules").index(index);
    let (returned, result) =
        wire::from_response(attributes, response, planned, &path, &mut session.diagnostics);
    let filled = fill_object(attributes, planned, &returned);
    for attribute in attributes {
        let Some((key, sent)) = attribute
            .wire
            .write
            .as_deref()
            .and_then(|key| Some((key, body.get(key)?)))
        else {
            continue;
        };
        let planned = planned.get(&attribute.name);
        let rules = session.request.config.get("rules").elements();
        let config = rules
            .get(index)
            .map_or(&Value::Null, |rule| rule.get(&attribute.name));
        let is_configured = !config.is_null() || attribute.default.is_some();
        let is_overridden = is_configured
            && result.is_ok()
            && !matches_plan(attribute, planned, returned.get(&attribute.name));
        if is_overridden {
            let sequence = sequence(&filled).unwrap_or_default();
            let object = format!(
                "Rule {sequence} of {}",
                title(session.resource, &session.request.planned)
            );
            session.warn_overridden(path.attribute(&attribute.name), &object, &attribute.name);
        }
        let returned = is_overridden.then(|| wire::field(attribute, response).unwrap_or_default());
        let uuid = filled.get("uuid").as_str().unwrap_or_default();
        let memory = &mut session.progress.lock().private.memory;
        record_overridden(memory, uuid, key, sent, returned);
    }
    (filled, result)
}

/// Records in the hook's memory that the control plane returned another value for a field of a rule than was sent; without
/// one, that it accepted the value.
///
/// The memory is `{"UUID": {"FIELD": {"sent": …, "returned": …}}}`.
fn record_overridden(memory: &mut Json, uuid: &str, key: &str, sent: &Json, returned: Option<Json>) {
    let mut memories = memory.as_object().cloned().unwrap_or_default();
    let rule = memories.entry(uuid).or_insert_with(|| json!({}));
    if let Some(fields) = rule.as_object_mut() {
        match returned {
            Some(returned) => {
                fields.insert(key.to_owned(), json!({ "sent": sent, "returned": returned }));
            }
            None => {
                fields.remove(key);
            }
        }
    }
    *memory = Json::Object(memories);
    forget_empty(memory);
}

/// Sets overridden fields of a set's rules to the values that were sent. An override ends if the control plane returns
/// another value, or no longer has the rule.
fn restore_overridden(resource: &Resource, response: &mut Json, memory: &mut Json) {
    let attributes = rule_attributes(resource);
    let Some(rules) = response.get_mut("rules").and_then(Json::as_array_mut) else {
        return;
    };
    let Some(memories) = memory.as_object_mut() else {
        return;
    };
    for (uuid, fields) in memories.iter_mut() {
        let rule = rules
            .iter_mut()
            .find(|rule| rule.get("uuid").and_then(Json::as_str) == Some(uuid.as_str()));
        let (Some(rule), Some(fields)) = (rule, fields.as_object_mut()) else {
            *fields = Json::Null;
            continue;
        };
        fields.retain(|key, values| {
            let Some(field) = rule.get_mut(key) else {
                return true;
            };
            let mut attributes = attributes.iter();
            let attribute =
                attributes.find(|attribute| attribute.wire.write.as_deref() == Some(key.as_str()));
            let continues = attribute
                .zip(values.get("returned"))
                .is_some_and(|(attribute, returned)| wire::is_equivalent_json(attribute, field, returned));
            if let (true, Some(sent)) = (continues, values.get("sent")) {
                *field = sent.clone();
            }
            continues
        });
    }
    forget_empty(memory);
}

/// Removes rules without overridden fields from the hook's memory.
fn forget_empty(memory: &mut Json) {
    if let Some(memories) = memory.as_object_mut() {
        memories.retain(|_, fields| fields.as_object().is_some_and(|fields| !fields.is_empty()));
        if memories.is_empty() {
            *memory = Json::Null;
        }
    }
}

/// Reports a failed request: at the attributes of the rule that the control plane rejected, or else at its `sequence`.
fn report_failure(
    session: &mut Session<'_>,
    summary: &'static Summary,
    index: Option<usize>,
    rule: &Value,
    error: &Error,
) -> Reported {
    let set = title(session.resource, &session.request.planned);
    let sequence = sequence(rule).unwrap_or_default();
    let rules = Path::root().attribute("rules");
    let attributes = rule_attributes(session.resource);
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
        // Terraform prints the configuration's line for the path of an attribute, but not for that of a block.
        places.push(index.map_or(rules.clone(), |index| rules.index(index).attribute("sequence")));
    }
    for place in places {
        session.diagnostics.error_at(
            place,
            summary,
            format!(
                "The request for rule {sequence} of {set} failed. {error}\n\nThe rules that were changed before it are in \
                 state. The next `terraform apply` continues with the others."
            ),
        );
    }
    Reported
}
