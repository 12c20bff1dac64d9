//! Rules about the first keys of a declaration.
//!
//! Tests: `schema/tests/ui/head/`.

use super::attributes::is_snake_case;
use super::{ProviderRule, Reporter, ResourceContext, ResourceRule, by_name};
use crate::model::{Kind, Provider};

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] = by_name![
    file_name,
    type_name,
    summary_form,
    state_version,
    label_attribute,
    created_attribute
];

/// The rules about `provider.toml`.
pub(crate) const PROVIDER_RULES: &[(&str, ProviderRule)] = by_name![address_form];

/// The address must be HOST/NAMESPACE/NAME, and its NAME must be the provider's name, with which all type names begin.
fn address_form(provider: &Provider, reporter: &mut Reporter<'_>) {
    let parts: Vec<&str> = provider.address.split('/').collect();
    let is_full =
        matches!(parts.as_slice(), [host, namespace, _] if host.contains('.') && !namespace.is_empty());
    if !is_full || parts.last() != Some(&provider.name.as_ref()) || !is_snake_case(&provider.name) {
        let help =
            "write HOST/NAMESPACE/NAME, e.g. \"registry.terraform.io/example/example\" for \"example\"";
        reporter.at_value(
            "address",
            format!(
                "{:?} is not an address of the provider {:?}",
                provider.address, provider.name
            ),
            help,
        );
    }
}

/// The name of a file must be the declared name, because `resource machine_role;` in `provider!` refers to `machine_role.toml`.
fn file_name(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let name = &context.resource.name;
    let (key, expected) = match context.resource.kind {
        Kind::Resource => ("resource", format!("{name}.toml")),
        Kind::DataSource => ("data_source", format!("data/{name}.toml")),
    };
    if context.file != expected {
        let help = format!("rename the file to {expected:?}, or change the name");
        reporter.at_value(
            key,
            format!("{name:?} does not match the file name {:?}", context.file),
            help,
        );
    }
}

/// The name must be in snake case, because it is part of the type name in configurations and of an identifier in Rust.
fn type_name(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let name = &context.resource.name;
    let key = match context.resource.kind {
        Kind::Resource => "resource",
        Kind::DataSource => "data_source",
    };
    if !is_snake_case(name) {
        let help = "use lowercase letters, digits and underscores, starting with a letter";
        reporter.at_value(key, format!("{name:?} is not a valid name"), help);
    }
}

/// The summary must be a single sentence, because it is displayed in lists. Further sentences belong in the description.
fn summary_form(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let summary = &context.resource.summary;
    if summary.contains('\n') || !summary.ends_with('.') || summary.contains(". ") {
        let help = "write one sentence with a full stop, and move the rest to `description`";
        reporter.at_value("summary", "the summary must be one sentence on one line", help);
    }
}

/// The version of the state cannot be negative.
fn state_version(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    if context.resource.version < 0 {
        reporter.at_value(
            "version",
            "the version of the state cannot be negative",
            "start at 0",
        );
    }
}

/// The label must be a string that is not a secret, because it is shown in diagnostics and compared with listed objects.
fn label_attribute(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(name) = &context.resource.label else {
        return;
    };
    match context.resource.attribute(name) {
        None => reporter.unknown_attribute("label", name, context.attribute_names()),
        Some(attribute) if !attribute.can_be_label() => {
            let help = "use a string attribute that is neither sensitive nor write-only";
            reporter.at_value("label", format!("{name:?} cannot be used as a label"), help);
        }
        Some(_) => {}
    }
}

/// `created` and `updated` must be timestamps in the response, because they are compared with other times.
fn created_attribute(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let resource = context.resource;
    for (key, name) in [("created", &resource.created), ("updated", &resource.updated)] {
        let Some(name) = name else { continue };
        match resource.attribute(name) {
            None => reporter.unknown_attribute(key, name, context.attribute_names()),
            Some(attribute) if !attribute.can_be_time() => {
                let help =
                    "use a string attribute with `format = \"timestamp\"` that the control plane returns";
                reporter.at_value(key, format!("{name:?} is not a timestamp"), help);
            }
            Some(_) => {}
        }
    }
}
