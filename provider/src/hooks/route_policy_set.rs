//! `durantic_route_policy_set`: the control plane has an object of its own for each rule.
//!
//! Rules are matched by sequence, and only rules that differ are sent. The order of the requests keeps the policy from
//! being more permissive during an update than before or after it: rules that reject are created and updated first, then
//! rules that accept, and deletions come last. A `default_action` that becomes `accept` is sent after the created and
//! updated rules.
//!
//! Tests: below, `provider/tests/route_policy_set.rs`, `tests/terraform/route_policy_set.rs`.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use engine::absence::{self, Patience};
use engine::api::{Body, Error, Request, Response, Retry};
use engine::backoff::Backoff;
use engine::codec::Codec;
use engine::diagnostic::{Diagnostics, Reported, Summary};
use engine::fill::{fill_object, matches_plan};
use engine::hook::Hook;
use engine::naming::title;
use engine::object::Plan;
use engine::repeat::{Create, LostAttempts, repeat};
use engine::report::{self, is_gone, is_temporary};
use engine::session::{Merged, Session};
use engine::survey::Survey;
use engine::wire;
use schema::{Attribute, Resource};
use serde_json::{Value as Json, json};
use value::{Path, Value};

use super::prefixes::warn_host_bits;
use crate::summaries;

/// The sequence of a rule that does not configure one.
const DEFAULT_SEQUENCE: i64 = 100;

const MATCH_TYPE: &str = "match_type";

