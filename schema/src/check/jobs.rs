//! Rules about `[job]`.
//!
//! Tests: `schema/tests/ui/jobs/`.

use super::lifecycle::{allowed_value, local_argument};
use super::values::type_fault;
use super::{Reporter, ResourceContext, ResourceRule, by_name};
use crate::diagnostic::did_you_mean;
use crate::model::{
    Attribute, Collection, Follow, Format, Kind, Mode, Phase, Protection, Resource, Rollout, Scalar, Takeover,
};

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] = by_name![
    job_target,
    job_target_filled_twice,
    job_needed,
    job_changes,
    job_result,
    job_result_type,
    job_result_unknown,
    job_status_twice,
    job_timeout,
    protection_argument,
    protection_present,
    protection_limit,
    takeover_create,
    takeover_argument,
    takeover_value,
    takeover_same,
    rollout_argument,
    rollout_keys,
    rollout_available,
    rollout_limit,
    follow_create,
    follow_argument,
    follow_reference,
    follow_attributes
];

/// An attribute that a job sets must exist and be computed.
fn job_target(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_target(context, |path, name, report| {
        match context.resource.attribute(name) {
            None => {
                let help = did_you_mean(name, context.attribute_names()).unwrap_or_default();
                report(reporter, path, format!("unknown attribute {name:?}"), help);
            }
            Some(attribute) if attribute.mode != Mode::Computed => {
                reporter.at_value(
                    path,
                    format!("{name:?} must be computed"),
                    "add `mode = \"computed\"` to the attribute",
                );
            }
            Some(_) => {}
        }
    });
}

/// An attribute that a job sets cannot also be read from the object's response, which would overwrite it.
fn job_target_filled_twice(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_target(context, |path, name, report| {
        let Some(attribute) = context.resource.attribute(name) else {
            return;
        };
        if attribute.mode == Mode::Computed && !attribute.wire.read.is_empty() {
            let message = format!("{name:?} is set by both the job and the response");
            report(
                reporter,
                path,
                message,
                "add `wire = false` to the attribute".to_owned(),
            );
        }
    });
}

/// `needed` must be a bool attribute that the control plane returns.
fn job_needed(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(name) = (context.resource.job.as_ref()).and_then(|job| job.needed.as_ref()) else {
        return;
    };
    match context.resource.attribute(name) {
        None => reporter.unknown_attribute("job.needed", name, context.attribute_names()),
        Some(attribute) if attribute.r#type.scalar != Scalar::Bool || attribute.wire.read.is_empty() => {
            reporter.at_value(
                "job.needed",
                format!("{name:?} is not a bool that the control plane returns"),
                "",
            );
        }
        Some(_) => {}
    }
}

/// A run changes what the control plane returns of the object. The plan of any other attribute does not depend on runs.
fn job_changes(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(job) = &context.resource.job else { return };
    for (index, name) in job.changes.iter().enumerate() {
        let path = format!("job.changes.{index}");
        match context.resource.attribute(name) {
            None => reporter.unknown_attribute(&path, name, context.attribute_names()),
            Some(attribute) if !is_computed_and_returned(attribute) => {
                let message = format!("{name:?} is not a computed attribute that the control plane returns");
                reporter.at_value(&path, message, "");
            }
            Some(_) => {}
        }
    }
}

/// The control plane must return the attributes of a result: state has their true values after the next refresh.
fn job_result(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(job) = &context.resource.job else { return };
    for (name, _) in job.result.iter() {
        let path = format!("job.result.{name}");
        match context.resource.attribute(name) {
            None => {
                let help = did_you_mean(name, context.attribute_names()).unwrap_or_default();
                reporter.at_key(&path, format!("unknown attribute {name:?}"), help);
            }
            Some(attribute) if !is_computed_and_returned(attribute) => {
                let message = format!("{name:?} is not a computed attribute that the control plane returns");
                reporter.at_key(&path, message, "");
            }
            Some(_) => {}
        }
    }
}

/// A value of a result must have the type of its attribute.
fn job_result_type(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(job) = &context.resource.job else { return };
    for (name, value) in job.result.iter() {
        let attribute = context.resource.attribute(name);
        let fault = attribute.and_then(|attribute| type_fault(value, attribute));
        if let Some(fault) = fault {
            let message = format!("the value does not match the type of {name:?}: {fault}");
            reporter.at_value(&format!("job.result.{name}"), message, "");
        }
    }
}

