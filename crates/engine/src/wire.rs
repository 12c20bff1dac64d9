//! Converts between the control plane's JSON and Terraform's values, by the key `wire` of the declarations.
//!
//! Tests: `crates/engine/tests/tables/wire.rs`.

use std::collections::BTreeMap;
use std::slice;

use schema::{Attribute, Collection, Mode, Resource, Scalar, Text, Unset};
use serde_json::Value as Json;
use value::json::json_type;
use value::{Number, Path, Value};

use crate::api::Body;
use crate::diagnostic::{Diagnostics, Reported};
use crate::equal::is_equivalent;
use crate::{shape, summaries};

/// Returns the body of a create: each attribute that is set and known. A planned value that the configuration omits is one that the
/// adopted object has, and is not sent.
pub fn create_body(attributes: &[Attribute], planned: &Value, config: &Value) -> Body {
    let is_kept = |attribute: &&Attribute| {
        let is_omitted = config.get(&attribute.name).is_null() && attribute.default.is_none();
        attribute.mode == Mode::OptionalComputed && is_omitted
    };
    let written = attributes
        .iter()
        .filter(|attribute| attribute.wire.write.is_some() && !is_kept(attribute));
    let secrets = written
        .clone()
        .flat_map(|attribute| sent_value(attribute, planned, config).secrets());
    let secrets = secrets.cloned().collect();
    Body::new(object_to_json(written, planned, config), secrets)
}

fn object_to_json<'a>(
    attributes: impl IntoIterator<Item = &'a Attribute>,
    planned: &Value,
    config: &Value,
) -> Json {
    let mut body = serde_json::Map::new();
    for attribute in attributes {
        let value = sent_value(attribute, planned, config);
        if let (Some(key), false) = (&attribute.wire.write, value.is_null() || value.is_unknown()) {
            body.insert(key.to_string(), attribute_to_json(attribute, value));
        }
    }
    Json::Object(body)
}

/// The value of an attribute that is sent: a write-only value is in the configuration only.
fn sent_value<'a>(attribute: &Attribute, planned: &'a Value, config: &'a Value) -> &'a Value {
    let object = if attribute.write_only { config } else { planned };
    object.get(&attribute.name)
}

/// Returns the body of an update that empties these attributes: a collection without elements, or null.
pub fn clear_body(resource: &Resource, names: &[Text]) -> Body {
    let attributes = names.iter().filter_map(|name| resource.attribute(name));
    let cleared = attributes.filter_map(|attribute| {
        let empty = shape::empty_collection(attribute).unwrap_or_default();
        Some((attribute.wire.write.as_ref()?.to_string(), to_json(&empty)))
    });
    Body::new(Json::Object(cleared.collect()), Vec::new())
}

/// Returns the body of an update: each changed value, and for each removed argument what `unset` declares. `None` if
/// there is nothing to send.
pub fn update_body(attributes: &[Attribute], prior: &Value, planned: &Value, config: &Value) -> Option<Body> {
    let mut body = serde_json::Map::new();
    let mut secrets = Vec::new();
    for attribute in attributes {
        let Some(key) = &attribute.wire.write else {
            continue;
        };
        let value = sent_value(attribute, planned, config);
        let has_changed = if attribute.write_only {
            !value.is_null() && write_only_changed(attribute, attributes, prior, planned)
        } else {
            !value.is_unknown() && has_changed(attribute, prior.get(&attribute.name), value)
        };
        if !has_changed {
            continue;
        }
        let json = match (value.is_null(), attribute.unset) {
            (false, _) => attribute_to_json(attribute, value),
            (true, Unset::Null) => Json::Null,
            (true, Unset::Empty) => empty_json(attribute),
            (true, Unset::Omit) => continue,
        };
        body.insert(key.to_string(), json);
        secrets.extend(value.secrets().into_iter().cloned());
    }
    (!body.is_empty()).then(|| Body::new(Json::Object(body), secrets))
}

