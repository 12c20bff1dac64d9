//! Rules about the head of a declaration.
//!
//! Tests: `schema/tests/ui/head/`.

use super::attributes::is_snake_case;
use super::{Found, ProviderRule, ResourceRule, Subject, by_name};
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

/// Terraform takes the address apart into host, namespace and type, and the type must be the name that every
/// resource's begins with.
fn address_form(provider: &Provider, found: &mut Found<'_>) {
    let parts: Vec<&str> = provider.address.split('/').collect();
    let is_full =
        matches!(parts.as_slice(), [host, namespace, _] if host.contains('.') && !namespace.is_empty());
    if !is_full || parts.last() != Some(&provider.name.as_ref()) || !is_snake_case(&provider.name) {
        let help =
            "write HOST/NAMESPACE/NAME, e.g. \"registry.terraform.io/example/example\" for \"example\"";
        found.value(
            "address",
            format!(
                "{:?} is not an address of the provider {:?}",
                provider.address, provider.name
            ),
            help,
        );
    }
}

/// A declaration is found by its file's name: `resource machine_role;` in `provider!` is `machine_role.toml`.
fn file_name(subject: &Subject<'_>, found: &mut Found<'_>) {
    let name = &subject.resource.name;
    let (key, expected) = match subject.resource.kind {
        Kind::Resource => ("resource", format!("{name}.toml")),
        Kind::DataSource => ("data_source", format!("data/{name}.toml")),
    };
    if subject.file != expected {
        let help = format!("rename the file to {expected:?}, or change the name");
        found.value(
            key,
            format!("{name:?} does not match the file name {:?}", subject.file),
            help,
        );
    }
}

/// The name is a part of the type's name in every configuration, and of an identifier in Rust.
fn type_name(subject: &Subject<'_>, found: &mut Found<'_>) {
    let name = &subject.resource.name;
    let key = match subject.resource.kind {
        Kind::Resource => "resource",
        Kind::DataSource => "data_source",
    };
    if !is_snake_case(name) {
        let help = "use lowercase letters, digits and underscores, starting with a letter";
        found.value(key, format!("{name:?} is not a valid name"), help);
    }
}

/// The summary is shown in one line of lists and as the first line of a page; more belongs in the description.
fn summary_form(subject: &Subject<'_>, found: &mut Found<'_>) {
    let summary = &subject.resource.summary;
    if summary.contains('\n') || !summary.ends_with('.') || summary.contains(". ") {
        let help = "write one sentence with a full stop, and move the rest to `description`";
        found.value("summary", "the summary must be one sentence on one line", help);
    }
}

/// Terraform refuses negative versions.
fn state_version(subject: &Subject<'_>, found: &mut Found<'_>) {
    if subject.resource.version < 0 {
        found.value(
            "version",
            "the version of the state cannot be negative",
            "start at 0",
        );
    }
}

/// The label is shown in diagnostics and compared with what the control plane lists: a single string, and no secret.
fn label_attribute(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(name) = &subject.resource.label else {
        return;
    };
    match subject.resource.attribute(name) {
        None => found.no_attribute("label", name, subject.names()),
        Some(attribute) if !attribute.can_be_label() => {
            let help = "use a string attribute that is neither sensitive nor write-only";
            found.value("label", format!("{name:?} cannot be used as a label"), help);
        }
        Some(_) => {}
    }
}

/// When the control plane made an object is compared with the clock of its answers.
fn created_attribute(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(name) = &subject.resource.created else {
        return;
    };
    match subject.resource.attribute(name) {
        None => found.no_attribute("created", name, subject.names()),
        Some(attribute) if !attribute.can_be_created() => {
            let help = "use a string attribute with `format = \"timestamp\"` that the control plane returns";
            found.value("created", format!("{name:?} is not a timestamp"), help);
        }
        Some(_) => {}
    }
}
