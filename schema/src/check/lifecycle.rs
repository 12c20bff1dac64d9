//! Rules about how an object is made, found, changed and ended.
//!
//! Tests: `schema/tests/ui/lifecycle/`.

use std::ops::RangeInclusive;

use super::values::is_duration;
use super::{Found, ResourceRule, Subject, by_name};
use crate::diagnostic::did_you_mean;
use crate::model::{Attribute, Delete, Import, Kind, Method, Mode, Operation, placeholders};
use crate::path::join;
use crate::similar::nearest;

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] = by_name![
    unknown_operation,
    placeholder_attribute,
    placeholder_known_in_time,
    path_mapping,
    reading_method,
    update_missing,
    import_form,
    import_covers_read,
    computed_is_filled,
    gone_status,
    timeout_form,
];

/// A place where a declaration names an operation.
pub(crate) struct Use<'a> {
    /// Its path, e.g. `api.create`.
    pub path: String,
    /// The operation's id.
    pub id: &'a str,
    /// What is known when it is called.
    pub needs: Needs,
}

/// What an operation's path may be made of, and what it may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// It comes first: only what the configuration says is known.
    Configured,
    /// It comes first and only reads.
    ConfiguredRead,
    /// The object exists, all of its attributes are known.
    Known,
    /// The object exists, and it only reads.
    KnownRead,
}

/// Every place where an operation is named.
pub(crate) fn uses<'a>(subject: &Subject<'a>) -> Vec<Use<'a>> {
    let resource = subject.resource;
    let api = &resource.api;
    let delete = match &api.delete {
        Delete::Call(id) => Some(id),
        Delete::Forget | Delete::None => None,
    };
    let own = [
        ("create", api.create.as_ref(), Needs::Configured),
        ("read", api.read.as_ref(), Needs::KnownRead),
        ("update", api.update.as_ref(), Needs::Known),
        ("delete", delete, Needs::Known),
        ("list", api.list.as_ref(), Needs::ConfiguredRead),
    ];
    let own = own
        .into_iter()
        .map(|(key, id, needs)| (join("api", key), id, needs));
    let job = resource.job.iter().flat_map(|job| {
        [
            ("job.start".to_owned(), Some(&job.start), Needs::Known),
            ("job.poll".to_owned(), Some(&job.poll), Needs::KnownRead),
        ]
    });
    let lookups = resource.lookups.iter().enumerate().flat_map(|(index, lookup)| {
        [
            (
                format!("lookup.{index}.api"),
                Some(&lookup.api),
                Needs::ConfiguredRead,
            ),
            (
                format!("lookup.{index}.then"),
                lookup.then.as_ref(),
                Needs::KnownRead,
            ),
        ]
    });
    let all = own.chain(job).chain(lookups);
    all.filter_map(|(path, id, needs)| {
        Some(Use {
            path,
            id: id?.as_ref(),
            needs,
        })
    })
    .collect()
}

/// An operation is called by its id, which `operations.toml` must know: the live document is read too late to tell.
fn unknown_operation(subject: &Subject<'_>, found: &mut Found<'_>) {
    for Use { path, id, .. } in uses(subject) {
        // An absent id is a missing key, which the grammar has reported.
        if !subject.operations.iter().any(|operation| operation.id == id) && !id.is_empty() {
            let legal = subject.operations.iter().map(|operation| operation.id.as_ref());
            let help =
                did_you_mean(id, legal).unwrap_or_else(|| "add the operation to operations.toml".to_owned());
            found.value(&path, format!("unknown operation {id:?}"), help);
        }
    }
}

