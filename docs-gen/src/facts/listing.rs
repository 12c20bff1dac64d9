//! The page of a list resource: what it lists, and how a `list` block asks for it.
//!
//! Tests: `docs-gen/tests/lists.rs`.

use engine::Definition;
use schema::Resource;

use super::phrases;
use crate::kind::Kind;

/// The guide on all objects of an account: its title and its address.
const GUIDE: (&str, &str) = (
    "Bring an account under Terraform",
    "../guides/adopting-an-account.md",
);

/// The description of the list resource of a resource, in Markdown.
pub(super) fn description(definition: &Definition, resource: &Resource) -> String {
    let name = full_name(definition, resource);
    let prefix = &definition.provider.name;
    let mut parts = vec![format!(
        "[`terraform query`](https://developer.hashicorp.com/terraform/cli/commands/query) of Terraform 1.14 or later runs the \
         [`list` blocks](https://developer.hashicorp.com/terraform/language/block/tfquery/list) in files named `NAME.tfquery.hcl`; it \
         ignores a file that is named only `.tfquery.hcl`. It prints the identity and the name of each {}, also of those that Terraform \
         manages already. With `-generate-config-out=FILE`, it writes an `import` block and the configuration for each of them (1.14.1 or later).",
        link(Kind::Resource, resource, &name),
    )];
    let objects = [
        listed_elsewhere(definition, resource),
        listed_twice(definition, resource),
    ];
    let objects: Vec<String> = objects.into_iter().flatten().collect();
    if !objects.is_empty() {
        parts.push(objects.join(" "));
    }
    parts.extend(takeover(resource));
    parts.extend(resource.official.as_ref().map(|official| {
        format!("Objects with `{official} = true`, which are not the account's own, are left out.")
    }));
    let arguments = [
        format!("`provider`, which is required: the provider configuration, such as `{prefix}`."),
        "`config`: a block with the arguments of the schema below. They are filters: an object must match all of them. Without \
         any, all objects are listed."
            .to_owned(),
        "`limit`: the number of objects to list at most, 100 if it is not set. The provider warns if more objects match."
            .to_owned(),
        "`include_resource`: whether the output of `terraform query -json` has all attributes of each object; with \
         `-generate-config-out`, they are always read. The provider sends a request for each object whose item in the control plane's \
         list lacks attributes."
            .to_owned(),
    ];
    parts.push("A `list` block has these arguments:".to_owned());
    parts.push(arguments.map(|argument| format!("- {argument}")).join("\n"));
    parts.extend(secrets(resource));
    parts.push("The provider warns of each object that it cannot read, and lists the others.".to_owned());
    parts.push(format!(
        "To manage all objects of an account, with references between them, see [{}]({}).",
        GUIDE.0, GUIDE.1
    ));
    parts.join("\n\n")
}

/// Which objects these are, if another declaration lists them.
fn listed_elsewhere(definition: &Definition, resource: &Resource) -> Option<String> {
    if resource.list_operation().is_some() {
        return None;
    }
    let declarations = definition.declarations();
    let lister = declarations.lister(resource)?;
    let kind = match lister.kind {
        schema::Kind::Resource => Kind::Resource,
        schema::Kind::DataSource => Kind::DataSource,
    };
    Some(format!(
        "It lists all objects that the {} {} finds.",
        kind.title().to_lowercase(),
        link(kind, lister, &full_name(definition, lister)),
    ))
}

/// Which other lists have the same objects.
fn listed_twice(definition: &Definition, resource: &Resource) -> Option<String> {
    let listed = definition.listed().map(|binding| binding.schema);
    let others = listed.filter(|other| other.name != resource.name && other.api.read == resource.api.read);
    let others = others.map(|other| format!("[`{}`]({}.md)", full_name(definition, other), other.name));
    let others: Vec<String> = others.collect();
    let is_one = others.len() == 1;
    let verb = if is_one { "lists" } else { "list" };
    (!others.is_empty()).then(|| {
        let others = others.join(" and ");
        format!("{others} {verb} the same objects. Import each of them as one resource only.")
    })
}

/// How an object that exists is managed without a run.
fn takeover(resource: &Resource) -> Option<String> {
    let job = resource.job.as_ref()?;
    let takeover = job.takeover.as_ref()?;
    let protection = job.protection.as_ref();
    let run = protection.map_or("start a run for", |protection| &*protection.verb);
    Some(format!(
        "**Import the objects**, as the generated configuration does: an import does not {run} them. A create of the resource does, \
         unless `{}` is `{}`.",
        takeover.argument, takeover.value
    ))
}

fn full_name(definition: &Definition, resource: &Resource) -> String {
    format!("{}_{}", definition.provider.name, resource.name)
}

/// A link to the page of a declaration, from a page in the folder of another kind.
fn link(kind: Kind, resource: &Resource, name: &str) -> String {
    format!("[`{name}`](../{}/{}.md)", kind.folder(), resource.name)
}

/// What Terraform does not mask in the objects of a list.
fn secrets(resource: &Resource) -> Option<String> {
    let attributes = resource.attributes.iter();
    let secrets = attributes.filter(|attribute| attribute.sensitive && attribute.returned);
    let names: Vec<&str> = secrets.map(|attribute| attribute.name.as_ref()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "With `include_resource`, `terraform query -json` prints the sensitive value of {} in clear text, as Terraform masks nothing in \
             objects of a list: keep that output out of logs.",
            phrases::join_names(&names, " and ")
        )
    })
}
