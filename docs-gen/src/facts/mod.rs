//! What is known of a provider: the one model from which pages, site, search and changelog are made.
//!
//! Made from the declarations of this provider ([`declared`]), or from the output of `terraform providers schema
//! -json` of any provider ([`served`]), which knows less. It is itself published, as `provider.docs.json`.
//!
//! Tests: `docs-gen/tests/machines.rs`.

pub mod declared;
pub mod phrases;
pub mod served;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::kind::Kind;

/// Version of the form of `provider.docs.json`. Raised when a field changes its meaning or goes away.
pub const FORMAT: u32 = 1;

/// A provider and everything it serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Documentation {
    /// [`FORMAT`]
    pub format: u32,
    /// Prefix of the type names, e.g. `durantic`.
    pub name: String,
    /// Full source address; empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Version that is documented; empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The provider first, then all objects by kind and name.
    pub objects: Vec<Object>,
}

impl Documentation {
    /// The object of that kind and name.
    pub fn object(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.objects
            .iter()
            .find(|object| object.kind == kind && object.name == name)
    }
}

/// One page: the provider, a resource, a data source, ….
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Full name, e.g. `durantic_machine_role`.
    pub name: String,
    /// One sentence, in plain text.
    pub summary: String,
    /// Markdown, without the summary.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Heading in the navigation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subcategory: Option<String>,
    /// First version that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What to use instead; empty where it is deprecated without a remedy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// Attributes and blocks, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// Rules over several attributes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Default timeouts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeouts: Vec<Timeout>,
    /// Form of the id of an import, e.g. `{uuid}`; `None` where it cannot be imported or nothing is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    /// Attributes of the identity, where it has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity: Vec<Attribute>,
    /// What destroying does; a resource whose destruction is not described has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroy: Option<Destroy>,
    /// Calls of the API that it is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
    /// Signature, parameters and result, of a function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// Examples in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    /// Examples of importing it.
    #[serde(default, skip_serializing_if = "ImportExamples::is_empty")]
    pub import_examples: ImportExamples,
}

impl Object {
    /// Name without the provider's prefix: what its page is called.
    pub fn stem<'a>(&'a self, provider: &str) -> &'a str {
        self.name
            .strip_prefix(provider)
            .and_then(|rest| rest.strip_prefix('_'))
            .unwrap_or(&self.name)
    }

    /// Path of its page under `docs/`, without an extension.
    pub fn path(&self, provider: &str) -> String {
        match self.kind {
            Kind::Provider => "index".to_owned(),
            kind => format!("{}/{}", kind.folder(), self.stem(provider)),
        }
    }

    /// Every attribute at any depth, with its path.
    pub fn every_attribute(&self) -> Vec<(Vec<&str>, &Attribute)> {
        every_attribute(&self.attributes)
    }
}

/// Every attribute at any depth, with its path.
pub fn every_attribute(attributes: &[Attribute]) -> Vec<(Vec<&str>, &Attribute)> {
    let mut out = Vec::new();
    for attribute in attributes {
        let name = attribute.name.as_str();
        out.push((vec![name], attribute));
        for (mut path, inner) in every_attribute(&attribute.attributes) {
            path.insert(0, name);
            out.push((path, inner));
        }
    }
    out
}

/// An attribute or a block, at any depth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type in words, e.g. `List of String` or `Block List, Min: 1`.
    pub r#type: String,
    /// How it is written.
    #[serde(default, skip_serializing_if = "Shape::is_value")]
    pub shape: Shape,
    /// Where it is listed.
    pub group: Group,
    /// Whether the provider may fill it in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub computed: bool,
    /// Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Value where the configuration has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// Environment variable that stands in for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What its text means, e.g. `uuid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The only legal texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// Legal numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Bounds>,
    /// Legal lengths of a text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Bounds>,
    /// Legal numbers of elements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Bounds>,
    /// Regular expression that matches the whole text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What a change of it does; `None` where the configuration cannot set it, or nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Redacted by Terraform.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// Never stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub write_only: bool,
    /// Its write-only twin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<String>,
    /// Whether the API never answers with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_returned: bool,
    /// Which differences are none: `set` or `scheme`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equal: Option<String>,
    /// What to use instead; empty where it is deprecated without a remedy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// First version that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Its attributes and blocks, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Self>,
}

/// How an attribute is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// `name = value`
    #[default]
    Value,
    /// `name = { … }`, with attributes that are described.
    Nested,
    /// `name { … }`
    Block,
    /// `name = { … }`, with attributes of which only the types are known.
    Object,
}

impl Shape {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    fn is_value(&self) -> bool {
        *self == Self::Value
    }
}

/// Where an attribute is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// The configuration must have it.
    Required,
    /// The configuration may have it.
    #[default]
    Optional,
    /// Only the provider sets it.
    ReadOnly,
}

impl Group {
    /// All groups in the order of a page.
    pub const ALL: [Self; 3] = [Self::Required, Self::Optional, Self::ReadOnly];

    /// As a heading has it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Optional => "Optional",
            Self::ReadOnly => "Read-Only",
        }
    }
}

/// A closed interval; an absent end is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Smallest legal value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Largest legal value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

/// What a changed value does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The object is replaced.
    Replaced,
    /// The object is changed where it is.
    InPlace,
    /// No call is made.
    Nothing,
}

/// A rule over several attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// One sentence of Markdown.
    pub text: String,
    /// Block in which it holds; `None` for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Attributes that it concerns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
}

/// How long a step may take, where the configuration does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeout {
    /// `create`, `update` or `delete`.
    pub step: String,
    /// A duration.
    pub default: String,
}

/// What destroying does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Destroy {
    /// The object is deleted.
    Deleted,
    /// Only the state forgets it.
    Forgotten,
}

/// A call of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// When it is made, e.g. `create`.
    pub step: String,
    /// The `operationId`.
    pub id: String,
    /// Method and path, where the control plane does not say otherwise.
    pub call: String,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// `name(first type, others type...) result`
    pub signature: String,
    /// Parameters in order, the variadic one last.
    pub parameters: Vec<Parameter>,
}

/// A function's parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type in words, with `Nullable` and `Variadic`.
    pub r#type: String,
    /// Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Parameter {
    /// Whether it takes any number of arguments.
    pub fn is_variadic(&self) -> bool {
        self.r#type.starts_with("Variadic")
    }

    /// Whether null may be given.
    pub fn is_nullable(&self) -> bool {
        self.r#type.ends_with("Nullable")
    }
}

/// An example file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Its first comment, where it starts with one of a single line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text without the title.
    pub text: String,
}

/// Examples of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportExamples {
    /// By identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// By id, in an `import` block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// By id, on the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl ImportExamples {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.identity.is_none() && self.block.is_none() && self.command.is_none()
    }
}

/// Anchors of all sections of an object, as the generator of `HashiCorp` makes them: `nestedblock--a--b`.
pub fn anchor(shape: Shape, in_object: bool, path: &[&str]) -> Option<String> {
    let kind = match shape {
        Shape::Value => return None,
        Shape::Block => "nestedblock",
        Shape::Object if in_object => "nestedobjatt",
        Shape::Nested | Shape::Object => "nestedatt",
    };
    Some(format!("{kind}--{}", path.join("--")))
}
