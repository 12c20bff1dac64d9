//! Route policy sets, and the rules inside each set.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Behaviour, Collection, object};
use crate::control_plane::problem::Problem;
use crate::control_plane::store::{Object, Store};

/// The route policy sets with their rules.
pub struct RoutePolicySets;

impl Behaviour for RoutePolicySets {
    fn defaults(&self) -> Object {
        object(json!({
            "description": "",
            "default_action": "accept",
            "local_pref": null,
            "advanced_mode": false,
            "rules": [],
        }))
    }

    /// The first matching rule decides, so each sequence must be unique.
    fn check(
        &self,
        _store: &mut Store,
        object: &mut Object,
        _previous: Option<&Object>,
    ) -> Result<(), Problem> {
        let Some(Value::Array(rules)) = object.get_mut("rules") else {
            return Ok(());
        };
        rules.sort_by_key(sequence);
        let mut seen = BTreeSet::new();
        match rules
            .iter()
            .map(sequence)
            .find(|sequence| !seen.insert(*sequence))
        {
            Some(sequence) => Err(taken(sequence)),
            None => Ok(()),
        }
    }
}

/// The values of fields that the request for a new rule omits.
pub fn default_rule() -> Object {
    object(json!({
        "sequence": 100,
        "enabled": true,
        "description": "",
        "match_type": "any",
        "match_prefixes": [],
        "match_prefix_len_min": null,
        "match_prefix_len_max": null,
        "match_communities": [],
        "match_as_path_regex": "",
        "set_local_pref": null,
        "set_med": null,
        "set_communities": [],
        "add_communities": [],
        "remove_communities": [],
        "prepend_as_count": 0,
    }))
}

/// Adds a rule to a set.
///
/// # Errors
/// If the set does not exist or has a rule with this sequence.
pub fn create_rule(store: &mut Store, set: &str, body: Object) -> Result<Object, Problem> {
    let mut rule = default_rule();
    rule.extend(body);
    rule.insert("uuid".to_owned(), json!(Uuid::new_v4().to_string()));
    change_rules(store, set, |rules| insert(rules, rule.clone()))?;
    Ok(rule)
}

/// Changes a rule of a set.
///
/// # Errors
/// If the set or the rule does not exist, or the new sequence is taken.
pub fn update_rule(store: &mut Store, set: &str, uuid: &str, body: Object) -> Result<Object, Problem> {
    let previous = find(store, set, uuid)?;
    let mut rule = previous.clone();
    rule.extend(body);
    rule.insert("uuid".to_owned(), json!(uuid));
    if rule == previous {
        return Ok(rule);
    }
    change_rules(store, set, |rules| {
        rules.retain(|other| !has_uuid(other, uuid));
        let inserted = insert(rules, rule.clone());
        if inserted.is_err() {
            insert(rules, previous)?;
        }
        inserted
    })?;
    Ok(rule)
}

/// Removes a rule from a set.
///
/// # Errors
/// If the set or the rule does not exist.
pub fn delete_rule(store: &mut Store, set: &str, uuid: &str) -> Result<(), Problem> {
    find(store, set, uuid)?;
    change_rules(store, set, |rules| {
        rules.retain(|other| !has_uuid(other, uuid));
        Ok(())
    })
}

/// A rule of a set.
///
/// # Errors
/// If the set or the rule does not exist.
pub fn find(store: &mut Store, set: &str, uuid: &str) -> Result<Object, Problem> {
    let set = store.get(Collection::RoutePolicySets, set)?;
    let rules = set.get("rules").and_then(Value::as_array);
    rules
        .into_iter()
        .flatten()
        .find(|rule| has_uuid(rule, uuid))
        .and_then(Value::as_object)
        .cloned()
        .ok_or_else(Problem::not_found)
}

/// Changes the rules of a set, which are in the order of their sequences.
fn change_rules(
    store: &mut Store,
    set: &str,
    change: impl FnOnce(&mut Vec<Value>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    store.change_in_place(Collection::RoutePolicySets, set, |set| {
        let rules = set.entry("rules").or_insert_with(|| json!([]));
        rules.as_array_mut().map_or(Ok(()), change)
    })
}

/// Adds a rule at the place of its sequence. A copy of the set for each rule would make many rules slow.
fn insert(rules: &mut Vec<Value>, rule: Object) -> Result<(), Problem> {
    let rule = Value::Object(rule);
    let new = sequence(&rule);
    match rules.binary_search_by_key(&new, sequence) {
        Ok(_) => Err(taken(new)),
        Err(position) => {
            rules.insert(position, rule);
            Ok(())
        }
    }
}

fn taken(sequence: i64) -> Problem {
    Problem::conflict(format!("a rule with the sequence {sequence} exists already"))
}

fn has_uuid(rule: &Value, uuid: &str) -> bool {
    rule.get("uuid").and_then(Value::as_str) == Some(uuid)
}

fn sequence(rule: &Value) -> i64 {
    rule.get("sequence").and_then(Value::as_i64).unwrap_or_default()
}
