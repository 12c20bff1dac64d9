//! Facts from the declarations that the provider serves.
//!
//! Tests: `docs-gen/tests/machines.rs`, `docs-gen/tests/registry.rs`.

use std::fmt::Write as _;

use engine::{Binding, Definition};
use rpc::convert;
use schema::{
    Collection, Constraint, Delete, Equal, Format, Import, Literal, Mode, Resource, Rule as Declared, Scalar,
};
use serde_json::{Value as Json, json};

use super::{
    Attribute, Bounds, Change, Destroy, Documentation, Example, FORMAT, Group, ImportExamples, Object,
    Operation, Reference, Rule, Shape, Timeout, listing, phrases, signature,
};
use crate::compat::Error;
use crate::examples::{ExampleError, Examples};
use crate::kind::Kind;
use crate::served;

/// All facts that a definition declares, with the examples.
///
/// # Errors
///
/// If an example is empty or cannot be read, or if a type of a function cannot be documented.
pub fn documentation(
    definition: &Definition,
    version: &str,
    examples: &Examples,
) -> Result<Documentation, Error> {
    let provider = definition.provider;
    let mut objects = vec![Object {
        attributes: attributes(definition, &provider.attributes, Effects::None),
        examples: examples_of(examples, Kind::Provider, "")?,
        ..new_object(
            Kind::Provider,
            provider.name.to_string(),
            &provider.summary,
            &provider.description,
        )
    }];
    for (kind, bindings) in [
        (Kind::Resource, definition.resources),
        (Kind::DataSource, definition.data_sources),
    ] {
        let mut of_kind = bindings
            .iter()
            .map(|binding| object(definition, kind, binding, examples))
            .collect::<Result<Vec<Object>, _>>()?;
        of_kind.sort_by(|one, other| one.name.cmp(&other.name));
        objects.extend(of_kind);
    }
    let served = served::functions(definition)?;
    for declared in definition.functions {
        let function = served.get(declared.name);
        let function = function.map(|function| signature::function(declared.name, function));
        objects.push(Object {
            function: function.transpose()?,
            examples: examples_of(examples, Kind::Function, declared.name)?,
            ..new_object(
                Kind::Function,
                declared.name.to_owned(),
                declared.summary,
                declared.description,
            )
        });
    }
    let listed = definition.listed();
    let lists = listed.map(|binding| list(definition, binding.schema, examples));
    let mut lists = lists.collect::<Result<Vec<Object>, _>>()?;
    lists.sort_by(|one, other| one.name.cmp(&other.name));
    objects.extend(lists);
    Ok(Documentation {
        format: FORMAT,
        name: provider.name.to_string(),
        address: provider.address.to_string(),
        version: version.to_owned(),
        objects,
    })
}

/// Whether a changed value can have an effect: only those of managed resources can.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effects {
    None,
    Resource,
}

fn new_object(kind: Kind, name: String, summary: &str, description: &str) -> Object {
    Object {
        kind,
        name,
        summary: summary.to_owned(),
        description: description.trim().to_owned(),
        subcategory: None,
        since: None,
        deprecated: None,
        attributes: Vec::new(),
        rules: Vec::new(),
        timeouts: Vec::new(),
        import: None,
        import_label: None,
        imports_url: false,
        list: None,
        identity: Vec::new(),
        destroy: None,
        release: None,
        operations: Vec::new(),
        function: None,
        examples: Vec::new(),
        import_examples: ImportExamples::default(),
    }
}

fn object(
    definition: &Definition,
    kind: Kind,
    binding: &Binding,
    examples: &Examples,
) -> Result<Object, ExampleError> {
    let resource = binding.schema;
    let name = format!("{}_{}", definition.provider.name, resource.name);
    let effects = if kind == Kind::Resource {
        Effects::Resource
    } else {
        Effects::None
    };
    let import = match &resource.import {
        Import::Never => None,
        Import::By(form) => Some(form.to_string()),
    };
    let destroy = match &resource.api.delete {
        Delete::None => None,
        Delete::Forget => Some(Destroy::Forgotten),
        Delete::Call(_) => Some(Destroy::Deleted),
    };
    Ok(Object {
        subcategory: resource.subcategory.as_deref().map(str::to_owned),
        since: resource.since.as_deref().map(str::to_owned),
        deprecated: resource.deprecated.as_deref().map(str::to_owned),
        attributes: attributes(definition, &resource.attributes, effects),
        rules: rules(resource),
        timeouts: timeouts(resource),
        imports_url: import.is_some() && engine::import::accepts_url(resource),
        import_label: engine::import::label(&definition.declarations(), resource)
            .map(|attribute| attribute.name.to_string()),
        import,
        identity: identity(resource),
        destroy,
        release: resource.release.as_ref().map(release),
        operations: operations(definition, resource),
        examples: examples_of(examples, kind, &name)?,
        import_examples: match kind {
            Kind::Resource => import_examples(examples, &name)?,
            _ => ImportExamples::default(),
        },
        list: (kind == Kind::Resource && is_listed(definition, resource))
            .then(|| format!("{}/{}", Kind::ListResource.folder(), resource.name)),
        ..new_object(kind, name, &resource.summary, &resource.description)
    })
}