/// Arguments that have an effect only with one value of `match_type`.
const MATCHES: [(&str, &str); 5] = [
    ("match_prefixes", "prefix_list"),
    ("match_prefix_len_min", "prefix_list"),
    ("match_prefix_len_max", "prefix_list"),
    ("match_communities", "community"),
    ("match_as_path_regex", "as_path"),
];

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
        let places = places(known.get("rules").elements());
        if let Some(rules) = response.get_mut("rules").and_then(Json::as_array_mut) {
            rules.sort_by_key(|rule| {
                let sequence = json_sequence(rule);
                let place = places.get(&sequence).copied().unwrap_or(usize::MAX);
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

    async fn check(&self, survey: &mut Survey<'_>) {
        let prior = survey.prior().get("rules").elements().to_vec();
        let rules = survey.planned().get("rules").elements().to_vec();
        for (index, rule) in rules.iter().enumerate() {
            let before = prior.iter().find(|before| sequence(before) == sequence(rule));
            check_rule(
                survey,
                &Path::root().attribute("rules").index(index),
                rule,
                before,
            );
        }
    }

    /// Sets the `uuid` of each planned rule to that of the rule in state with the same sequence, at whatever position.
    fn plan(&self, plan: &mut Plan) {
        let Value::List(planned) = plan.planned.get("rules") else {
            return;
        };
        let prior = plan.prior.get("rules").elements();
        let places = places(prior);
        let rules = planned
            .iter()
            .map(|rule| {
                let place = sequence(rule).and_then(|sequence| places.get(&Some(sequence)));
                let known = place.and_then(|place| prior.get(*place));
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

/// Warns of matches without effect, of blocks with host bits, and of an expression that cannot be parsed. `before` is the rule in state.
fn check_rule(survey: &mut Survey<'_>, path: &Path, rule: &Value, before: Option<&Value>) {
    let null = Value::Null;
    let before_of = |name: &str| before.map_or(&null, |before| before.get(name));
    let changes = |name: &str| before.is_none() || before_of(name) != rule.get(name);
    let kind = rule.get(MATCH_TYPE).as_str().unwrap_or("any");
    for (name, used_by) in MATCHES {
        let is_set = !rule.get(name).is_null()
            && rule.get(name).as_str() != Some("")
            && !(is_collection(rule.get(name)) && rule.get(name).elements().is_empty());
        if !is_set
            || used_by == kind
            || !rule.get(MATCH_TYPE).is_wholly_known()
            || !(changes(name) || changes(MATCH_TYPE))
        {
            continue;
        }
        let matches = if kind == "any" {
            ", so the rule matches every route"
        } else {
            ""
        };
        let detail = format!(
            "`{MATCH_TYPE}` is `{kind}`{matches}, and `{name}` has no effect. Set `{MATCH_TYPE} = \"{used_by}\"`, or remove `{name}`."
        );
        survey.warn(path.attribute(name), &summaries::UNUSED_MATCH, detail);
    }
    let blocks = "match_prefixes";
    warn_host_bits(
        survey,
        &path.attribute(blocks),
        rule.get(blocks),
        before_of(blocks),
    );
    let expression = "match_as_path_regex";
    if changes(expression)
        && let Some(problem) = rule.get(expression).as_str().and_then(as_path_problem)
    {
        let detail = format!("`{expression}` cannot be parsed: {problem}.");
        survey.warn(path.attribute(expression), &summaries::INVALID_AS_PATH, detail);
    }
}

fn is_collection(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Set(_))
}

/// Why an expression for AS paths cannot be parsed. Routers have different dialects, so only what all of them reject is a problem.
fn as_path_problem(expression: &str) -> Option<&'static str> {
    let mut depth = 0_usize;
    let mut is_start = true;
    let mut characters = expression.chars().peekable();
    while let Some(character) = characters.next() {
        let was_start = std::mem::replace(&mut is_start, matches!(character, '(' | '|' | '^'));
        match character {
            // The next character is literal.
            '\\' if characters.next().is_none() => return Some("it ends with a backslash"),
            '[' => {
                if characters.peek() == Some(&'^') {
                    characters.next();
                }
                // A bracket at the beginning is a member of the class.
                if characters.peek() == Some(&']') {
                    characters.next();
                }
                let mut is_closed = false;
                while let Some(member) = characters.next() {
                    if member == '[' && characters.peek() == Some(&':') {
                        // A class such as `[:digit:]`.
                        while characters.next().is_some_and(|next| next != ']') {}
                    } else if member == ']' {
                        is_closed = true;
                        break;
                    }
                }
                if !is_closed {
                    return Some("a `[` is not closed");
                }
            }
            '(' => {
                depth += 1;
                // A group such as `(?:…)`.
                if characters.peek() == Some(&'?') {
                    characters.next();
                }
            }
            ')' if depth == 0 => return Some("a `)` has no `(`"),
            ')' => depth -= 1,
            '*' | '+' | '?' if was_start => return Some("a repetition has nothing before it"),
            _ => {}
        }
    }
    (depth > 0).then_some("a `(` is not closed")
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

/// The first position of each sequence.
fn places(rules: &[Value]) -> HashMap<Option<i64>, usize> {
    let mut places = HashMap::new();
    for (place, rule) in rules.iter().enumerate() {
        places.entry(sequence(rule)).or_insert(place);
    }
    places
}

/// The sequence of a rule in a response.
fn json_sequence(rule: &Json) -> Option<i64> {
    wire::number(rule.get("sequence")?)?.as_i64()
}

/// The uuid of a rule in a response.
fn json_uuid(rule: &Json) -> Option<&str> {
    rule.get("uuid")?.as_str()
}

/// The rules in a response about the set.
fn json_rules(set: &Response) -> Option<&[Json]> {
    set.body.get("rules")?.as_array().map(Vec::as_slice)
}

/// Changes the rules in the state of this apply.
fn change_rules<T>(session: &Session<'_>, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
    let mut known = session.progress.lock();
    if let Some(Value::List(rules)) = known.state.attribute_mut("rules") {
        return change(rules);
    }
    let mut rules = Vec::new();
    let result = change(&mut rules);
    known.state.set_attribute("rules", Value::List(rules));
    result
}

/// Sorts the rules in state as planned. Rules that are still to be deleted come last.
fn sort_rules(session: &Session<'_>) {
    let places = places(session.request.planned.get("rules").elements());
    change_rules(session, |rules| {
        rules.sort_by_key(|rule| places.get(&sequence(rule)).copied().unwrap_or(usize::MAX));
    });
}

/// Creates missing rules and updates those that differ.
///
/// # Errors
///
/// [`Reported`], if a request failed.
async fn create_and_update_rules(session: &mut Session<'_>) -> Result<Merged, Reported> {
    let result = change_each_rule(session).await;
    sort_rules(session);
    result
}

/// First the rules that reject, then those that accept.
async fn change_each_rule(session: &mut Session<'_>) -> Result<Merged, Reported> {
    let mut merged = Ok(());
    let planned = session.request.planned.get("rules").elements();
    let mut order: Vec<(usize, &Value)> = planned.iter().enumerate().collect();
    order.sort_by_key(|(_, rule)| rule.get("action").as_str() != Some("reject"));
    let mut places = change_rules(session, |rules| places(rules));
    for (index, rule) in order {
        let place = places.get(&sequence(rule)).copied();
        let known = place.and_then(|place| change_rules(session, |rules| rules.get(place).cloned()));
        let attributes = rule_attributes(session.resource);
        let body = match &known {
            None => wire::create_body(attributes, rule, rule),
            Some(known) => match wire::update_body(attributes, known, rule, rule) {
                Some(body) => body,
                None => continue,
            },
        };
        let changed = match &known {
            None => create_rule(session, rule, &body).await,
            Some(known) => send_request(session, UPDATE, Some(known), Some(&body)).await,
        };
        let changed = match changed {
            Ok(response) => complete(session, known.as_ref().unwrap_or(rule), response).await,
            Err(error) => Err(error),
        };
        let (own, whole) = changed.map_err(|error| {
            let summary = if known.is_some() {
                &summaries::RULE_UPDATE_FAILED
            } else {
                &summaries::RULE_CREATE_FAILED
            };
            report_failure(session, summary, Some(index), rule, &error)
        })?;
        let (rule, result) = read_rule(session, index, rule, body.expose(), &own, &whole);
        let sequence = sequence(&rule);
        change_rules(session, |rules| {
            if let Some(known) = place.and_then(|place| rules.get_mut(place)) {
                *known = rule;
            } else {
                places.insert(sequence, rules.len());
                rules.push(rule);
            }
        });
        merged = merged.and(result);
    }
    Ok(merged)
}

/// Deletes the rules that are not planned: first the rules that accept, then those that reject. If several rules have one
/// sequence, because another client created them, all but the first are deleted.
async fn delete_rules(session: &mut Session<'_>) -> Result<(), Reported> {
    let planned = session.request.planned.get("rules").elements();
    let mut planned: HashSet<Option<i64>> = planned.iter().map(sequence).collect();
    // The last rule in state is the next one to delete.
    let mut remaining = change_rules(session, |rules| {
        let (kept, mut unplanned): (Vec<_>, Vec<_>) =
            rules.drain(..).partition(|rule| planned.remove(&sequence(rule)));
        unplanned.sort_by_key(|rule| rule.get("action").as_str() != Some("reject"));
        let remaining = unplanned.clone();
        *rules = kept;
        rules.append(&mut unplanned);
        remaining
    });
    let mut lingering = HashSet::new();
    while let Some(rule) = remaining.pop() {
        match send_request(session, DELETE, Some(&rule), None).await {
            Ok(response) if response.is_accepted => {
                lingering.extend(rule.get("uuid").as_str().map(str::to_owned));
            }
            Ok(_) => {}
            Err(error) if is_gone(&error) => {}
            Err(error) => {
                let summary = &summaries::RULE_DELETE_FAILED;
                return Err(report_failure(session, summary, None, &rule, &error));
            }
        }
        change_rules(session, Vec::pop);
    }
    wait_until_gone(session, &lingering).await;
    Ok(())
}

/// Waits until rules are gone whose deletion the control plane has only accepted (202). The next plan shows those that are not.
async fn wait_until_gone(session: &Session<'_>, uuids: &HashSet<String>) {
    let mut backoff = Backoff::default();
    while !uuids.is_empty() {
        let lingers = match has_rule(session, uuids).await {
            Ok(lingers) => lingers,
            Err(error) => is_temporary(&error),
        };
        if !lingers || !session.context.sleep(backoff.next_pause()).await {
            return;
        }
    }
}

/// Whether the set still has one of these rules, by uuid.
async fn has_rule(session: &Session<'_>, uuids: &HashSet<String>) -> Result<bool, Error> {
    let set = read_set(session).await?;
    let mut rules = json_rules(&set).unwrap_or_default().iter();
    Ok(rules.any(|rule| json_uuid(rule).is_some_and(|uuid| uuids.contains(uuid))))
}

/// Reads the set.
async fn read_set(session: &Session<'_>) -> Result<Response, Error> {
    let operation = session.resource.api.read.as_deref().unwrap_or_default();
    let set = session.progress.lock().state.clone();
    absence::perform(session.context, session.resource, operation, &set, None).await
}

/// Creates a rule. If the response is lost, it looks for a rule with this sequence before it sends the request again.
async fn create_rule(session: &Session<'_>, rule: &Value, body: &Body) -> Result<Response, Error> {
    let create = CreateRule { session, rule, body };
    repeat(session.context, &create).await
}

/// The create of a rule, which can be found by its sequence.
struct CreateRule<'a> {
    session: &'a Session<'a>,
    rule: &'a Value,
    body: &'a Body,
}

#[async_trait]
impl Create for CreateRule<'_> {
    async fn send(&self, attempts: u32) -> Result<Response, Error> {
        let retry = (Retry::Unsafe, attempts);
        send_patiently(self.session, CREATE, None, Some(self.body), retry).await
    }

    async fn search(&self, error: &Error, lost: &LostAttempts) -> Result<Option<Response>, Error> {
        let Ok(set) = read_set(self.session).await else {
            return Err(error.clone());
        };
        let Some(rules) = json_rules(&set) else {
            return Err(error.clone());
        };
        let mut rules = rules.iter();
        match rules.find(|found| json_sequence(found) == sequence(self.rule)) {
            None => Ok(None),
            Some(found) if lost.is_carried_out || is_equal_rule(self.session, self.rule, found) => {
                Ok(Some(Response {
                    body: found.clone(),
                    ..set
                }))
            }
            // Another client may have created a rule with this sequence.
            Some(_) => Err(error.clone()),
        }
    }
}

/// Returns the response to a create or update of a rule, and the whole rule: a response that lacks attributes is completed by one
/// read of the set. One that only accepts the request (202) is replaced by it.
async fn complete(session: &Session<'_>, rule: &Value, response: Response) -> Result<(Json, Json), Error> {
    let is_complete = rule_attributes(session.resource)
        .iter()
        .all(|attribute| wire::field(attribute, &response.body).is_some())
        && json_uuid(&response.body).is_some();
    if is_complete && !response.is_accepted {
        return Ok((response.body.clone(), response.body));
    }
    let own = if response.is_accepted {
        Json::Null
    } else {
        response.body
    };
    let set = read_set(session).await?;
    let uuid = json_uuid(&own).or(rule.get("uuid").as_str());
    let mut rules = json_rules(&set).unwrap_or_default().iter();
    let found = rules.find(|found| match uuid {
        Some(uuid) => json_uuid(found) == Some(uuid),
        None => json_sequence(found) == sequence(rule),
    });
    let Some(found) = found else {
        let detail = "it lacks attributes of the rule, and the set does not have the rule";
        return Err(Error::unexpected_response(CREATE, detail).with_remedy(&*session.context.api));
    };
    let mut whole = found.clone();
    if let (Some(whole), Some(own)) = (whole.as_object_mut(), own.as_object()) {
        let returned = own.iter().filter(|(_, value)| !value.is_null());
        whole.extend(returned.map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok((own, whole))
}

/// Whether a rule of the control plane has every value of a planned one.
fn is_equal_rule(session: &Session<'_>, planned: &Value, found: &Json) -> bool {
    let attributes = rule_attributes(session.resource);
    let mut problems = Diagnostics::default();
    let (returned, result) = wire::from_response(attributes, found, planned, &Path::root(), &mut problems);
    let rules = session.resource.attribute("rules");
    result.is_ok() && rules.is_some_and(|rules| matches_plan(rules, planned, &returned))
}

/// Sends a request about a rule of the set that can be repeated.
async fn send_request(
    session: &Session<'_>,
    operation: &str,
    rule: Option<&Value>,
    body: Option<&Body>,
) -> Result<Response, Error> {
    send_patiently(session, operation, rule, body, (Retry::Safe, 0)).await
}

/// Sends a request about a rule of the set. A set that was just created may not be found at once.
async fn send_patiently(
    session: &Session<'_>,
    operation: &str,
    rule: Option<&Value>,
    body: Option<&Body>,
    (retry, attempts): (Retry, u32),
) -> Result<Response, Error> {
    let uuid = |object: &Value| object.get("uuid").as_str().unwrap_or_default().to_owned();
    // The set is not copied, because a set can have many rules.
    let set_uuid = uuid(&session.progress.lock().state);
    let rule_uuid = rule.map(uuid).unwrap_or_default();
    let path = [("uuid", set_uuid.as_str()), ("rule_uuid", rule_uuid.as_str())];
    let path = if rule_uuid.is_empty() {
        path.get(..1).unwrap_or_default()
    } else {
        &path
    };
    let request = Request {
        operation,
        path,
        body,
        retry,
        attempts,
        gone: &session.resource.api.gone,
        secrets: &[],
        cancel: &session.context.cancel,
    };
    let mut patience = Patience::default();
    loop {
        match session.context.send(request).await {
            Err(error) if is_gone(&error) && operation != DELETE => {
                let set = session.progress.lock().state.clone();
                patience
                    .wait(session.context, session.resource, &set, error)
                    .await?;
            }
            response => return response,
        }
    }
}

/// The rule after a request with this body, and whether every field of the response has the expected type. `own` is the response to
/// the request, `whole` has the fields that it lacks, too.
///
/// A field that was sent and returned with another value is overridden: the user gets a warning, and the hook's memory keeps
/// both values.
fn read_rule(
    session: &mut Session<'_>,
    index: usize,
    planned: &Value,
    body: &Json,
    own: &Json,
    whole: &Json,
) -> (Value, Merged) {
    let attributes = rule_attributes(session.resource);
    let path = Path::root().attribute("rules").index(index);
    let (returned, result) = wire::from_response(attributes, whole, planned, &path, &mut session.diagnostics);
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
        let field = wire::field(attribute, own);
        let is_overridden = is_configured
            && result.is_ok()
            && field.is_some()
            && !matches_plan(attribute, planned, returned.get(&attribute.name));
        if is_overridden {
            let sequence = sequence(&filled).unwrap_or_default();
            let object = format!(
                "Rule {sequence} of {}",
                title(session.resource, &session.request.planned)
            );
            session.warn_overridden(path.attribute(&attribute.name), &object, &attribute.name);
        }
        let returned = field.filter(|_| is_overridden);
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
    if !memory.is_object() {
        *memory = json!({});
    }
    let Some(memories) = memory.as_object_mut() else {
        return;
    };
    let fields = memories.get_mut(uuid).and_then(Json::as_object_mut);
    match (fields, returned) {
        (Some(fields), None) => {
            fields.remove(key);
        }
        (None, None) => {}
        (Some(fields), Some(returned)) => {
            fields.insert(key.to_owned(), json!({ "sent": sent, "returned": returned }));
        }
        (None, Some(returned)) => {
            let fields = json!({ key: { "sent": sent, "returned": returned } });
            memories.insert(uuid.to_owned(), fields);
        }
    }
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
    let mut by_uuid: HashMap<String, &mut Json> = rules
        .iter_mut()
        .filter_map(|rule| Some((rule.get("uuid")?.as_str()?.to_owned(), rule)))
        .collect();
    for (uuid, fields) in memories.iter_mut() {
        let rule = by_uuid.get_mut(uuid);
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
    let rejected = report::rejected_fields(attributes, error).into_iter();
    let rejected = rejected.filter_map(|(_, path)| {
        let steps = path.steps().iter().cloned();
        Some(steps.fold(rules.index(index?), |path, step| path.then(step)))
    });
    let mut places: Vec<Path> = rejected.collect();
    if places.is_empty() {
        // Terraform prints the configuration's line for the path of an attribute, but not for that of a block.
        places.push(index.map_or(rules.clone(), |index| rules.index(index).attribute("sequence")));
    }
    for place in places {
        report::failure_at(&mut session.diagnostics, place, summary, error, |error| {
            format!(
                "The request for rule {sequence} of {set} failed. {error}\n\nThe rules that were changed before it are in \
                 state. The next `terraform apply` continues with the others."
            )
        });
    }
    Reported
}

#[cfg(test)]
mod tests {
    use super::as_path_problem;

    #[test]
    fn only_expressions_that_no_router_accepts_have_a_problem() {
        #[rustfmt::skip]
        let good = [
            "", "^65010$", "_65010_", "^(65010|65020)_", "^$", ".*", "^65[0-9]+$", "^[0-9]+( [0-9]+)*$", "_(1|2)+_", "[[:digit:]]+",
            "[]a]", "[^]]", "\\(", "^65010 (65020 )?65030$", "(_64[0-9]{3})+$", "^(?:65000|65001)_",
        ];
        for expression in good {
            assert_eq!(as_path_problem(expression), None, "{expression}");
        }
        for expression in [
            "^(65010", "65010)", "[0-9", "*65010", "(+1)", "a\\", "[^]", "^(1|*2)",
        ] {
            assert!(as_path_problem(expression).is_some(), "{expression}");
        }
    }
}
