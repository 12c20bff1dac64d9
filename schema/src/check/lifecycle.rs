//! Rules about how an object is created, read, updated, deleted and imported.
//!
//! Tests: `schema/tests/ui/lifecycle/`.

use std::ops::RangeInclusive;

use super::values::{is_duration, is_timeout};
use super::{Reporter, ResourceContext, ResourceRule, by_name};
use crate::diagnostic::did_you_mean;
use crate::model::{
    Attribute, Delete, Expect, Import, Kind, Method, Mode, Operation, Scalar, Text, placeholders,
};
use crate::path::join;
use crate::similar::nearest;

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] = by_name![
    unknown_operation,
    placeholder_attribute,
    placeholder_known_in_time,
    path_mapping,
    reading_method,
    create_can_be_found,
    update_missing,
    import_form,
    import_covers_read,
    import_strings,
    computed_is_filled,
    gone_status,
    timeout_form,
    release_operation,
    release_argument,
    release_value,
    release_clears,
];

/// A use of an operation in a declaration.
pub(crate) struct OperationUse<'a> {
    /// Path of the key, e.g. `api.create`.
    pub path: String,
    /// Id of the operation.
    pub id: &'a str,
    /// Which values are known when the request is sent, and what the operation can do.
    pub needs: Needs,
}

/// Which attributes can be placeholders of an operation's path, and whether the operation can change the object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// It is the first operation on an object: only configured attributes are known.
    Configured,
    /// The same, and it only reads.
    ConfiguredRead,
    /// The object exists: all attributes are known.
    Known,
    /// The same, and it only reads.
    KnownRead,
    /// The same, for one of several objects that a lookup has found: `lookup_then` checks the path.
    FoundRead,
}

/// Returns every use of an operation.
pub(crate) fn operation_uses<'a>(context: &ResourceContext<'a>) -> Vec<OperationUse<'a>> {
    let resource = context.resource;
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
                match lookup.expect {
                    Expect::One => Needs::KnownRead,
                    Expect::Many => Needs::FoundRead,
                },
            ),
        ]
    });
    let all = own.chain(job).chain(lookups);
    all.filter_map(|(path, id, needs)| {
        Some(OperationUse {
            path,
            id: id?.as_ref(),
            needs,
        })
    })
    .collect()
}

/// Every operation must be in `operations.toml`. The control plane's document is only read at run time.
fn unknown_operation(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for OperationUse { path, id, .. } in operation_uses(context) {
        // An empty id is a missing key, which the grammar has reported.
        if !context.operations.iter().any(|operation| operation.id == id) && !id.is_empty() {
            let legal = context.operations.iter().map(|operation| operation.id.as_ref());
            let help =
                did_you_mean(id, legal).unwrap_or_else(|| "add the operation to operations.toml".to_owned());
            reporter.at_value(&path, format!("unknown operation {id:?}"), help);
        }
    }
}