fn is_listed(definition: &Definition, resource: &Resource) -> bool {
    definition
        .listed()
        .any(|listed| listed.schema.name == resource.name)
}

/// The list resource of a resource.
fn list(definition: &Definition, resource: &Resource, examples: &Examples) -> Result<Object, ExampleError> {
    let name = format!("{}_{}", definition.provider.name, resource.name);
    let served = convert::list_schema(&name, resource).block.unwrap_or_default();
    Ok(Object {
        subcategory: resource.subcategory.as_deref().map(str::to_owned),
        deprecated: resource.deprecated.as_deref().map(str::to_owned),
        attributes: attributes(definition, &resource.filters, Effects::None),
        operations: list_operations(definition, resource),
        examples: examples_of(examples, Kind::ListResource, &name)?,
        ..new_object(
            Kind::ListResource,
            name,
            &served.description,
            &listing::description(definition, resource),
        )
    })
}

/// The attributes of the identity.
fn identity(resource: &Resource) -> Vec<Attribute> {
    let schema = rpc::identity::schema(resource).unwrap_or_default();
    let attributes = schema.identity_attributes.into_iter().map(|from| Attribute {
        name: from.name,
        r#type: "String".to_owned(),
        group: Group::Required,
        description: from.description.trim().to_owned(),
        ..Attribute::default()
    });
    attributes.collect()
}

fn release(from: &schema::Release) -> String {
    format!(
        "If `{}` is `{}` in the state, the provider first clears {} of the object.",
        from.argument,
        from.value,
        phrases::join_names(&from.clears, " and ")
    )
}

/// The example files of an object.
pub(super) fn examples_of(examples: &Examples, kind: Kind, name: &str) -> Result<Vec<Example>, ExampleError> {
    let contents = examples.contents(kind, name)?;
    Ok(contents.iter().map(|text| parse_example(text)).collect())
}

/// The import examples of a resource.
pub(super) fn import_examples(examples: &Examples, name: &str) -> Result<ImportExamples, ExampleError> {
    let found = examples.import(name)?;
    Ok(ImportExamples {
        identity: found.by_identity,
        block: found.by_string_id,
        command: found.command,
    })
}

/// Splits the title from an example: a comment in the first line that an empty line follows.
fn parse_example(text: &str) -> Example {
    let title_and_text = text
        .split_once('\n')
        .and_then(|(first, rest)| Some((first.strip_prefix("# ")?, rest.strip_prefix('\n')?)));
    match title_and_text {
        Some((title, text)) => Example {
            title: Some(title.trim_end_matches('.').to_owned()),
            text: text.trim_start().to_owned(),
        },
        None => Example {
            title: None,
            text: text.to_owned(),
        },
    }
}

fn attributes(definition: &Definition, from: &[schema::Attribute], effects: Effects) -> Vec<Attribute> {
    let mut out: Vec<Attribute> = from
        .iter()
        .map(|attribute| self::attribute(definition, attribute, from, effects))
        .collect();
    out.sort_by(|one, other| one.name.cmp(&other.name));
    out
}

fn attribute(
    definition: &Definition,
    from: &schema::Attribute,
    siblings: &[schema::Attribute],
    effects: Effects,
) -> Attribute {
    let is_object = from.r#type.scalar == Scalar::Object;
    let twin = siblings
        .iter()
        .find(|other| other.write_only && other.twin_of.as_deref() == Some(&*from.name));
    let shape = match (from.block, is_object) {
        (true, _) => Shape::Block,
        (false, true) => Shape::Nested,
        (false, false) => Shape::Value,
    };
    let nested_effects = if from.name == "timeouts" {
        Effects::None
    } else {
        effects
    };
    Attribute {
        name: from.name.to_string(),
        r#type: type_name(from, shape),
        shape,
        group: group(from),
        computed: from.mode.is_computed(),
        description: from.doc.trim().to_owned(),
        default: from.default.as_ref().map(literal),
        environment: from.env.as_deref().map(str::to_owned),
        format: from.format.map(|format| self::format(format).to_owned()),
        allowed: from.validate.one_of.iter().map(ToString::to_string).collect(),
        range: from.validate.range.map(bounds),
        length: from.validate.length.map(bounds),
        items: from.validate.items.map(bounds),
        pattern: from.validate.pattern.as_deref().map(str::to_owned),
        change: change(from, effects),
        sensitive: from.sensitive,
        write_only: from.write_only,
        twin: twin.map(|twin| twin.name.to_string()),
        not_returned: !from.returned && !from.write_only && from.wire.write.is_some(),
        equal: match from.equal {
            Equal::Exact => None,
            _ if !from.mode.is_settable() => None,
            Equal::Set => Some("set".to_owned()),
            Equal::Scheme => Some("scheme".to_owned()),
        },
        reference: from.reference.as_ref().map(|from| reference(definition, from)),
        deprecated: from.deprecated.as_deref().map(str::to_owned),
        since: from.since.as_deref().map(str::to_owned),
        attributes: attributes(definition, &from.attributes, nested_effects),
    }
}