/// A plan either knows the value of an attribute after a run, or it does not.
fn job_result_unknown(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(job) = &context.resource.job else { return };
    for (index, name) in job.changes.iter().enumerate() {
        if job.result.iter().any(|(known, _)| known == name) {
            let path = format!("job.changes.{index}");
            reporter.at_value(&path, format!("{name:?} is also in \"result\""), "");
        }
    }
}

fn is_computed_and_returned(attribute: &Attribute) -> bool {
    attribute.mode == Mode::Computed && !attribute.wire.read.is_empty() && attribute.returned
}

/// The argument of a protection must be a bool that the configuration can set.
fn protection_argument(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(protection) = protection(context) else {
        return;
    };
    let (path, name) = ("job.protection.argument", &protection.argument);
    match context.resource.attribute(name) {
        None if name.is_empty() => {}
        None => reporter.unknown_attribute(path, name, context.attribute_names()),
        Some(attribute) if attribute.r#type.is(Scalar::Bool) && attribute.mode.is_settable() => {}
        Some(_) => reporter.at_value(path, format!("{name:?} is not a bool that can be configured"), ""),
    }
}

/// The control plane must return the attribute that shows a run.
fn protection_present(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(protection) = protection(context) else {
        return;
    };
    let (path, name) = ("job.protection.present", &protection.present);
    match context.resource.attribute(name) {
        None if name.is_empty() => {}
        None => reporter.unknown_attribute(path, name, context.attribute_names()),
        Some(attribute) if attribute.wire.read.is_empty() => {
            reporter.at_value(path, format!("the control plane does not return {name:?}"), "");
        }
        Some(_) => {}
    }
}

/// The limit must be an integer argument of the provider block.
fn protection_limit(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    if let Some(protection) = protection(context) {
        provider_limit(context, reporter, "job.protection.limit", &protection.limit);
    }
}

/// Reports a name that is not that of an integer argument of the provider block.
fn provider_limit(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>, path: &str, name: &str) {
    let arguments = &context.provider.attributes;
    let integers = || {
        arguments
            .iter()
            .filter(|argument| argument.r#type.is(Scalar::Int))
    };
    let is_missing = context.provider.name.is_empty();
    if is_missing || name.is_empty() || integers().any(|argument| argument.name == *name) {
        return;
    }
    let legal = integers().map(|argument| argument.name.as_ref());
    let help = did_you_mean(name, legal)
        .unwrap_or_else(|| "add the argument to provider.toml, with `type = \"int\"`".to_owned());
    let message = format!("{name:?} is not an integer argument of provider.toml");
    reporter.at_value(path, message, help);
}

fn protection<'a>(context: &ResourceContext<'a>) -> Option<&'a Protection> {
    context.resource.job.as_ref()?.protection.as_ref()
}

/// Only an object that exists before its create can be taken over, and only a run after the create is left out.
fn takeover_create(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(job) = takeover(context).and(context.resource.job.as_ref()) else {
        return;
    };
    let path = "job.takeover";
    if !context.resource.creates_by_update() {
        let message = "the create makes a new object, so there is nothing to take over";
        reporter.at_key(
            path,
            message,
            "remove the table, or use the same operation for `create` and `update`",
        );
    } else if !job.after.contains(&Phase::Create) {
        reporter.at_key(
            path,
            "no run follows a create",
            "add \"create\" to `after`, or remove the table",
        );
    } else if job.needed.is_none() {
        reporter.at_key(
            path,
            "nothing shows whether the object needs a run",
            "add `needed` to [job]",
        );
    }
}

/// The argument of a takeover must be a string that the configuration can set and that is not sent to the control plane.
fn takeover_argument(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    if let Some(takeover) = takeover(context) {
        local_argument(context, reporter, "job.takeover.argument", &takeover.argument);
    }
}

/// The value must be one that the argument allows.
fn takeover_value(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    if let Some(takeover) = takeover(context) {
        let Takeover { argument, value, .. } = takeover;
        allowed_value(context, reporter, "job.takeover.value", argument, value);
    }
}

/// The control plane must return the arguments that are compared.
fn takeover_same(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let same = takeover(context).map(|takeover| &takeover.same);
    for (index, name) in same.into_iter().flat_map(|same| same.iter().enumerate()) {
        let path = format!("job.takeover.same.{index}");
        match context.resource.attribute(name) {
            None => reporter.unknown_attribute(&path, name, context.attribute_names()),
            Some(attribute)
                if attribute.mode.is_settable() && attribute.returned && !attribute.wire.read.is_empty() => {}
            Some(_) => {
                let message = format!("{name:?} is not an argument that the control plane returns");
                reporter.at_value(&path, message, "");
            }
        }
    }
}

