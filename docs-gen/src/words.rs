//! Types in words, as the generator of `HashiCorp` writes them.
//!
//! Tests: `docs-gen/tests/tfplugindocs/schema.rs`.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use thiserror::Error;

/// A type that the generator cannot put into words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("type `{0}` cannot be documented")]
pub struct TypeError(pub String);

/// A type of cty, read from its JSON form.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// `string`, `number`, `bool` or `dynamic`.
    Plain(&'static str),
    /// `list`, `set` or `map`, and what it holds.
    Collection(&'static str, Box<Self>),
    /// Attributes by name. Which are optional makes no difference to the documentation.
    Object(BTreeMap<String, Self>),
    /// Ordered types.
    Tuple,
}

impl Type {
    /// Reads a type. The third element of an object's form (its optional attributes) is accepted.
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

    /// `List of String`. A tuple has no words here.
    pub fn words(&self) -> Result<String, TypeError> {
        Ok(match self {
            Self::Plain("bool") => "Boolean".to_owned(),
            Self::Plain(name) => capitalised(name),
            Self::Collection(name, element) => format!("{} of {}", capitalised(name), element.words()?),
            Self::Object(_) => "Object".to_owned(),
            Self::Tuple => return Err(TypeError("tuple".to_owned())),
        })
    }

    /// Like [`Type::words`], with `Tuple`: only a function's argument may be one.
    pub fn argument_words(&self) -> String {
        match self {
            Self::Tuple => "Tuple".to_owned(),
            Self::Collection(name, element) => {
                format!("{} of {}", capitalised(name), element.argument_words())
            }
            other => other.words().unwrap_or_default(),
        }
    }

    /// `list of string`, as in the signature of a function.
    pub fn friendly(&self) -> String {
        match self {
            Self::Plain(name) => (*name).to_owned(),
            Self::Collection(name, element) => format!("{name} of {}", element.friendly()),
            Self::Object(_) => "object".to_owned(),
            Self::Tuple => "tuple".to_owned(),
        }
    }

    /// The attributes of an object, or of a collection directly of objects. Only these get a section of their own.
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

/// White space as Go's `strings.TrimSpace` knows it: that of Unicode, which is what `str::trim` removes too.
pub fn trimmed(text: &str) -> &str {
    text.trim()
}
