//! Names of types, as `HashiCorp`'s generator writes them: `List of String`.
//!
//! Tests: `docs-gen/tests/tfplugindocs/schema.rs`.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use thiserror::Error;

/// A type that `HashiCorp`'s generator cannot name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("type `{0}` cannot be documented")]
pub struct TypeError(pub String);

/// A [type of cty](https://github.com/zclconf/go-cty/blob/main/docs/types.md), parsed from its JSON form.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// `string`, `number`, `bool` or `dynamic`.
    Plain(&'static str),
    /// `list`, `set` or `map`, and the type of its elements.
    Collection(&'static str, Box<Self>),
    /// Attributes by name. The documentation does not show which of them are optional.
    Object(BTreeMap<String, Self>),
    /// A tuple. Its element types are not documented.
    Tuple,
}

impl Type {
    /// Parses a type. Ignores the third element of an object's form, its optional attributes.
    ///
    /// # Errors
    ///
    /// If `json` is not the JSON form of a type.
    pub fn parse(json: &Json) -> Result<Self, TypeError> {
        let error = || TypeError(json.to_string());
        if let Some(name) = json.as_str() {
            let known = ["string", "number", "bool", "dynamic"];
            let name = known.into_iter().find(|known| *known == name);
            return name.map(Type::Plain).ok_or_else(error);
        }
        let parts = json.as_array().ok_or_else(error)?;
        match (parts.first().and_then(Json::as_str), parts.get(1)) {
            (Some("object"), Some(Json::Object(attributes))) => {
                let attributes = attributes
                    .iter()
                    .map(|(name, r#type)| Ok((name.clone(), Self::parse(r#type)?)));
                Ok(Self::Object(attributes.collect::<Result<_, TypeError>>()?))
            }
            (Some("tuple"), Some(Json::Array(_))) => Ok(Self::Tuple),
            (Some(collection), Some(element)) => {
                let known = ["list", "set", "map"];
                let collection = known
                    .into_iter()
                    .find(|known| *known == collection)
                    .ok_or_else(error)?;
                Ok(Self::Collection(collection, Box::new(Self::parse(element)?)))
            }
            _ => Err(error()),
        }
    }

    /// The name of an attribute's type, such as `List of String`.
    ///
    /// # Errors
    ///
    /// If the type contains a tuple, which `HashiCorp`'s generator does not name here.
    pub fn name(&self) -> Result<String, TypeError> {
        Ok(match self {
            Self::Plain("bool") => "Boolean".to_owned(),
            Self::Plain(name) => capitalised(name),
            Self::Collection(name, element) => format!("{} of {}", capitalised(name), element.name()?),
            Self::Object(_) => "Object".to_owned(),
            Self::Tuple => return Err(TypeError("tuple".to_owned())),
        })
    }

    /// The name of the type of a function's argument: like [`Type::name`], but names tuples, too.
    pub fn argument_type_name(&self) -> String {
        match self {
            Self::Tuple => "Tuple".to_owned(),
            Self::Collection(name, element) => {
                format!("{} of {}", capitalised(name), element.argument_type_name())
            }
            other => other.name().unwrap_or_default(),
        }
    }

    /// The name of a type in the signature of a function, such as `list of string`.
    pub fn signature_type_name(&self) -> String {
        match self {
            Self::Plain(name) => (*name).to_owned(),
            Self::Collection(name, element) => format!("{name} of {}", element.signature_type_name()),
            Self::Object(_) => "object".to_owned(),
            Self::Tuple => "tuple".to_owned(),
        }
    }

    /// The attributes of an object or of a collection of objects. Only these get a section of their own.
    pub fn object(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Object(attributes) => Some(attributes),
            Self::Collection(_, element) => match element.as_ref() {
                Self::Object(attributes) => Some(attributes),
                _ => None,
            },
            _ => None,
        }
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Removes the white space at both ends, as Go's `strings.TrimSpace` does. Both it and `str::trim` use Unicode's definition.
pub fn trim_space(text: &str) -> &str {
    text.trim()
}