fn takeover<'a>(context: &ResourceContext<'a>) -> Option<&'a Takeover> {
    context.resource.job.as_ref()?.takeover.as_ref()
}

fn rollout<'a>(context: &ResourceContext<'a>) -> Option<&'a Rollout> {
    context.resource.job.as_ref()?.rollout.as_ref()
}

/// The argument of a rollout must be one object that the configuration can set and that is not sent to the control plane.
fn rollout_argument(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(rollout) = rollout(context) else { return };
    let (path, name) = ("job.rollout.argument", &rollout.argument);
    match context.resource.attribute(name) {
        None if name.is_empty() => {}
        None => reporter.unknown_attribute(path, name, context.attribute_names()),
        Some(attribute) if !attribute.r#type.is(Scalar::Object) || attribute.mode != Mode::Optional => {
            let message = format!("{name:?} is not an optional object that can be configured");
            reporter.at_value(path, message, "");
        }
        Some(attribute) if attribute.wire.write.is_some() => {
            let message = format!("{name:?} is sent to the control plane");
            reporter.at_value(path, message, "add `wire = false` to the attribute");
        }
        Some(_) => {}
    }
}

/// Whether an attribute has the type that a setting needs.
type IsKind<'a> = &'a dyn Fn(&Attribute) -> bool;

/// The settings of a group must be attributes of the argument, of the type that their key has.
fn rollout_keys(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(rollout) = rollout(context) else { return };
    let argument = context.resource.attribute(&rollout.argument);
    let Some(argument) = argument.filter(|argument| argument.r#type.is(Scalar::Object)) else {
        return;
    };
    let is_string = |attribute: &Attribute| attribute.r#type.is(Scalar::String);
    let is_integer = |attribute: &Attribute| attribute.r#type.is(Scalar::Int);
    let is_duration = |attribute: &Attribute| attribute.format == Some(Format::Duration);
    let is_set = |attribute: &Attribute| {
        attribute.r#type.scalar == Scalar::String && *attribute.r#type.collections == [Collection::Set]
    };
    let keys: [(&str, &str, &str, IsKind<'_>); 6] = [
        ("group", &rollout.group, "a string", &is_string),
        ("unavailable", &rollout.unavailable, "a string", &is_string),
        ("members", &rollout.members, "a set of strings", &is_set),
        ("failures", &rollout.failures, "an integer", &is_integer),
        ("healthy", &rollout.healthy, "a duration", &is_duration),
        ("canary", &rollout.canary, "an integer", &is_integer),
    ];
    for (key, name, kind, is_kind) in keys {
        let path = format!("job.rollout.{key}");
        match argument.attribute(name) {
            None if name.is_empty() => {}
            None => no_attribute(reporter, &path, name, &argument.name, &argument.attributes),
            Some(attribute) if !is_kind(attribute) => {
                reporter.at_value(&path, format!("{name:?} is not {kind}"), "");
            }
            Some(_) => {}
        }
    }
}

/// Reports that what `owner` names has no attribute with this name.
fn no_attribute(reporter: &mut Reporter<'_>, path: &str, name: &str, owner: &str, attributes: &[Attribute]) {
    let names = attributes.iter().map(|attribute| attribute.name.as_ref());
    let help = did_you_mean(name, names).unwrap_or_default();
    reporter.at_value(path, format!("{owner:?} has no attribute {name:?}"), help);
}

/// The control plane must return whether an object is available.
fn rollout_available(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(rollout) = rollout(context) else { return };
    let (path, name) = ("job.rollout.available", &rollout.available);
    match context.resource.attribute(name) {
        None if name.is_empty() => {}
        None => reporter.unknown_attribute(path, name, context.attribute_names()),
        Some(attribute) if !attribute.r#type.is(Scalar::Bool) || !is_computed_and_returned(attribute) => {
            let message = format!("{name:?} is not a computed bool that the control plane returns");
            reporter.at_value(path, message, "");
        }
        Some(_) => {}
    }
}

/// The limit must be an integer argument of the provider block.
fn rollout_limit(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    if let Some(rollout) = rollout(context) {
        provider_limit(context, reporter, "job.rollout.limit", &rollout.limit);
    }
}

fn follow<'a>(context: &ResourceContext<'a>) -> Option<&'a Follow> {
    context.resource.job.as_ref()?.follow.as_ref()
}

