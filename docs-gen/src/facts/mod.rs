//! The facts about a provider, from which docs-gen makes the pages, the site, its search and the changelog.
//!
//! They come from the declarations of this provider ([`declared`]), or from the output of `terraform providers schema
//! -json` for any provider ([`served`]), which has fewer facts. They are also published, as `provider.docs.json`.
//!
//! Tests: `docs-gen/tests/machines.rs`.

pub mod declared;
mod listing;
pub mod phrases;
pub mod served;
mod signature;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::kind::Kind;

/// Format version of `provider.docs.json`. Raise it when a field changes its meaning or is removed.
pub const FORMAT: u32 = 1;

/// A provider with all its objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Documentation {
    /// [`FORMAT`]
    pub format: u32,
    /// Prefix of the type names, e.g. `durantic`.
    pub name: String,
    /// Full source address; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Documented version; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The provider first, then all objects by kind and name.
    pub objects: Vec<Object>,
}

impl Documentation {
    /// The object with this kind and name.
    pub fn object(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.objects
            .iter()
            .find(|object| object.kind == kind && object.name == name)
    }
}

/// An object with a page of its own: the provider, a resource, a data source, ….
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// The kind of the object.
    pub kind: Kind,
    /// Full name, e.g. `durantic_machine_role`.
    pub name: String,
    /// One sentence, in plain text.
    pub summary: String,
    /// Markdown, without the summary.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Subcategory in the navigation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subcategory: Option<String>,
    /// First version that has the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What to use instead, if it is deprecated; empty if there is no replacement.
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
    /// Form of the id of an import, e.g. `{uuid}`; `None` if the object cannot be imported or the form is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    /// Attribute whose value can be the id of an import, too, if no other object has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_label: Option<String>,
    /// Whether the id of an import can be a URL that contains the identity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imports_url: bool,
    /// Path of the page of the list resource that finds the objects of a resource, under `docs/`, without extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Attributes of the identity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity: Vec<Attribute>,
    /// Effect of destroying a resource; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroy: Option<Destroy>,
    /// When a destroy clears values of an object that it otherwise only removes from state, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Operations of the API that it uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
    /// Signature, parameters and result, of a function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// Examples in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    /// Examples of an import.
    #[serde(default, skip_serializing_if = "ImportExamples::is_empty")]
    pub import_examples: ImportExamples,
}

impl Object {
    /// Name without the provider's prefix, which is the name of its page.
    pub fn stem<'a>(&'a self, provider: &str) -> &'a str {
        self.name
            .strip_prefix(provider)
            .and_then(|rest| rest.strip_prefix('_'))
            .unwrap_or(&self.name)
    }

    /// Path of the object's page under `docs/`, without extension.
    pub fn path(&self, provider: &str) -> String {
        self.path_as(self.kind, provider)
    }

    /// Path of the page of an object of another kind that has the same name.
    pub fn path_as(&self, kind: Kind, provider: &str) -> String {
        match kind {
            Kind::Provider => "index".to_owned(),
            kind => format!("{}/{}", kind.folder(), self.stem(provider)),
        }
    }

    /// All attributes at any depth, with their paths.
    pub fn every_attribute(&self) -> Vec<(Vec<&str>, &Attribute)> {
        every_attribute(&self.attributes)
    }
}

