//! cty's types, and their JSON form.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value as Json, json};
use thiserror::Error;

use super::MAX_DEPTH;

/// A type of Terraform's type system.
///
/// Shown as in a configuration: `list(string)`, `object({ name = string })`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// Boolean.
    Bool,
    /// Number of any size and precision.
    Number,
    /// Text.
    String,
    /// Text that must not be seen; to Terraform a text like any other.
    Secret,
    /// Any type, known only with the value.
    Dynamic,
    /// Ordered, one element type.
    List(Box<Type>),
    /// Unordered, one element type.
    Set(Box<Type>),
    /// Keyed by text, one element type.
    Map(Box<Type>),
    /// Ordered, a type for each element.
    Tuple(Vec<Type>),
    /// Named attributes, a type for each.
    Object(BTreeMap<String, Type>),
}

/// Why a text is not a type in JSON form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TypeError {
    /// The text is not JSON.
    #[error("the type is not JSON")]
    Syntax,
    /// The JSON is none of `"string"`, `"number"`, `"bool"`, `"dynamic"`, `["list", T]`, `["set", T]`, `["map", T]`,
    /// `["tuple", [T…]]` and `["object", {name: T…}]`.
    #[error("the JSON is not one of Terraform's types")]
    Unknown,
    /// The type has more levels than [`MAX_DEPTH`].
    #[error("the type is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl Type {
    /// A list of one element type.
    pub fn list(element: Type) -> Type {
        Type::List(Box::new(element))
    }

    /// A set of one element type.
    pub fn set(element: Type) -> Type {
        Type::Set(Box::new(element))
    }

    /// A map to one element type.
    pub fn map(element: Type) -> Type {
        Type::Map(Box::new(element))
    }

    /// A tuple of these element types.
    pub fn tuple(elements: impl IntoIterator<Item = Type>) -> Type {
        Type::Tuple(elements.into_iter().collect())
    }

    /// An object of these attributes.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Type)>) -> Type {
        Type::Object(
            attributes
                .into_iter()
                .map(|(name, r#type)| (name.into(), r#type))
                .collect(),
        )
    }

    /// The type as the plugin protocol writes it, such as `["list","string"]`.
    pub fn to_json(&self) -> Json {
        match self {
            Type::Bool => json!("bool"),
            Type::Number => json!("number"),
            Type::String | Type::Secret => json!("string"),
            Type::Dynamic => json!("dynamic"),
            Type::List(element) => json!(["list", element.to_json()]),
            Type::Set(element) => json!(["set", element.to_json()]),
            Type::Map(element) => json!(["map", element.to_json()]),
            Type::Tuple(elements) => json!(["tuple", elements.iter().map(Type::to_json).collect::<Json>()]),
            Type::Object(attributes) => {
                let attributes = attributes
                    .iter()
                    .map(|(name, r#type)| (name.clone(), r#type.to_json()));
                json!(["object", attributes.collect::<Json>()])
            }
        }
    }

    /// [`Type::to_json`] as compact text, for the `type` of an attribute and of a dynamic value.
    pub fn to_json_bytes(&self) -> Vec<u8> {
        self.to_json().to_string().into_bytes()
    }

    /// Reads what [`Type::to_json`] writes. Names of optional attributes, a third element of an object, are dropped.
    pub fn parse(json: &Json) -> Result<Type, TypeError> {
        parse(json, 0)
    }

    pub(super) fn parse_bytes(bytes: &[u8]) -> Result<Type, TypeError> {
        Type::parse(&serde_json::from_slice(bytes).map_err(|_| TypeError::Syntax)?)
    }

    /// The kind of value this type asks for, for messages.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Type::Bool => "a boolean",
            Type::Number => "a number",
            Type::String => "a string",
            Type::Secret => "a secret string",
            Type::Dynamic => "a value with its type",
            Type::List(_) => "a list",
            Type::Set(_) => "a set",
            Type::Map(_) => "a map",
            Type::Tuple(_) => "a tuple",
            Type::Object(_) => "an object",
        }
    }
}

