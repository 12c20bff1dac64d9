//! A provider with four resources, and accounts of its objects.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use engine::diagnostic::Diagnostics;
use engine::hook::{Binding, Definition};
use engine::inventory::{self, Found};
use engine::{identity, shape, wire};
use schema::{Kind, Source, Sources};
use serde_json::{Value as Json, json};
use tools::adopt::account::{Account, Unlisted, kinds};
use value::Path;

const PROVIDER: &str = r#"
provider = "acme"
address  = "registry.terraform.io/test/acme"
summary  = "An example provider."

[attributes.endpoint]
type = "string"
doc  = "Where it is."
"#;

const OPERATIONS: &str = r#"
list_gadgets  = "GET /gadgets"
create_gadget = "POST /gadgets"
get_gadget    = "GET /gadgets/{uuid}"
delete_gadget = "DELETE /gadgets/{uuid}"
update_gadget = "PATCH /gadgets/{uuid}"
list_groups   = "GET /groups"
create_group  = "POST /groups"
get_group     = "GET /groups/{uuid}"
delete_group  = "DELETE /groups/{uuid}"
list_units    = "GET /units"
get_unit      = "GET /units/{uuid}"
update_unit   = "PATCH /units/{uuid}"
list_badges   = "GET /badges"
get_badge     = "GET /badges/{uuid}"
"#;

const GADGET: &str = r#"
resource = "gadget"
summary  = "A gadget."
import   = "{uuid}"
official = "is_official"

[api]
create = "create_gadget"
read   = "get_gadget"
update = "update_gadget"
delete = "delete_gadget"
list   = "list_gadgets"

[attributes.uuid]
type   = "string"
mode   = "computed"
format = "uuid"
stable = true
doc    = "Identifies it."

[attributes.name]
type   = "string"
mode   = "required"
unique = true
doc    = "Its name."

[attributes.is_official]
type   = "bool"
mode   = "computed"
stable = true
doc    = "Whose it is."

[attributes.note]
type    = "string"
default = ""
doc     = "A note."

[attributes.size]
type     = "int"
default  = 1
validate = { range = { min = 1, max = 9 } }
doc      = "Its size."

[attributes.ratio]
type = "number"
doc  = "Its ratio."

[attributes.is_open]
type    = "bool"
default = false
doc     = "Whether it is open."

[attributes.script]
type    = "string"
default = ""
file    = "sh"
doc     = "Its script."

[attributes.pin]
type       = "string"
sensitive  = true
write_only = "twin"
returned   = false
doc        = "Its secret."

[attributes.tags]
type = "map(string)"
doc  = "Its tags."

[attributes.ports]
type = "set(int)"
doc  = "Its ports."

[attributes.parts]
type  = "list(object)"
block = true
doc   = "Its parts."

[attributes.parts.attributes.uuid]
type   = "string"
mode   = "computed"
stable = true
doc    = "Identifies it."

[attributes.parts.attributes.label]
type = "string"
mode = "required"
doc  = "Its label."

[attributes.parts.attributes.weight]
type    = "int"
default = 1
doc     = "Its weight."

[attributes.limits]
type = "object"
doc  = "Its limits."

[attributes.limits.attributes.low]
type = "int"
doc  = "The low one."

[attributes.limits.attributes.high]
type = "int"
doc  = "The high one."

[attributes.state]
type = "string"
mode = "computed"
doc  = "Its state."
"#;

const GADGET_DATA: &str = r#"
data_source = "gadget"
of          = "gadget"
summary     = "A gadget."
"#;

const GROUP: &str = r#"
resource = "group"
summary  = "A group of units."
import   = "{uuid}"

[api]
create = "create_group"
read   = "get_group"
delete = "delete_group"
list   = "list_groups"

[attributes.uuid]
type   = "string"
mode   = "computed"
format = "uuid"
stable = true
doc    = "Identifies it."

[attributes.name]
type      = "string"
mode      = "required"
force_new = true
doc       = "Its name."

[attributes.unit_uuids]
type      = "set(string)"
format    = "uuid"
force_new = true
ref       = "unit.uuid"
doc       = "Its units."
"#;

const OWNER: &str = r#"
resource = "owner"
summary  = "The settings of a unit."
import   = "{unit_uuid}"
label    = "host"

[api]
create = "update_unit"
read   = "get_unit"
update = "update_unit"
delete = "forget"
path   = { uuid = "unit_uuid" }

[attributes.unit_uuid]
type      = "string"
mode      = "required"
format    = "uuid"
force_new = true
wire      = { read = "uuid", write = false }
ref       = "unit.uuid"
doc       = "The unit."

[attributes.host]
type   = "string"
mode   = "computed"
stable = true
doc    = "Its name."

[attributes.gadget_names]
type   = "list(string)"
mode   = "optional+computed"
stable = true
ref    = "gadget.name"
doc    = "Its gadgets."

[attributes.badge_uuid]
type   = "string"
mode   = "optional+computed"
format = "uuid"
stable = true
ref    = "badge.uuid"
doc    = "Its badge."
"#;

const UNIT: &str = r#"
data_source = "unit"
summary     = "A unit."
label       = "host"