/// Only a replacement repeats a run, so a run must follow the create.
fn follow_create(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let job = context.resource.job.as_ref();
    if job.is_some_and(|job| job.follow.is_some() && !job.after.contains(&Phase::Create)) {
        let help = "add \"create\" to `after`, or remove the table";
        reporter.at_key("job.follow", "no run follows a create", help);
    }
}

/// The argument must be a bool that the configuration can set and that is not sent to the control plane.
fn follow_argument(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(follow) = follow(context) else { return };
    let (path, name) = ("job.follow.argument", &follow.argument);
    match context.resource.attribute(name) {
        None if name.is_empty() => {}
        None => reporter.unknown_attribute(path, name, context.attribute_names()),
        Some(attribute) if !attribute.r#type.is(Scalar::Bool) || !attribute.mode.is_settable() => {
            reporter.at_value(path, format!("{name:?} is not a bool that can be configured"), "");
        }
        Some(attribute) if attribute.wire.write.is_some() => {
            let message = format!("{name:?} is sent to the control plane");
            reporter.at_value(path, message, "add `wire = false` to the attribute");
        }
        Some(_) => {}
    }
}

/// The reference must name objects of a resource that can be listed.
fn follow_reference(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(follow) = follow(context) else { return };
    let (path, name) = ("job.follow.reference", &follow.reference);
    match context.resource.attribute(name) {
        None if name.is_empty() => {}
        None => reporter.unknown_attribute(path, name, context.attribute_names()),
        Some(attribute) if attribute.reference.is_none() => {
            let message = format!("{name:?} does not name objects");
            reporter.at_value(path, message, "add `ref` to the attribute");
        }
        Some(_) if followed(context).is_none_or(|followed| followed.api.list.is_none()) => {
            let message = format!("the objects that {name:?} names cannot be listed");
            reporter.at_value(path, message, "declare `api.list` of their resource");
        }
        Some(_) => {}
    }
}

/// The control plane must return the attributes that are compared.
fn follow_attributes(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let (Some(follow), Some(followed)) = (follow(context), followed(context)) else {
        return;
    };
    for (index, name) in follow.attributes.iter().enumerate() {
        let path = format!("job.follow.attributes.{index}");
        match followed.attribute(name) {
            None => no_attribute(reporter, &path, name, &followed.name, &followed.attributes),
            Some(attribute) if attribute.wire.read.is_empty() || !attribute.returned => {
                reporter.at_value(&path, format!("the control plane does not return {name:?}"), "");
            }
            Some(_) => {}
        }
    }
}

/// The resource of the objects that are followed.
fn followed<'a>(context: &ResourceContext<'a>) -> Option<&'a Resource> {
    let attribute = context.resource.attribute(&follow(context)?.reference)?;
    let reference = attribute.reference.as_ref()?;
    let declarations = context.declarations.iter();
    let mut resources = declarations.map(|declaration| &declaration.resource);
    resources.find(|resource| resource.kind == Kind::Resource && resource.name == reference.target)
}

/// Reports a problem with a target: at the key in `save`, or at the value of `into`.
type ReportAt = fn(&mut Reporter<'_>, &str, String, String);

fn for_each_target(context: &ResourceContext<'_>, mut visit: impl FnMut(&str, &str, ReportAt)) {
    let Some(job) = &context.resource.job else { return };
    for (name, _) in job.save.iter() {
        visit(&format!("job.save.{name}"), name, at_key);
    }
    if !job.into.is_empty() {
        visit("job.status.into", &job.into, at_value);
    }
}

fn at_key(reporter: &mut Reporter<'_>, path: &str, message: String, help: String) {
    reporter.at_key(path, message, help);
}

fn at_value(reporter: &mut Reporter<'_>, path: &str, message: String, help: String) {
    reporter.at_value(path, message, help);
}

/// A status cannot be both in `done` and in `failed`.
fn job_status_twice(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(job) = &context.resource.job else { return };
    for (index, status) in job.failed.iter().enumerate() {
        if job.done.contains(status) {
            let path = format!("job.failed.{index}");
            reporter.at_value(&path, format!("{status:?} is also in \"done\""), "");
        }
    }
}

/// A job needs a timeout in `[timeouts]` for each of its phases, so that the provider does not wait forever.
fn job_timeout(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(job) = &context.resource.job else { return };
    for (index, phase) in job.after.iter().enumerate() {
        let timeouts = context.resource.timeouts.as_ref();
        if timeouts.and_then(|timeouts| timeouts.of(*phase)).is_none() {
            let help = format!("add `{} = \"60m\"` to [timeouts]", phase.name());
            reporter.at_value(&format!("job.after.{index}"), "the job has no timeout", help);
        }
    }
}