fn parse(json: &Json, depth: usize) -> Result<Type, TypeError> {
    if depth > MAX_DEPTH {
        return Err(TypeError::TooDeep);
    }
    let parse = |json| parse(json, depth + 1);
    let parts = match json {
        Json::String(name) => return primitive(name),
        Json::Array(parts) => parts.as_slice(),
        _ => return Err(TypeError::Unknown),
    };
    match parts {
        [Json::String(kind), element] if kind == "list" => parse(element).map(Type::list),
        [Json::String(kind), element] if kind == "set" => parse(element).map(Type::set),
        [Json::String(kind), element] if kind == "map" => parse(element).map(Type::map),
        [Json::String(kind), Json::Array(elements)] if kind == "tuple" => elements
            .iter()
            .map(parse)
            .collect::<Result<_, _>>()
            .map(Type::Tuple),
        [Json::String(kind), Json::Object(attributes)]
        | [Json::String(kind), Json::Object(attributes), Json::Array(_)]
            if kind == "object" =>
        {
            let attributes = attributes
                .iter()
                .map(|(name, json)| Ok((name.clone(), parse(json)?)));
            attributes.collect::<Result<_, _>>().map(Type::Object)
        }
        _ => Err(TypeError::Unknown),
    }
}

fn primitive(name: &str) -> Result<Type, TypeError> {
    match name {
        "bool" => Ok(Type::Bool),
        "number" => Ok(Type::Number),
        "string" => Ok(Type::String),
        "dynamic" => Ok(Type::Dynamic),
        _ => Err(TypeError::Unknown),
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String | Type::Secret => f.write_str("string"),
            Type::Dynamic => f.write_str("any"),
            Type::List(element) => write!(f, "list({element})"),
            Type::Set(element) => write!(f, "set({element})"),
            Type::Map(element) => write!(f, "map({element})"),
            Type::Tuple(elements) => {
                let elements: Vec<_> = elements.iter().map(ToString::to_string).collect();
                write!(f, "tuple([{}])", elements.join(", "))
            }
            Type::Object(attributes) if attributes.is_empty() => f.write_str("object({})"),
            Type::Object(attributes) => {
                let attributes: Vec<_> = attributes
                    .iter()
                    .map(|(name, r#type)| format!("{name} = {type}"))
                    .collect();
                write!(f, "object({{ {} }})", attributes.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_is_the_protocols() {
        for (text, shown) in [
            (r#""bool""#, "bool"),
            (r#""number""#, "number"),
            (r#""string""#, "string"),
            (r#""dynamic""#, "any"),
            (r#"["list","string"]"#, "list(string)"),
            (r#"["set",["map","bool"]]"#, "set(map(bool))"),
            (r#"["tuple",["number","string"]]"#, "tuple([number, string])"),
            (r#"["tuple",[]]"#, "tuple([])"),
            (
                r#"["object",{"k":"string","z":["tuple",["bool"]]}]"#,
                "object({ k = string, z = tuple([bool]) })",
            ),
            (r#"["object",{}]"#, "object({})"),
        ] {
            let r#type = Type::parse_bytes(text.as_bytes()).unwrap();
            assert_eq!(r#type.to_json_bytes(), text.as_bytes());
            assert_eq!(r#type.to_string(), shown);
        }
        assert_eq!(
            Type::parse_bytes(br#"["object",{"a":"string"},["a"]]"#),
            Ok(Type::object([("a", Type::String)])),
            "names of optional attributes are dropped"
        );
    }

    #[test]
    fn other_json_is_no_type() {
        for text in [
            "null",
            "1",
            "{}",
            "[]",
            r#""int""#,
            r#"["list"]"#,
            r#"["list","string","string"]"#,
            r#"["string"]"#,
            r#"["tuple","string"]"#,
            r#"["object",["string"]]"#,
            r#"["object",{"a":1}]"#,
            r#"["object",{},{}]"#,
            r#"[["list"],"string"]"#,
        ] {
            assert_eq!(
                Type::parse_bytes(text.as_bytes()),
                Err(TypeError::Unknown),
                "{text}"
            );
        }
        assert_eq!(Type::parse_bytes(b"[\"list\""), Err(TypeError::Syntax));
    }

    #[test]
    fn deep_types_are_refused() {
        let nested = |depth| format!("{}\"string\"{}", "[\"list\",".repeat(depth), "]".repeat(depth));
        assert!(Type::parse_bytes(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(
            Type::parse_bytes(nested(MAX_DEPTH + 1).as_bytes()),
            Err(TypeError::TooDeep)
        );
        assert_eq!(
            Type::parse_bytes(nested(1_000_000).as_bytes()),
            Err(TypeError::Syntax)
        );
    }
}