/// Whether the value that is sent has changed: computed parts of nested objects are not sent.
fn has_changed(attribute: &Attribute, prior: &Value, planned: &Value) -> bool {
    let sent = |value: &Value| match (value, attribute_to_json(attribute, value)) {
        (Value::Set(_), Json::Array(mut elements)) => {
            elements.sort_by_key(Json::to_string);
            Json::Array(elements)
        }
        (_, json) => json,
    };
    prior != planned && (attribute.r#type.scalar != Scalar::Object || sent(prior) != sent(planned))
}

/// Whether a write-only value has changed. State does not have it, so its version or the attribute that it replaces
/// decides.
pub fn write_only_changed(
    attribute: &Attribute,
    attributes: &[Attribute],
    prior: &Value,
    planned: &Value,
) -> bool {
    let siblings = attributes.iter().filter(|sibling| {
        !sibling.write_only
            && (sibling.twin_of == attribute.twin_of || Some(&sibling.name) == attribute.twin_of.as_ref())
    });
    // What only the API knows has not changed in the configuration.
    siblings.into_iter().any(|sibling| {
        let value = planned.get(&sibling.name);
        !value.is_unknown() && prior.get(&sibling.name) != value
    })
}

/// The empty JSON value of the attribute's type.
fn empty_json(attribute: &Attribute) -> Json {
    match attribute.r#type.collections.first() {
        Some(Collection::Map) => Json::Object(serde_json::Map::new()),
        Some(_) => Json::Array(Vec::new()),
        None => Json::String(String::new()),
    }
}

/// The JSON of one attribute; attributes of nested objects have their own wire names.
fn attribute_to_json(attribute: &Attribute, value: &Value) -> Json {
    if attribute.r#type.scalar != Scalar::Object {
        return to_json(value);
    }
    match value {
        Value::List(elements) | Value::Set(elements) => elements
            .iter()
            .map(|element| object_to_json(attribute.attributes.iter(), element, element))
            .collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, element)| {
                (
                    key.clone(),
                    object_to_json(attribute.attributes.iter(), element, element),
                )
            })
            .collect(),
        Value::Object(_) => object_to_json(attribute.attributes.iter(), value, value),
        other => to_json(other),
    }
}

/// Returns a value as JSON, with unknown parts as null, and secrets in clear: for sending and storing, not for display.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null | Value::Unknown => Json::Null,
        Value::Bool(bool) => Json::Bool(*bool),
        Value::Number(number) => Json::Number(number.to_json()),
        Value::String(string) => Json::String(string.clone()),
        Value::Secret(secret) => Json::String(secret.expose().to_owned()),
        Value::List(elements) | Value::Set(elements) => elements.iter().map(to_json).collect(),
        Value::Map(entries) | Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), to_json(value)))
            .collect(),
    }
}

/// Returns the value of an attribute in a response; unknown if the response does not show it, or it has an unexpected type.
pub fn shown(attribute: &Attribute, response: &Json) -> Value {
    if field(attribute, response).is_none() {
        return Value::Unknown;
    }
    let mut problems = Diagnostics::default();
    let attributes = slice::from_ref(attribute);
    let known = shape::empty_object(attributes);
    let (object, result) = from_response(attributes, response, &known, &Path::root(), &mut problems);
    result.map_or(Value::Unknown, |()| object.get(&attribute.name).clone())
}

/// Decodes an object from a response, and reports each field with an unexpected type.
///
/// `known` is the planned object after a change, or the one in state in a refresh. It gives the values that the API
/// never returns, and the spelling of equivalent values.
///
/// # Errors
///
/// [`Reported`] beside the object if a field has an unexpected type: the object then has the known value.
pub fn from_response(
    attributes: &[Attribute],
    response: &Json,
    known: &Value,
    path: &Path,
    diagnostics: &mut Diagnostics,
) -> (Value, Result<(), Reported>) {
    let mut found = Diagnostics::default();
    let object = object_from_response(attributes, response, known, path, &mut found);
    let result = found.result();
    diagnostics.append(found);
    (object, result)
}

fn object_from_response(
    attributes: &[Attribute],
    response: &Json,
    known: &Value,
    path: &Path,
    diagnostics: &mut Diagnostics,
) -> Value {
    let object = attributes.iter().map(|attribute| {
        let path = path.attribute(&attribute.name);
        let value = attribute_from_response(
            attribute,
            response,
            known.get(&attribute.name),
            &path,
            diagnostics,
        );
        (attribute.name.to_string(), value)
    });
    Value::Object(object.collect())
}

fn attribute_from_response(
    attribute: &Attribute,
    response: &Json,
    known: &Value,
    path: &Path,
    diagnostics: &mut Diagnostics,
) -> Value {
    if attribute.write_only {
        return Value::Null;
    }
    let (Some(json), true) = (field(attribute, response), attribute.returned) else {
        return known_or_absent(attribute, known);
    };
    let value = match from_json(attribute, &json, known, path, diagnostics) {
        Ok(value) => value,
        Err(mismatch) => {
            diagnostics.error_at(
                mismatch.path,
                &summaries::UNEXPECTED_TYPE,
                format!(
                    "The control plane's field for `{}` should be {}, but is {}. The provider does not support this \
                     version of the control plane: upgrade the provider, or report this to its developers.",
                    attribute.name, mismatch.expected, mismatch.found
                ),
            );
            return known_or_absent(attribute, known);
        }
    };
    // An update cannot have changed it, so null is no change. A replacement would delete the object.
    let is_fixed = attribute.force_new && attribute.mode == Mode::Required;
    // For nested objects that a hook manages, the API returns an empty list if it has no such object.
    if json.is_null() && (is_fixed || is_managed_by_hook(attribute)) {
        return known_or_absent(attribute, known);
    }
    if is_equivalent(attribute, &value, known) || are_both_blank(attribute, &value, known) {
        return known_or_absent(attribute, known);
    }
    value
}

