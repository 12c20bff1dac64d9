//! Rules about `[job]`.
//!
//! Tests: `schema/tests/ui/jobs/`.

use super::{Reporter, ResourceContext, ResourceRule, by_name};
use crate::diagnostic::did_you_mean;
use crate::model::{Mode, Scalar};

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] = by_name![
    job_target,
    job_target_filled_twice,
    job_needed,
    job_status_twice,
    job_timeout
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
