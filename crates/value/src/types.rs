//! The types that a declaration can declare, and their form in the plugin protocol.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value as Json, json};

/// A type of Terraform's type system, without the pseudo-type `dynamic` and without tuples, which no declaration can declare.
///
/// `Display` writes it as a configuration does: `list(string)`, `object({ name = string })`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// A boolean.
    Bool,
    /// A number of any size and precision.
    Number,
    /// A string.
    String,
    /// A sensitive string. For Terraform it is a string like any other.
    Secret,
    /// A list of elements of this type.
    List(Box<Self>),
    /// A set of elements of this type.
    Set(Box<Self>),
    /// A map of elements of this type, by string keys.
    Map(Box<Self>),
    /// An object with these attributes and their types.
    Object(BTreeMap<String, Self>),
}

impl Type {
    /// A list of elements of this type.
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// A set of elements of this type.
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    /// A map of elements of this type.
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// An object with these attributes.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Object(
            attributes
                .into_iter()
                .map(|(name, r#type)| (name.into(), r#type))
                .collect(),
        )
    }

    /// The JSON form of the type that `Schema.Attribute.type` of the plugin protocol holds, such as `["list","string"]`.
    ///
    /// <https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md> lists the forms.
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

    /// The name of the type, with its article, for messages.
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
    fn to_json_and_display_of_types() {
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