/// The placeholders of a path are filled from attributes.
fn placeholder_attribute(subject: &Subject<'_>, found: &mut Found<'_>) {
    each_placeholder(subject, |used, operation, placeholder, attribute| {
        if attribute.is_some() {
            return;
        }
        let name = subject.mapped(placeholder);
        let near = nearest(name, subject.names());
        let help = match (subject.resource.kind, near) {
            (Kind::Resource, Some(near)) => {
                format!("map the placeholder in [api]: path = {{ {placeholder} = {near:?} }}")
            }
            (Kind::Resource, None) => {
                format!(
                    "declare the attribute, or map the placeholder in [api]: path = {{ {placeholder} = \"…\" }}"
                )
            }
            (Kind::DataSource, _) => "declare the attribute".to_owned(),
        };
        let message = format!(
            "{:?} requires the attribute {name:?}, which does not exist",
            operation.path
        );
        found.value(&used.path, message, help);
    });
}

/// What is called first knows only what the configuration says: no object has an uuid before it was made.
fn placeholder_known_in_time(subject: &Subject<'_>, found: &mut Found<'_>) {
    each_placeholder(subject, |used, operation, _, attribute| {
        let Some(attribute) = attribute else { return };
        let is_first = matches!(used.needs, Needs::Configured | Needs::ConfiguredRead);
        let is_known = match (subject.resource.kind, attribute.mode) {
            // Which lookup is used depends on what is configured.
            (_, Mode::Required) | (Kind::DataSource, Mode::Optional | Mode::OptionalComputed) => true,
            (_, Mode::Computed) => false,
            (Kind::Resource, Mode::Optional | Mode::OptionalComputed) => attribute.default.is_some(),
        };
        if is_first && !is_known {
            let name = &attribute.name;
            let message = format!(
                "{:?} requires {name:?}, whose value is not known yet",
                operation.path
            );
            let help = "make the attribute required: no object has been created or read at that time";
            found.value(&used.path, message, help);
        }
    });
}

fn each_placeholder<'a>(
    subject: &Subject<'a>,
    mut visit: impl FnMut(&Use<'a>, &Operation, &str, Option<&Attribute>),
) {
    for used in uses(subject) {
        let Some(operation) = subject.operation(used.id) else {
            continue;
        };
        for placeholder in operation.placeholders() {
            visit(
                &used,
                operation,
                placeholder,
                subject.resource.attribute(subject.mapped(placeholder)),
            );
        }
    }
}

/// A mapping of a placeholder that no operation has is left over, or misspelt; then the real one is not mapped.
fn path_mapping(subject: &Subject<'_>, found: &mut Found<'_>) {
    let operations: Vec<&Operation> = uses(subject)
        .iter()
        .filter_map(|used| subject.operation(used.id))
        .collect();
    for (placeholder, _) in subject.resource.api.path.iter() {
        let mut all = operations.iter().flat_map(|operation| operation.placeholders());
        if !all.any(|name| name == placeholder) {
            let legal = operations.iter().flat_map(|operation| operation.placeholders());
            found.key(
                &format!("api.path.{placeholder}"),
                format!("no path of an operation has the placeholder {placeholder:?}"),
                did_you_mean(placeholder, legal).unwrap_or_default(),
            );
        }
    }
}

/// Reading happens in plans and is repeated after failures: it must not change anything.
fn reading_method(subject: &Subject<'_>, found: &mut Found<'_>) {
    for Use { path, id, needs } in uses(subject) {
        let reads = matches!(needs, Needs::ConfiguredRead | Needs::KnownRead);
        let method = subject.operation(id).map(|operation| operation.method);
        if let Some(method) = method.filter(|method| reads && *method != Method::Get) {
            let message = format!(
                "{id:?} is a {} operation, but only GET operations read",
                method.name()
            );
            found.value(&path, message, "use a GET operation");
        }
    }
}

/// Without an update, every change has to replace the object: a settable attribute that does not would be planned as a
/// change that nobody makes.
fn update_missing(subject: &Subject<'_>, found: &mut Found<'_>) {
    if subject.resource.kind != Kind::Resource || subject.resource.api.update.is_some() {
        return;
    }
    let changeable: Vec<&str> = (subject.resource.attributes.iter())
        .filter(|attribute| attribute.mode.is_settable() && !attribute.force_new)
        .map(|attribute| attribute.name.as_ref())
        .filter(|name| subject.places.has(&join("attributes", name)))
        .collect();
    if !changeable.is_empty() {
        let help = format!(
            "add `update` to [api], or `force_new = true` to {}",
            changeable.join(", ")
        );
        found.key(
            "api.update",
            "no update operation, but some changes do not replace the object",
            help,
        );
    }
}