/// Every placeholder of a path must be an attribute.
fn placeholder_attribute(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_placeholder(context, |used, operation, placeholder, attribute| {
        if attribute.is_some() {
            return;
        }
        let name = context.attribute_of_placeholder(placeholder);
        let near = nearest(name, context.attribute_names());
        let help = match (context.resource.kind, near) {
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
        reporter.at_value(&used.path, message, help);
    });
}

/// The path of the first operation on an object can only contain configured attributes. A new object, for example, has no UUID yet.
fn placeholder_known_in_time(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_placeholder(context, |used, operation, _, attribute| {
        let Some(attribute) = attribute else { return };
        let is_first = matches!(used.needs, Needs::Configured | Needs::ConfiguredRead);
        let is_known = match (context.resource.kind, attribute.mode) {
            // A lookup is only used if its attribute is configured.
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
            reporter.at_value(&used.path, message, help);
        }
    });
}

fn for_each_placeholder<'a>(
    context: &ResourceContext<'a>,
    mut visit: impl FnMut(&OperationUse<'a>, &Operation, &str, Option<&Attribute>),
) {
    for used in operation_uses(context) {
        let Some(operation) = context
            .operation(used.id)
            .filter(|_| used.needs != Needs::FoundRead)
        else {
            continue;
        };
        for placeholder in operation.placeholders() {
            visit(
                &used,
                operation,
                placeholder,
                context
                    .resource
                    .attribute(context.attribute_of_placeholder(placeholder)),
            );
        }
    }
}

/// Every placeholder in `path` must be part of an operation's path. A data source has the `path` of its resource.
fn path_mapping(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    if context.resource.kind == Kind::DataSource {
        return;
    }
    let operations: Vec<&Operation> = operation_uses(context)
        .iter()
        .filter_map(|used| context.operation(used.id))
        .collect();
    for (placeholder, _) in context.resource.api.path.iter() {
        let mut all = operations.iter().flat_map(|operation| operation.placeholders());
        if !all.any(|name| name == placeholder) {
            let legal = operations.iter().flat_map(|operation| operation.placeholders());
            reporter.at_key(
                &format!("api.path.{placeholder}"),
                format!("no path of an operation has the placeholder {placeholder:?}"),
                did_you_mean(placeholder, legal).unwrap_or_default(),
            );
        }
    }
}

/// An operation that reads must be a GET: it is used in plans and retried after failures, so it must not change anything.
fn reading_method(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for OperationUse { path, id, needs } in operation_uses(context) {
        let reads = matches!(needs, Needs::ConfiguredRead | Needs::KnownRead | Needs::FoundRead);
        let method = context.operation(id).map(|operation| operation.method);
        if let Some(method) = method.filter(|method| reads && *method != Method::Get) {
            let message = format!(
                "{id:?} is a {} operation, but only GET operations read",
                method.name()
            );
            reporter.at_value(&path, message, "use a GET operation");
        }
    }
}

/// A create that is a POST needs a list and a name that is sent: if its response is lost, the provider looks for the object by its
/// name before it sends the create again.
fn create_can_be_found(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let resource = context.resource;
    let operation = resource
        .api
        .create
        .as_deref()
        .and_then(|id| context.operation(id));
    if operation.is_none_or(|operation| operation.method != Method::Post) {
        return;
    }
    let is_sent = resource.label.as_deref().is_some_and(|name| {
        // An unknown label is reported as such.
        let label = resource.attribute(name);
        label.is_none_or(|label| label.wire.write.is_some() && label.mode.is_settable())
    });
    let help = match (resource.api.list.is_some(), is_sent) {
        (true, true) => return,
        (false, _) => "add `list` to [api]: an operation that lists all objects",
        (true, false) => "name a string that the create sends in `label`",
    };
    let message = "the object of a create whose response is lost cannot be found: it needs a list and a name that is sent";
    reporter.at_key("api.create", message, help);
}

/// Without an update operation, every attribute that a configuration can set must have `force_new`: no operation could apply
/// another change.
fn update_missing(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    if context.resource.kind != Kind::Resource || context.resource.api.update.is_some() {
        return;
    }
    let changeable: Vec<&str> = (context.resource.attributes.iter())
        .filter(|attribute| attribute.mode.is_settable() && !attribute.force_new)
        .map(|attribute| attribute.name.as_ref())
        .filter(|name| context.positions.has(&join("attributes", name)))
        .collect();
    if !changeable.is_empty() {
        let help = format!(
            "add `update` to [api], or `force_new = true` to {}",
            changeable.join(", ")
        );
        reporter.at_key(
            "api.update",
            "no update operation, but some changes do not replace the object",
            help,
        );
    }
}

/// The import ID must contain placeholders, and all of them must be attributes.
fn import_form(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Import::By(form) = &context.resource.import else {
        return;
    };
    let names: Vec<&str> = placeholders(form).collect();
    if names.is_empty() {
        let help =
            "write attributes in braces, for example \"{uuid}\", or `false` if import is not supported";
        reporter.at_value("import", format!("{form:?} contains no attribute"), help);
    }
    for name in names
        .iter()
        .filter(|name| context.resource.attribute(name).is_none())
    {
        reporter.unknown_attribute("import", name, context.attribute_names());
    }
}

/// The import ID must contain all placeholders of the read operation's path. No other attribute is known during an import.
fn import_covers_read(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let (Import::By(form), Some(read)) = (&context.resource.import, &context.resource.api.read) else {
        return;
    };
    let Some(operation) = context.operation(read) else {
        return;
    };
    for placeholder in operation.placeholders() {
        let name = context.attribute_of_placeholder(placeholder);
        if !placeholders(form).any(|given| given == name) && placeholders(form).next().is_some() {
            let message = format!("the read operation requires {name:?}, which {form:?} does not contain");
            reporter.at_value("import", message, format!("add {{{name}}} to the import id"));
        }
    }
}

/// The attributes of the import ID are the identity of the object, which Terraform shows: each is a single string that is not secret.
fn import_strings(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Import::By(form) = &context.resource.import else {
        return;
    };
    let attributes = placeholders(form).filter_map(|name| context.resource.attribute(name));
    for attribute in attributes.filter(|attribute| !attribute.can_be_label()) {
        let message = format!("{:?} is not a string that can be shown", attribute.name);
        reporter.at_value(
            "import",
            message,
            "use attributes whose values are single strings, and not secret",
        );
    }
}

/// Every computed attribute must get its value from a response, a job, a lookup or a hook. Terraform [rejects] unknown values after
/// an apply.
///
/// [rejects]: https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md
fn computed_is_filled(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let resource = context.resource;
    for attribute in resource.attributes.iter() {
        let name = &attribute.name;
        let by_response = !attribute.wire.read.is_empty() && attribute.returned;
        // The attributes of a rejected job are not known.
        let by_job = context.positions.is_broken("job")
            || (resource.job.iter())
                .any(|job| job.into == *name || job.save.iter().any(|(target, _)| target == name));
        let by_lookup = resource
            .lookups
            .iter()
            .any(|lookup| lookup.into.as_ref() == Some(name));
        let is_filled = by_response || by_job || by_lookup || resource.hook.is_some();
        if attribute.mode.is_computed() && attribute.default.is_none() && !is_filled {
            let help = "set it with `wire`, with `save` or `status` of a job, or with a hook";
            reporter.at_key(
                &join("attributes", name),
                format!("{name:?} is computed, but has no source"),
                help,
            );
        }
    }
}

/// Statuses in `gone` must be from 400 to 499. No other response can mean that the object does not exist.
fn gone_status(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    const CLIENT_ERRORS: RangeInclusive<u16> = 400..=499;
    let gone = &context.resource.api.gone;
    let is_whole = context.positions.has(&format!("api.gone.{}", gone.len()));
    if is_whole || gone.iter().any(|status| !CLIENT_ERRORS.contains(status)) {
        reporter.at_value(
            "api.gone",
            "the status cannot mean that the object does not exist",
            "use statuses from 400 to 499",
        );
    }
}

/// A default timeout must be a valid duration. The provider parses it only when it creates an object.
fn timeout_form(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(timeouts) = &context.resource.timeouts else {
        return;
    };
    let all = [
        ("create", &timeouts.create),
        ("update", &timeouts.update),
        ("delete", &timeouts.delete),
    ];
    for (key, timeout) in all {
        if let Some(timeout) = timeout.as_deref().filter(|timeout| !is_timeout(timeout)) {
            let help = "write a number and a unit, for example \"90s\" or \"1h30m\"";
            let problem = if is_duration(timeout) {
                "is not a timeout: it must be above zero and at most a year"
            } else {
                "is not a valid duration"
            };
            reporter.at_value(&join("timeouts", key), format!("{timeout:?} {problem}"), help);
        }
    }
}

/// A release is an update of an object that a destroy would only remove from the state.
fn release_operation(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    if context.resource.release.is_some() && context.resource.api.delete != Delete::Forget {
        reporter.at_key(
            "release",
            "a destroy deletes the object, so there is nothing to release",
            "remove the table, or write `delete = \"forget\"` in [api]",
        );
    }
}

/// The argument must be a string that the configuration can set and that is not sent to the control plane.
fn release_argument(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(release) = &context.resource.release else {
        return;
    };
    local_argument(context, reporter, "release.argument", &release.argument);
}

/// Reports an argument that is no string, cannot be configured or is sent to the control plane.
pub(super) fn local_argument(
    context: &ResourceContext<'_>,
    reporter: &mut Reporter<'_>,
    path: &str,
    name: &str,
) {
    match context.resource.attribute(name) {
        None if name.is_empty() => {}
        None => reporter.unknown_attribute(path, name, context.attribute_names()),
        Some(attribute) if !attribute.r#type.is(Scalar::String) || !attribute.mode.is_settable() => {
            reporter.at_value(
                path,
                format!("{name:?} is not a string that can be configured"),
                "",
            );
        }
        Some(attribute) if attribute.wire.write.is_some() => {
            let message = format!("{name:?} is sent to the control plane");
            reporter.at_value(path, message, "add `wire = false` to the attribute");
        }
        Some(_) => {}
    }
}