/// All attributes at any depth, with their paths.
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
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub struct Attribute {
    /// Name, without the path.
    pub name: String,
    /// Name of the type, e.g. `List of String` or `Block List, Min: 1`.
    pub r#type: String,
    /// How a configuration writes it.
    #[serde(default, skip_serializing_if = "Shape::is_value")]
    pub shape: Shape,
    /// The group in which pages list it.
    pub group: Group,
    /// Whether the provider may set it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub computed: bool,
    /// Description in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Value if the configuration omits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// Environment variable that sets it if the configuration omits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Format of the string, e.g. `uuid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Allowed strings; empty if any string is allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// Allowed numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Bounds>,
    /// Allowed lengths of a string, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Bounds>,
    /// Allowed numbers of elements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Bounds>,
    /// Regular expression that must match the whole string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Effect of a change; `None` if the configuration cannot set the attribute, or if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Whether Terraform hides the value in its output.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// Whether Terraform never stores the value in state and plans.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub write_only: bool,
    /// The write-only argument that sets the same value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<String>,
    /// Whether the API never returns the value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_returned: bool,
    /// Differences from the configured value that do not matter: `set` (the order) or `scheme` (URL scheme and trailing slash).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equal: Option<String>,
    /// The attribute of another object that the strings name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// What to use instead, if it is deprecated; empty if there is no replacement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// First version that has the attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Nested attributes and blocks, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Self>,
}

/// An attribute of another object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Kind of the other object.
    pub kind: Kind,
    /// Full name of the other object, e.g. `durantic_machine_role`.
    pub object: String,
    /// Path of its page under `docs/`, without extension.
    pub path: String,
    /// Name of its attribute.
    pub attribute: String,
}

/// How a configuration writes an attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// `name = value`
    #[default]
    Value,
    /// `name = { … }`, with documented attributes.
    Nested,
    /// `name { … }`
    Block,
    /// `name = { … }`, with attributes that have only types.
    Object,
}

impl Shape {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    fn is_value(&self) -> bool {
        *self == Self::Value
    }
}

/// The group in which pages list an attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// The configuration must set it.
    Required,
    /// The configuration may set it.
    #[default]
    Optional,
    /// Only the provider sets it.
    ReadOnly,
}

impl Group {
    /// All groups in the order of a page.
    pub const ALL: [Self; 3] = [Self::Required, Self::Optional, Self::ReadOnly];

    /// The heading of the group.
    pub fn title(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Optional => "Optional",
            Self::ReadOnly => "Read-Only",
        }
    }
}

/// A closed interval. A missing end is unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Smallest allowed value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Largest allowed value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

/// The effect of a changed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Terraform replaces the object.
    Replaced,
    /// The provider updates the object in place.
    InPlace,
    /// The change has no effect on the object.
    Nothing,
}

/// A rule over several attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// One sentence of Markdown.
    pub text: String,
    /// Block to which the rule applies; `None` for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Attributes in the rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
}

/// The default timeout of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeout {
    /// `create`, `update` or `delete`.
    pub step: String,
    /// A duration, e.g. `60m`.
    pub default: String,
}

/// The effect of destroying a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Destroy {
    /// The provider deletes the object.
    Deleted,
    /// Terraform removes the object from state and sends no request.
    Forgotten,
}

/// An operation of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// When the provider uses it, e.g. `create`.
    pub step: String,
    /// The `operationId` in the API document.
    pub id: String,
    /// Declared method and path. The control plane's own API document takes precedence.
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
    /// Name of the parameter.
    pub name: String,
    /// Name of the type, with `Nullable` and `Variadic`.
    pub r#type: String,
    /// Description in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Parameter {
    /// Whether it accepts any number of arguments.
    pub fn is_variadic(&self) -> bool {
        self.r#type.starts_with("Variadic")
    }

    /// Whether an argument may be null.
    pub fn is_nullable(&self) -> bool {
        self.r#type.ends_with("Nullable")
    }
}

/// An example file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The comment in its first line, if an empty line follows.
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
    /// Whether there are no examples.
    pub fn is_empty(&self) -> bool {
        self.identity.is_none() && self.block.is_none() && self.command.is_none()
    }
}

/// The anchor of the section of a nested attribute or block, as `HashiCorp`'s generator makes it: `nestedblock--a--b`.
pub fn anchor(shape: Shape, in_object: bool, path: &[&str]) -> Option<String> {
    let kind = match shape {
        Shape::Value => return None,
        Shape::Block => "nestedblock",
        Shape::Object if in_object => "nestedobjatt",
        Shape::Nested | Shape::Object => "nestedatt",
    };
    Some(format!("{kind}--{}", path.join("--")))
}