/// A reference names a resource, or a data source if there is no such resource.
fn reference(definition: &Definition, from: &schema::Reference) -> Reference {
    let mut resources = definition.resources.iter();
    let kind = if resources.any(|binding| binding.schema.name == from.target) {
        Kind::Resource
    } else {
        Kind::DataSource
    };
    Reference {
        kind,
        object: format!("{}_{}", definition.provider.name, from.target),
        path: format!("{}/{}", kind.folder(), from.target),
        attribute: from.attribute.to_string(),
    }
}

fn group(from: &schema::Attribute) -> Group {
    let is_required_block = from.block
        && from
            .validate
            .items
            .and_then(|items| items.min)
            .is_some_and(|min| min > 0);
    match from.mode {
        Mode::Required => Group::Required,
        _ if is_required_block => Group::Required,
        Mode::Optional | Mode::OptionalComputed => Group::Optional,
        Mode::Computed => Group::ReadOnly,
    }
}

fn type_name(from: &schema::Attribute, shape: Shape) -> String {
    let scalar = match from.r#type.scalar {
        Scalar::Bool => "Boolean",
        Scalar::Int | Scalar::Number => "Number",
        Scalar::String => "String",
        Scalar::Object => "",
    };
    let collection = |collection: &Collection| match collection {
        Collection::List => "List",
        Collection::Set => "Set",
        Collection::Map => "Map",
    };
    if shape == Shape::Value {
        let mut words: Vec<&str> = from.r#type.collections.iter().map(collection).collect();
        words.push(scalar);
        return words.join(" of ");
    }
    let mut words = if shape == Shape::Block {
        "Block"
    } else {
        "Attributes"
    }
    .to_owned();
    match from.r#type.collections.first() {
        Some(outer) => {
            words.push(' ');
            words.push_str(collection(outer));
            if shape == Shape::Block {
                let items = from.validate.items;
                for (word, bound) in [
                    ("Min", items.and_then(|items| items.min)),
                    ("Max", items.and_then(|items| items.max)),
                ] {
                    if let Some(bound) = bound.filter(|bound| *bound > 0) {
                        let _ = write!(words, ", {word}: {bound}");
                    }
                }
            }
        }
        None if shape == Shape::Block => words.push_str(match group(from) {
            Group::Required => ", Required",
            Group::Optional => ", Optional",
            Group::ReadOnly => ", Read-only",
        }),
        None => {}
    }
    words
}

/// The effect of a change. An attribute that is never sent to the API has none, unless its value decides what is sent.
fn change(from: &schema::Attribute, effects: Effects) -> Option<Change> {
    if effects == Effects::None || !from.mode.is_settable() {
        return None;
    }
    let is_version_of_twin = from.twin_of.is_some() && !from.write_only;
    let has_nested_attributes = from.r#type.scalar == Scalar::Object && from.name != "timeouts";
    Some(if from.force_new {
        Change::Replaced
    } else if from.write_only && from.twin_of.is_some() {
        // Terraform cannot compare write-only values: a change of the version beside it sends the value.
        Change::Nothing
    } else if is_version_of_twin || has_nested_attributes || from.wire.write.is_some() {
        Change::InPlace
    } else {
        Change::Nothing
    })
}

fn rules(resource: &Resource) -> Vec<Rule> {
    let declared = resource.constraints.iter().map(rule);
    let checked_by_hook = resource.hook.iter().map(|sentence| Rule {
        text: sentence.to_string(),
        within: None,
        attributes: Vec::new(),
    });
    declared.chain(checked_by_hook).collect()
}