/// The value must be one that the argument allows.
fn release_value(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(release) = &context.resource.release else {
        return;
    };
    allowed_value(
        context,
        reporter,
        "release.value",
        &release.argument,
        &release.value,
    );
}

/// Reports a value that an argument does not allow.
pub(super) fn allowed_value(
    context: &ResourceContext<'_>,
    reporter: &mut Reporter<'_>,
    path: &str,
    argument: &str,
    value: &Text,
) {
    let Some(attribute) = context.resource.attribute(argument) else {
        return;
    };
    let allowed = &attribute.validate.one_of;
    if !value.is_empty() && !allowed.is_empty() && !allowed.contains(value) {
        let legal = allowed.iter().map(AsRef::as_ref);
        let help = did_you_mean(value, legal).unwrap_or_default();
        reporter.at_value(path, format!("{argument:?} does not allow {value:?}"), help);
    }
}

/// The attributes must be ones that an update sends, and whose values can be empty.
fn release_clears(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(release) = &context.resource.release else {
        return;
    };
    for (index, name) in release.clears.iter().enumerate() {
        let path = format!("release.clears.{index}");
        match context.resource.attribute(name) {
            None => reporter.unknown_attribute(&path, name, context.attribute_names()),
            Some(attribute) if attribute.wire.write.is_none() || attribute.mode == Mode::Required => {
                reporter.at_value(&path, format!("an update cannot clear {name:?}"), "");
            }
            Some(_) => {}
        }
    }
}