/// The known value; one that is unknown or must not be null becomes that of an attribute that is not set.
fn known_or_absent(attribute: &Attribute, known: &Value) -> Value {
    if known.is_unknown() || (known.is_null() && attribute.block) {
        shape::unset_value(attribute)
    } else {
        known.clone()
    }
}

/// Whether both values are null or empty. The known one is then kept, because an API often returns an empty list for an
/// omitted one, or null for an empty one.
fn are_both_blank(attribute: &Attribute, value: &Value, known: &Value) -> bool {
    let is_optional = attribute.mode == Mode::Optional;
    let is_collection = !attribute.r#type.collections.is_empty();
    value.is_blank() && known.is_blank() && (is_optional || (is_collection && !known.is_null()))
}

/// Whether a hook manages this attribute by requests of its own: nested objects that are configured and read, but not
/// sent in a body.
pub fn is_managed_by_hook(attribute: &Attribute) -> bool {
    attribute.r#type.scalar == Scalar::Object
        && attribute.mode.is_settable()
        && attribute.wire.write.is_none()
        && !attribute.wire.read.is_empty()
}

/// Returns the field of a response that the attribute reads: the first of its declared paths that exists.
pub fn field(attribute: &Attribute, response: &Json) -> Option<Json> {
    attribute.wire.read.iter().find_map(|path| find(response, path))
}

/// Whether a response has a field for each attribute that is read, also of nested objects.
pub fn is_complete(attributes: &[Attribute], response: &Json) -> bool {
    let is_read = |attribute: &&Attribute| {
        attribute.returned && !attribute.write_only && !attribute.wire.read.is_empty()
    };
    attributes.iter().filter(is_read).all(|attribute| {
        let is_nested = attribute.r#type.scalar == Scalar::Object;
        field(attribute, response)
            .is_some_and(|field| !is_nested || are_complete(&attribute.attributes, &field))
    })
}

/// Whether the nested objects in a field are complete.
fn are_complete(attributes: &[Attribute], field: &Json) -> bool {
    match field {
        Json::Array(elements) => elements.iter().all(|element| is_complete(attributes, element)),
        Json::Object(_) => is_complete(attributes, field),
        _ => true,
    }
}

/// Returns the value at a dotted path such as `image.uuid`; `machines[].uuid` maps over a list.
///
/// `None` if a step is missing; null if a step is null.
pub fn find(json: &Json, path: &str) -> Option<Json> {
    let (step, rest) = match path.split_once('.') {
        Some((step, rest)) => (step, Some(rest)),
        None => (path, None),
    };
    let (key, over_list) = match step.strip_suffix("[]") {
        Some(key) => (key, true),
        None => (step, false),
    };
    let value = json.as_object()?.get(key)?;
    match (rest, value) {
        (_, Json::Null) => Some(Json::Null),
        (Some(rest), Json::Array(elements)) if over_list => elements
            .iter()
            .map(|element| find(element, rest))
            .collect::<Option<Vec<Json>>>()
            .map(Json::Array),
        (Some(rest), value) => find(value, rest),
        (None, value) => Some(value.clone()),
    }
}

/// Whether two JSON values of an attribute are equal, or decode to equivalent values.
pub fn is_equivalent_json(attribute: &Attribute, left: &Json, right: &Json) -> bool {
    let decode = |json: &Json| {
        let mut ignored = Diagnostics::default();
        from_json(attribute, json, &Value::Null, &Path::root(), &mut ignored).ok()
    };
    left == right
        || decode(left)
            .zip(decode(right))
            .is_some_and(|(left, right)| is_equivalent(attribute, &left, &right))
}

/// A value of a response whose type is not that of its attribute.
struct TypeMismatch {
    path: Path,
    expected: &'static str,
    found: &'static str,
}

fn from_json(
    attribute: &Attribute,
    json: &Json,
    known: &Value,
    path: &Path,
    diagnostics: &mut Diagnostics,
) -> Result<Value, TypeMismatch> {
    // If there is a default, null means the default.
    if let (Json::Null, Some(default)) = (json, &attribute.default) {
        return Ok(shape::default_value(default, attribute));
    }
    collection_from_json(
        attribute,
        &attribute.r#type.collections,
        json,
        known,
        path,
        diagnostics,
    )
}

