//! Rules about long-running work.
//!
//! Tests: `schema/tests/ui/jobs/`.

use super::{Found, ResourceRule, Subject, by_name};
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

/// What a job learns it keeps in attributes, which no configuration can set.
fn job_target(subject: &Subject<'_>, found: &mut Found<'_>) {
    each_target(subject, |path, name, report| {
        match subject.resource.attribute(name) {
            None => {
                let help = did_you_mean(name, subject.names()).unwrap_or_default();
                report(found, path, format!("unknown attribute {name:?}"), help);
            }
            Some(attribute) if attribute.mode != Mode::Computed => {
                found.value(
                    path,
                    format!("{name:?} must be computed"),
                    "add `mode = \"computed\"` to the attribute",
                );
            }
            Some(_) => {}
        }
    });
}

/// An attribute that the object's own answer fills as well would change its value with whoever spoke last.
fn job_target_filled_twice(subject: &Subject<'_>, found: &mut Found<'_>) {
    each_target(subject, |path, name, report| {
        let Some(attribute) = subject.resource.attribute(name) else {
            return;
        };
        if attribute.mode == Mode::Computed && !attribute.wire.read.is_empty() {
            let message = format!("{name:?} is set by both the job and the response");
            report(
                found,
                path,
                message,
                "add `wire = false` to the attribute".to_owned(),
            );
        }
    });
}

/// Whether work is still to be done is a yes or a no that the control plane gives with the object.
fn job_needed(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(name) = (subject.resource.job.as_ref()).and_then(|job| job.needed.as_ref()) else {
        return;
    };
    match subject.resource.attribute(name) {
        None => found.no_attribute("job.needed", name, subject.names()),
        Some(attribute) if attribute.r#type.scalar != Scalar::Bool || attribute.wire.read.is_empty() => {
            found.value(
                "job.needed",
                format!("{name:?} is not a bool that the control plane returns"),
                "",
            );
        }
        Some(_) => {}
    }
}

/// Reports where a target is named: as a key of `save`, as the value of `into`.
type Reporter = fn(&mut Found<'_>, &str, String, String);

fn each_target(subject: &Subject<'_>, mut visit: impl FnMut(&str, &str, Reporter)) {
    let Some(job) = &subject.resource.job else { return };
    for (name, _) in job.save.iter() {
        visit(&format!("job.save.{name}"), name, at_key);
    }
    if !job.into.is_empty() {
        visit("job.status.into", &job.into, at_value);
    }
}

fn at_key(found: &mut Found<'_>, path: &str, message: String, help: String) {
    found.key(path, message, help);
}

fn at_value(found: &mut Found<'_>, path: &str, message: String, help: String) {
    found.value(path, message, help);
}

/// A run cannot have succeeded and failed.
fn job_status_twice(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(job) = &subject.resource.job else { return };
    for (place, status) in job.failed.iter().enumerate() {
        if job.done.contains(status) {
            let path = format!("job.failed.{place}");
            found.value(&path, format!("{status:?} is also in \"done\""), "");
        }
    }
}

/// A wait without an end is one that nobody can plan with; and only `[timeouts]` lets a user change it.
fn job_timeout(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(job) = &subject.resource.job else { return };
    for (place, phase) in job.after.iter().enumerate() {
        let timeouts = subject.resource.timeouts.as_ref();
        if timeouts.and_then(|timeouts| timeouts.of(*phase)).is_none() {
            let help = format!("add `{} = \"60m\"` to [timeouts]", phase.name());
            found.value(&format!("job.after.{place}"), "the job has no timeout", help);
        }
    }
}
