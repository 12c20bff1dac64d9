//! Route policy sets, and the rules inside each set.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Behaviour, Collection, object};
use crate::control_plane::problem::Problem;
use crate::control_plane::store::{Object, Store, string};

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
            Some(sequence) => Err(Problem::conflict(format!(
                "a rule with the sequence {sequence} exists already"
            ))),
            None => Ok(()),
        }
    }
}

/// Adds a rule to a set.
///
/// # Errors
/// If the set does not exist or has a rule with this sequence.
pub fn create_rule(store: &mut Store, set: &str, body: Object) -> Result<Object, Problem> {
    let mut rule = object(json!({
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
    }));
    rule.extend(body);
    rule.insert("uuid".to_owned(), json!(Uuid::new_v4().to_string()));
    change_rules(store, set, |rules| rules.push(Value::Object(rule.clone())))?;
    Ok(rule)
}

/// Changes a rule of a set.
///
/// # Errors
/// If the set or the rule does not exist, or the new sequence is taken.
pub fn update_rule(store: &mut Store, set: &str, uuid: &str, body: Object) -> Result<Object, Problem> {
    let mut rule = find(store, set, uuid)?;
    rule.extend(body);
    rule.insert("uuid".to_owned(), json!(uuid));
    change_rules(store, set, |rules| {
        rules.retain(|other| other.get("uuid") != rule.get("uuid"));
        rules.push(Value::Object(rule.clone()));
    })?;
    Ok(rule)
}

/// Removes a rule from a set.
///
/// # Errors
/// If the set or the rule does not exist.
pub fn delete_rule(store: &mut Store, set: &str, uuid: &str) -> Result<(), Problem> {
    let rule = find(store, set, uuid)?;
    change_rules(store, set, |rules| {
        rules.retain(|other| other.get("uuid") != rule.get("uuid"));
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
        .filter_map(Value::as_object)
        .find(|rule| string(rule, "uuid") == uuid)
        .cloned()
        .ok_or_else(Problem::not_found)
}

fn change_rules(store: &mut Store, set: &str, change: impl FnOnce(&mut Vec<Value>)) -> Result<(), Problem> {
    let changed = store.update(Collection::RoutePolicySets, set, |set| {
        if let Some(Value::Array(rules)) = set.get_mut("rules") {
            change(rules);
        }
    });
    changed.map(drop)
}

fn sequence(rule: &Value) -> i64 {
    rule.get("sequence").and_then(Value::as_i64).unwrap_or_default()
}
