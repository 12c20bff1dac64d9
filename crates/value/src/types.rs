//! The types that a declaration can make, and their form in the plugin protocol.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value as Json, json};

/// A type of Terraform's type system. Its pseudo-type `dynamic` and its tuples are missing: nothing declares them.
///
/// Shown as in a configuration: `list(string)`, `object({ name = string })`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// Boolean.
    Bool,
    /// Number of any size and precision.
    Number,
    /// String.
    String,
    /// String that must not be seen; to Terraform a string like any other.
    Secret,
    /// Ordered, one element type.
    List(Box<Self>),
    /// Unordered, one element type.
    Set(Box<Self>),
    /// Keyed by string, one element type.
    Map(Box<Self>),
    /// Named attributes, a type for each.
    Object(BTreeMap<String, Self>),
}

impl Type {
    /// A list of one element type.
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// A set of one element type.
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    /// A map to one element type.
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// An object of these attributes.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Object(
            attributes
                .into_iter()
                .map(|(name, r#type)| (name.into(), r#type))
                .collect(),
        )
    }

    /// The type as the plugin protocol writes it, such as `["list","string"]`.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Bool => json!("bool"),
            Self::Number => json!("number"),
            Self::String | Self::Secret => json!("string"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Object(attributes) => {
                let attributes = attributes
                    .iter()
                    .map(|(name, r#type)| (name.clone(), r#type.to_json()));
                json!(["object", attributes.collect::<Json>()])
            }
        }
    }

    /// The kind of value this type asks for, for messages.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Secret => "a secret string",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::String | Self::Secret => f.write_str("string"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Set(element) => write!(f, "set({element})"),
            Self::Map(element) => write!(f, "map({element})"),
            Self::Object(attributes) if attributes.is_empty() => f.write_str("object({})"),
            Self::Object(attributes) => {
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
    fn a_type_is_shown_as_the_protocol_and_as_a_configuration_write_it() {
        for (r#type, json, shown) in [
            (Type::Bool, json!("bool"), "bool"),
            (Type::Number, json!("number"), "number"),
            (Type::String, json!("string"), "string"),
            (Type::Secret, json!("string"), "string"),
            (
                Type::list(Type::String),
                json!(["list", "string"]),
                "list(string)",
            ),
            (
                Type::set(Type::map(Type::Bool)),
                json!(["set", ["map", "bool"]]),
                "set(map(bool))",
            ),
            (
                Type::object([("k", Type::String), ("z", Type::list(Type::Secret))]),
                json!(["object", { "k": "string", "z": ["list", "string"] }]),
                "object({ k = string, z = list(string) })",
            ),
            (Type::Object(BTreeMap::new()), json!(["object", {}]), "object({})"),
        ] {
            assert_eq!(r#type.to_json(), json);
            assert_eq!(r#type.to_string(), shown);
        }
    }
}
