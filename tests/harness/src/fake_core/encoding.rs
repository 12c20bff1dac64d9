//! Converts between the plugin protocol's messages and the values of the fake core.
//!
//! The rules are those of Terraform's
//! [object wire format](https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md).

use proto::tfplugin6;
use value::{Path, Step, Type, Value, json, msgpack};

use super::error::{Diagnostic, Error, Severity};
use super::schema::{Attribute, Block, Kind, Nesting};
use crate::secrets::{Logs, Place};

/// Encodes a value as Terraform sends it.
///
/// # Errors
/// If the value does not have this type.
pub fn encode(value: &Value, r#type: &Type) -> Result<tfplugin6::DynamicValue, Error> {
    match msgpack::encode(value, r#type) {
        Ok(msgpack) => Ok(tfplugin6::DynamicValue {
            msgpack,
            json: Vec::new(),
        }),
        Err(error) => Err(Error::violation(
            "The value of the test has the wrong type",
            error,
        )),
    }
}

/// Decodes a value as Terraform reads it; `None` if the message has none. Strings are NFC-normalised, sets are sorted.
///
/// # Errors
/// If the bytes do not encode a value of this type.
pub fn decode(from: Option<&tfplugin6::DynamicValue>, r#type: &Type) -> Result<Option<Value>, String> {
    let Some(from) = from else { return Ok(None) };
    let decoded = if !from.msgpack.is_empty() {
        msgpack::decode(&from.msgpack, r#type)
    } else if !from.json.is_empty() {
        json::decode(&from.json, r#type)
    } else {
        return Ok(None);
    };
    decoded
        .map(|value| Some(normalised(value)))
        .map_err(|error| error.to_string())
}

fn normalised(value: Value) -> Value {
    match value {
        Value::String(text) => Value::string(text),
        Value::List(elements) => Value::List(elements.into_iter().map(normalised).collect()),
        Value::Set(elements) => Value::set(elements.into_iter().map(normalised).collect()),
        Value::Map(entries) => Value::map(entries.into_iter().map(|(key, value)| (key, normalised(value)))),
        Value::Object(entries) => {
            Value::object(entries.into_iter().map(|(name, value)| (name, normalised(value))))
        }
        other => other,
    }
}

/// Reads diagnostics.
///
/// # Errors
/// If a diagnostic has no severity or summary, contains a secret, or has the path of an attribute that does not exist.
pub fn diagnostics(from: Vec<tfplugin6::Diagnostic>, r#type: &Type) -> Result<Vec<Diagnostic>, Error> {
    from.into_iter()
        .map(|diagnostic| read_diagnostic(diagnostic, r#type))
        .collect()
}

fn read_diagnostic(from: tfplugin6::Diagnostic, r#type: &Type) -> Result<Diagnostic, Error> {
    let severity = match from.severity() {
        tfplugin6::diagnostic::Severity::Error => Severity::Error,
        tfplugin6::diagnostic::Severity::Warning => Severity::Warning,
        tfplugin6::diagnostic::Severity::Invalid => {
            return Err(Error::violation("A diagnostic has no severity", from.summary));
        }
    };
    if from.summary.is_empty() {
        return Err(Error::violation("A diagnostic has no summary", from.detail));
    }
    let shown = format!("{}\n{}", from.summary, from.detail);
    if let Some(before) = Logs::watched().secrets().leak(Place::Log, &shown) {
        return Err(Error::violation(
            "A diagnostic shows a secret",
            format!("after …{before}"),
        ));
    }
    let path = path(from.attribute.as_ref())?;
    if !exists(&path, r#type) {
        let text = format!("`{path}` of {:?}", from.summary);
        return Err(Error::violation(
            "A diagnostic has the path of an attribute that does not exist",
            text,
        ));
    }
    Ok(Diagnostic {
        severity,
        summary: from.summary,
        detail: from.detail,
        path,
    })
}

/// Reads an attribute path.
///
/// # Errors
/// If a step has no selector.
pub fn path(from: Option<&tfplugin6::AttributePath>) -> Result<Path, Error> {
    use tfplugin6::attribute_path::step::Selector;
    let steps = from.into_iter().flat_map(|path| &path.steps);
    let steps = steps.map(|step| match &step.selector {
        Some(Selector::AttributeName(name)) => Ok(Step::Attribute(name.clone())),
        Some(Selector::ElementKeyString(key)) => Ok(Step::Key(key.clone())),
        Some(Selector::ElementKeyInt(index)) => Ok(Step::Index(*index)),
        None => Err(Error::violation(
            "An attribute path has an empty step",
            "no selector",
        )),
    });
    steps.collect()
}

fn exists(path: &Path, r#type: &Type) -> bool {
    let end = path
        .steps()
        .iter()
        .try_fold(r#type, |r#type, step| match (r#type, step) {
            (Type::Object(attributes), Step::Attribute(name)) => attributes.get(name),
            (Type::List(element), Step::Index(_)) | (Type::Map(element), Step::Key(_)) => Some(&**element),
            _ => None,
        });
    end.is_some()
}

/// The paths of write-only values, which no response may have.
pub fn write_only_paths(schema: &Block, object: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    find_in_block(schema, object, &Path::root(), &mut paths);
    paths
}

fn find_in_block(schema: &Block, object: &Value, path: &Path, paths: &mut Vec<Path>) {
    for (name, attribute) in &schema.attributes {
        find_in_attribute(attribute, object.get(name), &path.attribute(name), paths);
    }
    for (name, nested) in &schema.blocks {
        for (object, path) in nested_objects(nested.nesting, object.get(name), &path.attribute(name)) {
            find_in_block(&nested.block, object, &path, paths);
        }
    }
}

fn find_in_attribute(attribute: &Attribute, value: &Value, path: &Path, paths: &mut Vec<Path>) {
    if attribute.write_only && !value.is_null() {
        paths.push(path.clone());
    }
    let Kind::Nested(nested) = &attribute.kind else {
        return;
    };
    for (object, path) in nested_objects(nested.nesting, value, path) {
        for (name, attribute) in &nested.attributes {
            find_in_attribute(attribute, object.get(name), &path.attribute(name), paths);
        }
    }
}

/// The paths of null block collections. Without blocks, a collection must be empty.
pub fn null_blocks(schema: &Block, object: &Value, path: &Path) -> Vec<Path> {
    if object.is_null() || object.is_unknown() {
        return Vec::new();
    }
    let mut paths = Vec::new();
    for (name, nested) in &schema.blocks {
        let (value, path) = (object.get(name), path.attribute(name));
        if value.is_null() && nested.nesting != Nesting::Single {
            paths.push(path.clone());
        }
        for (object, path) in nested_objects(nested.nesting, value, &path) {
            paths.extend(null_blocks(&nested.block, object, &path));
        }
    }
    paths
}

fn nested_objects<'a>(nesting: Nesting, value: &'a Value, path: &Path) -> Vec<(&'a Value, Path)> {
    match nesting {
        Nesting::Single | Nesting::Group => vec![(value, path.clone())],
        Nesting::Set => value
            .elements()
            .iter()
            .map(|element| (element, path.clone()))
            .collect(),
        Nesting::List => value
            .elements()
            .iter()
            .enumerate()
            .map(|(index, element)| (element, path.index(index)))
            .collect(),
        Nesting::Map => {
            let entries = value.attributes().into_iter().flatten();
            entries.map(|(key, element)| (element, path.key(key))).collect()
        }
    }
}

/// The value with all unknown values replaced by null, as Terraform saves it after the error.
pub fn unknown_as_null(value: &Value) -> Value {
    match value {
        Value::Unknown => Value::Null,
        Value::List(elements) => Value::List(elements.iter().map(unknown_as_null).collect()),
        Value::Set(elements) => Value::set(elements.iter().map(unknown_as_null).collect()),
        Value::Map(entries) => Value::map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), unknown_as_null(value))),
        ),
        Value::Object(entries) => Value::object(
            entries
                .iter()
                .map(|(name, value)| (name.clone(), unknown_as_null(value))),
        ),
        other => other.clone(),
    }
}