fn rule(constraint: &Constraint) -> Rule {
    let (text, attributes) = match &constraint.rule {
        Declared::ExactlyOneOf(names) => (
            format!(
                "Exactly one of {} must be set.",
                phrases::join_names(names, " and ")
            ),
            owned_names(names),
        ),
        Declared::OneOfToCreate(names) => (
            format!(
                "Exactly one of {} must be set to create the object. If both are omitted later, the control plane keeps the value.",
                phrases::join_names(names, " and ")
            ),
            owned_names(names),
        ),
        Declared::AtMostOneOf(names) => (
            format!(
                "At most one of {} can be set.",
                phrases::join_names(names, " and ")
            ),
            owned_names(names),
        ),
        Declared::AtLeastOneOf(names) => (
            format!(
                "At least one of {} must be set.",
                phrases::join_names(names, " and ")
            ),
            owned_names(names),
        ),
        Declared::AllOrNone(names) => (
            format!(
                "{} must be set together or not at all.",
                phrases::join_names(names, " and ")
            ),
            owned_names(names),
        ),
        Declared::When {
            attribute,
            value,
            require,
            forbid,
        } => {
            let condition = match value {
                Some(value) => format!(
                    "If `{attribute}` is {},",
                    phrases::format_literal(&literal(value))
                ),
                None => format!("If `{attribute}` is set,"),
            };
            let mut requirements = Vec::new();
            if !require.is_empty() {
                requirements.push(format!("{} must be set", phrases::join_names(require, " and ")));
            }
            if !forbid.is_empty() {
                requirements.push(format!("{} cannot be set", phrases::join_names(forbid, " or ")));
            }
            let mut names = owned_names(require);
            names.extend(owned_names(forbid));
            names.insert(0, attribute.to_string());
            (format!("{condition} {}.", requirements.join(" and ")), names)
        }
    };
    Rule {
        text,
        within: constraint.within.as_deref().map(str::to_owned),
        attributes,
    }
}

fn owned_names(names: &[schema::Text]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn timeouts(resource: &Resource) -> Vec<Timeout> {
    let Some(timeouts) = &resource.timeouts else {
        return Vec::new();
    };
    [
        ("create", &timeouts.create),
        ("update", &timeouts.update),
        ("delete", &timeouts.delete),
    ]
    .into_iter()
    .filter_map(|(step, default)| {
        Some(Timeout {
            step: step.to_owned(),
            default: default.as_deref()?.to_owned(),
        })
    })
    .collect()
}

fn operations(definition: &Definition, resource: &Resource) -> Vec<Operation> {
    let api = &resource.api;
    let mut steps: Vec<(String, &str)> = Vec::new();
    let delete = match &api.delete {
        Delete::Call(id) => Some(id),
        Delete::None | Delete::Forget => None,
    };
    for (step, id) in [
        ("create", api.create.as_ref()),
        ("read", api.read.as_ref()),
        ("update", api.update.as_ref()),
        ("delete", delete),
        ("look up after a lost create response", api.list.as_ref()),
    ] {
        steps.extend(id.map(|id| (step.to_owned(), &**id)));
    }
    if let Some(job) = &resource.job {
        let after: Vec<&str> = job.after.iter().map(|phase| phase.name()).collect();
        let after = after.join(" and ");
        steps.push((format!("start the run after {after}"), &job.start));
        steps.push(("read the run's status".to_owned(), &job.poll));
    }
    for lookup in resource.lookups.iter() {
        let step = match &lookup.by {
            Some(by) => format!("look up by `{by}`"),
            None => "look up".to_owned(),
        };
        steps.push((step, &lookup.api));
        steps.extend(
            lookup
                .then
                .as_deref()
                .map(|id| ("read the found object".to_owned(), id)),
        );
    }
    steps
        .into_iter()
        .map(|(step, id)| operation(definition, step, id))
        .collect()
}

fn list_operations(definition: &Definition, resource: &Resource) -> Vec<Operation> {
    let declarations = definition.declarations();
    let lister = declarations.lister(resource);
    let steps = [
        ("list", lister.and_then(Resource::list_operation)),
        ("read an object", resource.api.read.as_ref()),
    ];
    let steps = steps.into_iter();
    steps
        .filter_map(|(step, id)| Some(operation(definition, step.to_owned(), id?)))
        .collect()
}

fn operation(definition: &Definition, step: String, id: &str) -> Operation {
    let known = definition.operations.iter().find(|operation| operation.id == id);
    let call = known.map(|operation| format!("{} {}", operation.method.name(), operation.path));
    Operation {
        step,
        id: id.to_owned(),
        call: call.unwrap_or_default(),
    }
}

fn format(format: Format) -> &'static str {
    match format {
        Format::Uuid => "uuid",
        Format::Ip => "ip",
        Format::Cidr => "cidr",
        Format::Url => "url",
        Format::Duration => "duration",
        Format::Timestamp => "timestamp",
        Format::Json => "json",
        Format::Glob => "glob",
    }
}

fn bounds(from: schema::Bounds) -> Bounds {
    Bounds {
        min: from.min,
        max: from.max,
    }
}

fn literal(from: &Literal) -> Json {
    match from {
        Literal::Bool(value) => json!(value),
        Literal::Int(value) => json!(value),
        Literal::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Literal::String(text) => json!(text),
        Literal::List(values) => values.iter().map(literal).collect(),
        Literal::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.to_string(), literal(value)))
            .collect(),
    }
}