[[lookup]]
by  = "uuid"
api = "get_unit"

[[lookup]]
by   = "host"
api  = "list_units"
pick = "host"
then = "get_unit"

[[constraint]]
exactly_one_of = ["uuid", "host"]

[attributes.uuid]
type   = "string"
mode   = "optional+computed"
format = "uuid"
doc    = "Identifies it."

[attributes.host]
type = "string"
mode = "optional+computed"
doc  = "Its name."
"#;

const BADGE: &str = r#"
data_source = "badge"
summary     = "A badge."

[[lookup]]
by  = "uuid"
api = "get_badge"

[[lookup]]
by     = "name"
api    = "list_badges"
pick   = "name"
narrow = ["is_public"]
then   = "get_badge"

[[constraint]]
exactly_one_of = ["uuid", "name"]

[attributes.uuid]
type   = "string"
mode   = "optional+computed"
format = "uuid"
doc    = "Identifies it."

[attributes.name]
type = "string"
mode = "optional+computed"
doc  = "Its name."

[attributes.is_public]
type = "bool"
mode = "optional+computed"
doc  = "Whether all see it."
"#;

/// What the provider serves.
pub fn definition() -> &'static Definition {
    static DEFINITION: OnceLock<&'static Definition> = OnceLock::new();
    DEFINITION.get_or_init(|| {
        let files = [
            ("provider.toml", PROVIDER),
            ("operations.toml", OPERATIONS),
            ("gadget.toml", GADGET),
            ("group.toml", GROUP),
            ("owner.toml", OWNER),
            ("data/gadget.toml", GADGET_DATA),
            ("data/unit.toml", UNIT),
            ("data/badge.toml", BADGE),
        ];
        let sources = Sources {
            folder: String::new(),
            files: files
                .map(|(name, text)| Source {
                    name: name.to_owned(),
                    text: text.to_owned(),
                })
                .to_vec(),
        };
        let (model, problems) = schema::load(&sources);
        assert!(problems.is_empty(), "{problems:#?}");
        let declarations = model.declarations.into_iter();
        let bindings = declarations.map(|declaration| Binding {
            schema: Box::leak(Box::new(declaration.resource)),
            hook: None,
        });
        let (resources, data_sources): (Vec<Binding>, Vec<Binding>) =
            bindings.partition(|binding| binding.schema.kind == Kind::Resource);
        Box::leak(Box::new(Definition {
            provider: Box::leak(Box::new(model.provider)),
            operations: model.operations.leak(),
            resources: resources.leak(),
            data_sources: data_sources.leak(),
            functions: &[],
        }))
    })
}

/// The responses about the objects of an account, by declaration.
#[derive(Default)]
pub struct Objects {
    of: BTreeMap<String, Vec<Json>>,
    targets: BTreeMap<String, Vec<Json>>,
    unlisted: Vec<&'static str>,
}

impl Objects {
    pub fn with(mut self, resource: &str, response: Json) -> Self {
        self.of.entry(resource.to_owned()).or_default().push(response);
        self
    }

    /// What a reference can name that is no resource.
    pub fn target(mut self, data_source: &str, responses: &[Json]) -> Self {
        self.targets.insert(data_source.to_owned(), responses.to_vec());
        self
    }

    /// A declaration whose objects could not be listed.
    pub fn unlisted(mut self, target: &'static str) -> Self {
        self.unlisted.push(target);
        self
    }

    pub fn account(&self) -> Account {
        let mut account = Account {
            unlisted: self.unlisted.iter().map(unlisted).collect(),
            ..Account::default()
        };
        for kind in kinds(definition(), false) {
            let name = kind.resource().name.to_string();
            let responses = self.of.get(&name).cloned().unwrap_or_default();
            let objects = responses.iter().map(|response| found(&kind, response));
            account.objects.push((kind.clone(), objects.collect()));
            account.targets.insert(name, responses);
        }
        account.targets.extend(self.targets.clone());
        account
    }
}

fn unlisted(target: &&str) -> Unlisted {
    Unlisted {
        declaration: definition().declarations().find(target).unwrap(),
        reason: "The list failed.".to_owned(),
    }
}

fn found(kind: &tools::adopt::account::Kind, response: &Json) -> Found {
    let resource = kind.resource();
    let mut problems = Diagnostics::default();
    let empty = shape::empty_object(&resource.attributes);
    let (object, _) = wire::from_response(
        &resource.attributes,
        response,
        &empty,
        &Path::root(),
        &mut problems,
    );
    assert!(problems.is_empty(), "{problems:?}");
    Found {
        identity: identity::of(resource, &object).unwrap(),
        name: inventory::name(resource, response),
        is_official: response.get("is_official") == Some(&json!(true)),
        object: Some(object),
        response: response.clone(),
    }
}

pub fn uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

pub fn gadget(number: usize, name: &str) -> Json {
    json!({ "uuid": uuid(number), "name": name, "is_official": false })
}

pub fn official(number: usize, name: &str) -> Json {
    json!({ "uuid": uuid(number), "name": name, "is_official": true })
}
