//! Terraform's check of an applied object against its plan:
//! [`objchange.AssertObjectCompatible`](https://github.com/hashicorp/terraform/blob/main/internal/plans/objchange/compatible.go).

use std::collections::BTreeMap;

use value::{Path, Value};

use super::fault::{Faults, show};
use super::schema::{Block, NestedBlock, Nesting};

/// All differences between an object and its plan that Terraform rejects.
pub fn assert_object_compatible(schema: &Block, planned: &Value, actual: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    object(schema, planned, actual, &Path::root(), &mut faults);
    faults.into_vec()
}

fn object(schema: &Block, planned: &Value, actual: &Value, path: &Path, faults: &mut Faults) {
    let what = if path.is_root() { "Root object " } else { "" };
    if planned.is_null() && !actual.is_null() {
        return faults.add(path, format!("{what}was absent, but now present"));
    }
    if actual.is_null() && !planned.is_null() {
        return faults.add(path, format!("{what}was present, but now absent"));
    }
    if planned.is_null() {
        return;
    }
    for (name, attribute) in &schema.attributes {
        let path = path.attribute(name);
        let mut found = Faults::default();
        value(planned.get(name), actual.get(name), &path, &mut found);
        faults.add_part(found, &path, attribute.sensitive);
    }
    for (name, nested) in &schema.blocks {
        blocks(
            nested,
            planned.get(name),
            actual.get(name),
            &path.attribute(name),
            faults,
        );
    }
}

fn blocks(nested: &NestedBlock, planned: &Value, actual: &Value, path: &Path, faults: &mut Faults) {
    let is_single = matches!(nested.nesting, Nesting::Single | Nesting::Group);
    if is_single {
        // An unknown number of blocks may turn out to be zero.
        if !(planned.is_unknown() && actual.is_null()) {
            object(&nested.block, planned, actual, path, faults);
        }
        return;
    }
    if [planned, actual]
        .iter()
        .any(|value| value.is_unknown() || value.is_null())
    {
        return;
    }
    match nested.nesting {
        Nesting::Single | Nesting::Group => {}
        Nesting::List => {
            let (before, after) = (planned.elements().len(), actual.elements().len());
            if before != after {
                return faults.add(path, format!("block count changed from {before} to {after}"));
            }
            for (index, (planned, actual)) in planned.elements().iter().zip(actual.elements()).enumerate() {
                object(&nested.block, planned, actual, &path.index(index), faults);
            }
        }
        Nesting::Map => {
            for (key, planned) in entries(planned) {
                match actual.attributes().and_then(|entries| entries.get(key)) {
                    Some(actual) => object(&nested.block, planned, actual, &path.key(key), faults),
                    None => faults.add(path, format!("block key {key:?} has vanished")),
                }
            }
            for (key, _) in entries(actual).filter(|(key, _)| !has_key(planned, key)) {
                faults.add(path, format!("new block key {key:?} has appeared"));
            }
        }
        Nesting::Set => {
            set(planned, actual, path, faults, |planned, actual| {
                let mut found = Faults::default();
                object(&nested.block, planned, actual, path, &mut found);
                found.is_empty()
            });
            let (before, after) = (planned.elements().len(), actual.elements().len());
            if before < after {
                faults.add(path, format!("block set length changed from {before} to {after}"));
            }
        }
    }
}

fn value(planned: &Value, actual: &Value, path: &Path, faults: &mut Faults) {
    if planned.is_unknown() {
        return;
    }
    match (planned.is_null(), actual.is_null()) {
        (true, true) => return,
        (false, true) => return faults.add(path, format!("was {}, but now null", show(planned))),
        (true, false) => return faults.add(path, format!("was null, but now {}", show(actual))),
        (false, false) => {}
    }
    if actual.is_unknown() {
        return faults.add(path, "was known, but now unknown");
    }
    match (planned, actual) {
        (Value::List(before), Value::List(after)) => {
            for (index, planned) in before.iter().enumerate() {
                match after.get(index) {
                    Some(actual) => value(planned, actual, &path.index(index), faults),
                    None => faults.add(path, format!("element {index} has vanished")),
                }
            }
            for index in before.len()..after.len() {
                faults.add(path, format!("new element {index} has appeared"));
            }
        }
        (Value::Map(before), Value::Map(after)) => {
            for (key, planned) in before {
                match after.get(key) {
                    Some(actual) => value(planned, actual, &path.key(key), faults),
                    None => faults.add(path, format!("element {key:?} has vanished")),
                }
            }
            for key in after.keys().filter(|key| !before.contains_key(*key)) {
                faults.add(path, format!("new element {key:?} has appeared"));
            }
        }
        (Value::Object(before), Value::Object(_)) => {
            for (name, planned) in before {
                value(planned, actual.get(name), &path.attribute(name), faults);
            }
        }
        (Value::Set(before), Value::Set(after)) => {
            set(planned, actual, path, faults, |planned, actual| {
                let mut found = Faults::default();
                value(planned, actual, path, &mut found);
                found.is_empty()
            });
            if before.len() < after.len() {
                faults.add(
                    path,
                    format!("length changed from {} to {}", before.len(), after.len()),
                );
            }
        }
        _ if planned == actual => {}
        _ => faults.add(path, format!("was {}, but now {}", show(planned), show(actual))),
    }
}

/// Each element needs a compatible element on the other side; several elements may share one.
fn set(
    planned: &Value,
    actual: &Value,
    path: &Path,
    faults: &mut Faults,
    fits: impl Fn(&Value, &Value) -> bool,
) {
    let (planned, actual) = (planned.elements(), actual.elements());
    let mut lost = planned
        .iter()
        .filter(|planned| !actual.iter().any(|actual| fits(planned, actual)))
        .peekable();
    if lost.peek().is_some() {
        for element in lost {
            let text = format!(
                "planned set element {} does not correlate with any element in actual",
                show(element)
            );
            faults.add(path, text);
        }
        return;
    }
    for element in actual
        .iter()
        .filter(|actual| !planned.iter().any(|planned| fits(planned, actual)))
    {
        let text = format!(
            "actual set element {} does not correlate with any element in plan",
            show(element)
        );
        faults.add(path, text);
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.attributes().into_iter().flat_map(BTreeMap::iter)
}

fn has_key(value: &Value, key: &str) -> bool {
    value
        .attributes()
        .is_some_and(|entries| entries.contains_key(key))
}