/// The placeholders are what an import is read by; without one, or with an unknown one, it reads nothing.
fn import_form(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Import::By(form) = &subject.resource.import else {
        return;
    };
    let names: Vec<&str> = placeholders(form).collect();
    if names.is_empty() {
        let help =
            "write attributes in braces, for example \"{uuid}\", or `false` if import is not supported";
        found.value("import", format!("{form:?} contains no attribute"), help);
    }
    for name in names
        .iter()
        .filter(|name| subject.resource.attribute(name).is_none())
    {
        found.no_attribute("import", name, subject.names());
    }
}

/// An import knows nothing but its id: all that the read's path needs must be in it.
fn import_covers_read(subject: &Subject<'_>, found: &mut Found<'_>) {
    let (Import::By(form), Some(read)) = (&subject.resource.import, &subject.resource.api.read) else {
        return;
    };
    let Some(operation) = subject.operation(read) else {
        return;
    };
    for placeholder in operation.placeholders() {
        let name = subject.mapped(placeholder);
        if !placeholders(form).any(|given| given == name) && placeholders(form).next().is_some() {
            let message = format!("the read operation requires {name:?}, which {form:?} does not contain");
            found.value("import", message, format!("add {{{name}}} to the import id"));
        }
    }
}

/// What neither an answer nor a job nor a lookup nor a hook fills stays unknown, and Terraform refuses that after an apply.
fn computed_is_filled(subject: &Subject<'_>, found: &mut Found<'_>) {
    let resource = subject.resource;
    for attribute in resource.attributes.iter() {
        let name = &attribute.name;
        let by_answer = !attribute.wire.read.is_empty() && attribute.returned;
        // What a job fills that the grammar refused is not known.
        let by_job = subject.places.is_broken("job")
            || (resource.job.iter())
                .any(|job| job.into == *name || job.save.iter().any(|(target, _)| target == name));
        let by_lookup = resource
            .lookups
            .iter()
            .any(|lookup| lookup.into.as_ref() == Some(name));
        let is_filled = by_answer || by_job || by_lookup || resource.hook.is_some();
        if attribute.mode.is_computed() && attribute.default.is_none() && !is_filled {
            let help = "set it with `wire`, with `save` or `status` of a job, or with a hook";
            found.key(
                &join("attributes", name),
                format!("{name:?} is computed, but has no source"),
                help,
            );
        }
    }
}

/// Only an answer about the request itself can mean that the object is gone.
fn gone_status(subject: &Subject<'_>, found: &mut Found<'_>) {
    const CLIENT_ERRORS: RangeInclusive<u16> = 400..=499;
    let gone = &subject.resource.api.gone;
    let is_whole = subject.places.has(&format!("api.gone.{}", gone.len()));
    if is_whole || gone.iter().any(|status| !CLIENT_ERRORS.contains(status)) {
        found.value(
            "api.gone",
            "the status cannot mean that the object does not exist",
            "use statuses from 400 to 499",
        );
    }
}

/// The defaults are read when a resource is created, long after anyone could correct them.
fn timeout_form(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(timeouts) = &subject.resource.timeouts else {
        return;
    };
    let all = [
        ("create", &timeouts.create),
        ("update", &timeouts.update),
        ("delete", &timeouts.delete),
    ];
    for (key, timeout) in all {
        if let Some(timeout) = timeout.as_deref().filter(|timeout| !is_duration(timeout)) {
            let help = "write a number and a unit, for example \"90s\" or \"1h30m\"";
            found.value(
                &join("timeouts", key),
                format!("{timeout:?} is not a valid duration"),
                help,
            );
        }
    }
}