fn collection_from_json(
    attribute: &Attribute,
    collections: &[Collection],
    json: &Json,
    known: &Value,
    path: &Path,
    diagnostics: &mut Diagnostics,
) -> Result<Value, TypeMismatch> {
    let Some((collection, inner)) = collections.split_first() else {
        return scalar_from_json(attribute, json, known, path, diagnostics);
    };
    let null = Value::Null;
    match (collection, json) {
        // A computed collection or a block is never null in state: null means empty.
        (_, Json::Null) if attribute.mode == Mode::Computed || attribute.block => {
            Ok(shape::empty_collection(attribute).unwrap_or_default())
        }
        (_, Json::Null) => Ok(Value::Null),
        (Collection::Map, Json::Object(entries)) => {
            let mut map = BTreeMap::new();
            for (key, json) in entries {
                let path = path.key(key);
                let known = known.get(key);
                map.insert(
                    key.clone(),
                    collection_from_json(attribute, inner, json, known, &path, diagnostics)?,
                );
            }
            Ok(Value::Map(map))
        }
        (Collection::List | Collection::Set, Json::Array(elements)) => {
            let mut list = Vec::new();
            for (index, json) in elements.iter().enumerate() {
                let (known, path) = match collection {
                    Collection::List => (known.elements().get(index).unwrap_or(&null), path.index(index)),
                    _ => (&null, path.clone()),
                };
                list.push(collection_from_json(
                    attribute,
                    inner,
                    json,
                    known,
                    &path,
                    diagnostics,
                )?);
            }
            Ok(if *collection == Collection::Set {
                Value::set(list)
            } else {
                Value::List(list)
            })
        }
        // A single value for a declared list or set is a collection of one element.
        (Collection::List | Collection::Set, Json::String(_) | Json::Number(_) | Json::Bool(_)) => {
            let element = collection_from_json(attribute, inner, json, &null, path, diagnostics)?;
            Ok(if *collection == Collection::Set {
                Value::set(vec![element])
            } else {
                Value::List(vec![element])
            })
        }
        (Collection::Map, _) => Err(type_mismatch(path, "an object", json)),
        (Collection::List | Collection::Set, _) => Err(type_mismatch(path, "a list", json)),
    }
}

fn scalar_from_json(
    attribute: &Attribute,
    json: &Json,
    known: &Value,
    path: &Path,
    diagnostics: &mut Diagnostics,
) -> Result<Value, TypeMismatch> {
    let mismatch = |expected| type_mismatch(path, expected, json);
    Ok(match attribute.r#type.scalar {
        _ if json.is_null() => Value::Null,
        Scalar::Bool => Value::Bool(boolean(json).ok_or_else(|| mismatch("a boolean"))?),
        Scalar::Int => match number(json) {
            Some(number) if number.is_integer() => Value::Number(number),
            _ => return Err(mismatch("a whole number")),
        },
        Scalar::Number => match (number(json), json) {
            (Some(number), _) => Value::Number(number),
            (None, Json::Number(_)) => return Err(mismatch("a number in the supported range")),
            (None, _) => return Err(mismatch("a number")),
        },
        Scalar::String => match json {
            Json::String(string) => shape::string_value(attribute, string),
            _ => return Err(mismatch("a string")),
        },
        Scalar::Object if json.is_object() => {
            object_from_response(&attribute.attributes, json, known, path, diagnostics)
        }
        Scalar::Object => return Err(mismatch("an object")),
    })
}

/// Returns the number that a JSON value has, also as a string: `10`, `10.0` or `"10"`.
pub fn number(json: &Json) -> Option<Number> {
    match json {
        Json::Number(number) => Number::from_json(number),
        Json::String(string) => Number::parse(string.trim()),
        _ => None,
    }
}

/// Returns the boolean in the field of a response that an attribute of the resource reads.
pub fn flag(resource: &Resource, attribute: &str, response: &Json) -> Option<bool> {
    boolean(&field(resource.attribute(attribute)?, response)?)
}

/// Returns the boolean that a JSON value has, also as 0 or 1, or as a string.
pub fn boolean(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(bool) => Some(*bool),
        Json::String(string) if string.eq_ignore_ascii_case("true") => Some(true),
        Json::String(string) if string.eq_ignore_ascii_case("false") => Some(false),
        json => match number(json)?.as_i64()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
    }
}

fn type_mismatch(path: &Path, expected: &'static str, found: &Json) -> TypeMismatch {
    TypeMismatch {
        path: path.clone(),
        expected,
        found: json_type(found),
    }
}
