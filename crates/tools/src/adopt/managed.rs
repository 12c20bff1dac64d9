//! What Terraform manages already, from a state: the file of Terraform, or the output of `terraform show -json`.
//!
//! Formats: <https://developer.hashicorp.com/terraform/internals/json-format>; the file is version 4 of Terraform's own format.
//!
//! Tests: `crates/tools/tests/adopt/main.rs`.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Definition, identity};
use schema::Resource;
use serde_json::Value as Json;
use value::Value;

use super::existing::without_index;

/// The objects in a state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managed {
    /// The key of each object → its address in the root module, if it is there.
    objects: BTreeMap<String, Option<String>>,
    /// The addresses of all objects of the provider: in the root module, and in other modules.
    addresses: BTreeSet<String>,
    elsewhere: BTreeSet<String>,
}

/// Why a state cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// It is no JSON, or has another form.
    #[error("it is not a state of Terraform")]
    Form,
    /// It is encrypted.
    #[error("it is encrypted")]
    Encrypted,
    /// It has another version than 4.
    #[error("it has version {0} of the format, and this program reads version 4")]
    Version(u64),
}

/// An object in a state.
struct Instance<'a> {
    r#type: &'a str,
    /// Its address with that of its module, unless it is deposed.
    address: Option<String>,
    /// Whether it is in the root module.
    is_root: bool,
    attributes: &'a Json,
}

impl Managed {
    /// Whether the object with this key is managed.
    pub fn contains(&self, key: &str) -> bool {
        self.objects.contains_key(key)
    }

    /// The address of an object in the root module, such as `durantic_vip.web` or `durantic_vip.web["a"]`.
    pub fn address(&self, key: &str) -> Option<&str> {
        self.objects.get(key)?.as_deref()
    }

    /// The names of the resources of a type in the root module.
    pub fn names<'a>(&'a self, r#type: &'a str) -> impl Iterator<Item = &'a str> {
        self.resources().filter_map(move |address| {
            let (other, name) = address.split_once('.')?;
            (other == r#type).then_some(name)
        })
    }

    /// The addresses of resources in the root module, without an index.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.addresses.iter().map(|address| without_index(address))
    }

    /// Whether there is an object at an address, in any module.
    pub fn has(&self, address: &str) -> bool {
        self.addresses.contains(address) || self.elsewhere.contains(address)
    }

    /// Adds the objects of another state. Its addresses are those of another configuration.
    pub fn add_elsewhere(&mut self, other: Self) {
        for key in other.objects.into_keys() {
            self.objects.entry(key).or_default();
        }
    }

    /// Reads a state.
    ///
    /// # Errors
    ///
    /// [`StateError`], if the text is no state.
    pub fn parse(definition: &Definition, text: &str) -> Result<Self, StateError> {
        let state: Json = serde_json::from_str(text).map_err(|_| StateError::Form)?;
        let instances = if state.get("encrypted_data").is_some() {
            return Err(StateError::Encrypted);
        } else if state.get("format_version").is_some() {
            let mut instances = Vec::new();
            let root = state.get("values").and_then(|values| values.get("root_module"));
            if let Some(root) = root {
                shown(root, &mut instances);
            }
            instances
        } else {
            match state.get("version").and_then(Json::as_u64) {
                Some(4) => stored(&state),
                Some(version) => return Err(StateError::Version(version)),
                None => return Err(StateError::Form),
            }
        };
        let mut objects: BTreeMap<String, Option<String>> = BTreeMap::new();
        let (mut addresses, mut elsewhere) = (BTreeSet::new(), BTreeSet::new());
        for instance in instances {
            let Some(resource) = resource(definition, instance.r#type) else {
                continue;
            };
            let found = if instance.is_root {
                &mut addresses
            } else {
                &mut elsewhere
            };
            found.extend(instance.address.clone());
            let Some(key) = key_of(resource, instance.attributes) else {
                continue;
            };
            let address = objects.entry(key).or_default();
            *address = address.take().or(instance.address.filter(|_| instance.is_root));
        }
        Ok(Self {
            objects,
            addresses,
            elsewhere,
        })
    }
}

/// The addresses at which a plan has each object, by the key of the object. `plan` is the output of `terraform show -json PLAN`.
pub fn planned(definition: &Definition, plan: &Json) -> BTreeMap<String, Vec<String>> {
    let mut instances = Vec::new();
    if let Some(root) = plan.pointer("/planned_values/root_module") {
        shown(root, &mut instances);
    }
    let mut objects: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for instance in instances {
        let resource = resource(definition, instance.r#type);
        let key = resource.and_then(|resource| key_of(resource, instance.attributes));
        if let (Some(key), Some(address)) = (key, instance.address) {
            objects.entry(key).or_default().push(address);
        }
    }
    objects
}

fn resource(definition: &Definition, r#type: &str) -> Option<&'static Resource> {
    let name = r#type
        .strip_prefix(definition.provider.name.as_ref())?
        .strip_prefix('_')?;
    let mut resources = definition.resources.iter().map(|binding| binding.schema);
    resources.find(|resource| resource.name == name)
}

fn key_of(resource: &Resource, attributes: &Json) -> Option<String> {
    let parts = resource.import_attributes().map(|attribute| {
        let value = attributes.get(attribute.name.as_ref())?.as_str()?;
        Some((attribute.name.to_string(), Value::string(value)))
    });
    identity::shared_key(resource, &Value::Object(parts.collect::<Option<_>>()?))
}

/// The objects of a module in the output of `show`, and of the modules below.
fn shown<'a>(module: &'a Json, instances: &mut Vec<Instance<'a>>) {
    for resource in elements(module, "resources") {
        if string(resource, "mode") == Some("managed") {
            let is_current = resource.get("deposed_key").is_none();
            instances.push(Instance {
                r#type: string(resource, "type").unwrap_or_default(),
                address: string(resource, "address")
                    .filter(|_| is_current)
                    .map(str::to_owned),
                // The root module has no address.
                is_root: module.get("address").is_none(),
                attributes: resource.get("values").unwrap_or(&Json::Null),
            });
        }
    }
    for child in elements(module, "child_modules") {
        shown(child, instances);
    }
}

/// The objects in a state file. A deposed object still exists.
fn stored(state: &Json) -> Vec<Instance<'_>> {
    let mut instances = Vec::new();
    for resource in elements(state, "resources") {
        if string(resource, "mode") != Some("managed") {
            continue;
        }
        let r#type = string(resource, "type").unwrap_or_default();
        let name = string(resource, "name").unwrap_or_default();
        for instance in elements(resource, "instances") {
            let index = match instance.get("index_key") {
                Some(Json::String(key)) => format!("[{}]", crate::hcl::write::quote(key)),
                Some(Json::Number(index)) => format!("[{index}]"),
                _ => String::new(),
            };
            let module = string(resource, "module").map(|module| format!("{module}."));
            let is_current = instance.get("deposed").is_none();
            let is_root = module.is_none();
            let module = module.unwrap_or_default();
            instances.push(Instance {
                r#type,
                address: is_current.then(|| format!("{module}{type}.{name}{index}", r#type = r#type)),
                is_root,
                attributes: instance.get("attributes").unwrap_or(&Json::Null),
            });
        }
    }
    instances
}

fn elements<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    json.get(key)
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn string<'a>(json: &'a Json, key: &str) -> Option<&'a str> {
    json.get(key)?.as_str()
}
