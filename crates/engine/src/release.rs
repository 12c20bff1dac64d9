//! `release` of the declaration: what a destroy clears in an object that it otherwise only removes from the state.
//!
//! Only a plain destroy releases an object, and only if nothing else manages it. Terraform does not say which kind of destroy a
//! delete belongs to. But it plans a plain destroy in another process than it carries it out, it plans the destroy of a deposed object in
//! the same one, and the delete half of a replacement has the private state of a plan with a configuration:
//! <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! Tests: below, and `tests/terraform/release.rs`.

use std::time::Duration;

use schema::{Release, Resource};
use tokio_util::sync::CancellationToken;
use value::{Path, Value};

use crate::diagnostic::Reported;
use crate::naming::{capitalised, noun, title};
use crate::object::{Plan, Walk};
use crate::private::{DestroyPlan, Private};
use crate::process::Process;
use crate::report::{Action, is_gone};
use crate::session::Session;
use crate::{absence, identity, summaries, takeover, wire};

/// How long the plan of a destroy waits for the plan of another resource of the same object.
const OBJECT_PATIENCE: Duration = Duration::from_secs(10);

/// How long Terraform has to send no request that others may follow, before the plan no longer waits.
const QUIET_TIME: Duration = Duration::from_secs(1);

/// What a delete does to an object whose state asks for a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    /// Releases it.
    Release,
    /// Leaves it as it is.
    Keep,
    /// Leaves it as it is, and warns.
    Warn(Doubt),
}

/// Why it is not certain that a destroy may release an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// Terraform planned no destroy.
    NoPlan,
    /// The process serves many commands, so it cannot distinguish a destroy from a replacement.
    DebugMode,
    /// The plan, or this process, has another resource of the same object.
    Used,
}

/// What this process knows about a delete.
#[derive(Clone, Copy)]
struct Here<'a> {
    /// [`Process::id`]
    process: &'a str,
    /// [`Process::serves_many`]
    serves_many: bool,
    /// Whether the process has used a resource of the same object.
    is_used: bool,
}

fn decide(private: &Private, here: Here<'_>) -> Decision {
    match &private.destroy {
        None if private.change.is_some() => Decision::Keep,
        None => Decision::Warn(Doubt::NoPlan),
        Some(plan) if plan.process == here.process && here.serves_many => Decision::Warn(Doubt::DebugMode),
        Some(plan) if plan.process == here.process => Decision::Keep,
        Some(plan) if plan.is_shared || here.is_used => Decision::Warn(Doubt::Used),
        Some(_) => Decision::Release,
    }
}

/// Whether the state of an object asks for a release.
fn is_asked(resource: &Resource, state: &Value) -> bool {
    let release = resource.release.as_ref();
    release.is_some_and(|release| state.get(&release.argument).as_str() == Some(&release.value))
}

/// Marks the plan of a destroy, and finds out whether the process plans another resource of the same object.
///
/// Terraform plans in any order, so the plan waits a little for that other one.
pub async fn plan_destroy(
    process: &Process,
    cancel: &CancellationToken,
    resource: &'static Resource,
    walk: Walk,
    plan: &mut Plan,
) {
    if resource.release.is_none() && takeover::declared(resource).is_none() {
        return;
    }
    if walk == Walk::Plan {
        process.note_removed(identity::key(resource, &plan.prior));
    }
    let mut destroy = DestroyPlan {
        process: process.id().to_owned(),
        is_shared: false,
    };
    // The plan of an apply is that of a deposed object, which is not released anyway.
    let is_asked = is_asked(resource, &plan.prior) && walk == Walk::Plan;
    let release = resource.release.as_ref().filter(|_| is_asked);
    let shared_key = identity::shared_key(resource, &plan.prior);
    if let (Some(release), Some(read), Some(key)) = (release, resource.api.read.as_deref(), shared_key) {
        let is_stored_twice = || process.stored(&identity::key(resource, &plan.prior)).len() > 1;
        let is_shared = || is_stored_twice() || !process.managed_by(read, &key).is_empty();
        process
            .wait_for_requests(is_shared, QUIET_TIME, OBJECT_PATIENCE, cancel)
            .await;
        destroy.is_shared = is_shared();
        // Another resource of the same type may be the one that replaces this one.
        if process
            .managed_by(read, &key)
            .iter()
            .any(|other| *other != resource.name)
        {
            let detail = not_released(
                resource,
                release,
                &plan.prior,
                "will be removed from state and stay",
                Doubt::Used,
            );
            plan.diagnostics
                .warning_at(Path::root(), &summaries::NOT_RELEASED, detail);
        } else if !destroy.is_shared {
            process.note_released(read, key, resource);
        }
    }
    plan.private.destroy = Some(destroy);
}

/// Records the plan of a resource, and reports it if the plan of a destroy before it releases the same object: that plan cannot be
/// changed any more.
pub fn check(process: &Process, resource: &Resource, plan: &mut Plan) {
    let Some(read) = resource.api.read.as_deref().filter(|_| !plan.config.is_null()) else {
        return;
    };
    let planned = identity::shared_key(resource, &plan.planned);
    let key = planned.or_else(|| identity::shared_key(resource, &plan.prior));
    let is_second = plan.prior.is_null() && plan.private.plan_of().is_some();
    let releases = process.released_by(read, key.as_deref());
    process.note_managed(read, key, &resource.name);
    let stored = process.stored(&identity::key(resource, &plan.planned)).len();
    let other = releases.into_iter().find(|other| {
        let is_deposed = other.name == resource.name
            && (is_second || (stored > 1 && (plan.prior.is_null() || resource.job.is_some())));
        !is_deposed
    });
    let Some((other, release)) = other.and_then(|other| Some((other, other.release.as_ref()?))) else {
        return;
    };
    let title = title(resource, &plan.planned);
    plan.diagnostics.error(
        &summaries::MANAGED_TWICE,
        format!(
            "The same plan destroys another resource of {title}, and that releases the object, because its `{}` is `{}`. If this is \
             the same {} under another address, add a `moved` block. Otherwise, set `{}` of the other resource to another value and apply \
             that first, or remove the other resource in an apply of its own.",
            release.argument,
            release.value,
            noun(other),
            release.argument
        ),
    );
}

/// Releases the object of a delete, if its state asks for it and this is a plain destroy.
///
/// # Errors
///
/// [`Reported`] if the request failed; state then keeps the object.
pub async fn release(session: &mut Session<'_>) -> Result<(), Reported> {
    let (context, resource, request) = (session.context, session.resource, session.request);
    let Some(release) = resource
        .release
        .as_ref()
        .filter(|_| is_asked(resource, &request.prior))
    else {
        return Ok(());
    };
    let process = &context.process;
    let key = identity::shared_key(resource, &request.prior);
    let here = Here {
        process: process.id(),
        serves_many: process.serves_many(),
        is_used: key.is_none_or(|key| process.has_used(&key)),
    };
    let doubt = match decide(&request.private, here) {
        Decision::Keep => return Ok(()),
        Decision::Warn(doubt) => doubt,
        Decision::Release => {
            let Some(operation) = &resource.api.update else {
                return Err(session.missing_operation("update"));
            };
            let body = wire::clear_body(resource, &release.clears);
            let released = absence::perform(context, resource, operation, &request.prior, Some(&body)).await;
            return match released {
                Ok(_) => Ok(()),
                Err(error) if is_gone(&error) => {
                    let known = session.progress.lock().clone();
                    absence::confirm(context, resource, &known, &error, &mut session.diagnostics).await
                }
                Err(error) => Err(session.fail(Action::Release, &error)),
            };
        }
    };
    let detail = not_released(
        resource,
        release,
        &request.prior,
        "was removed from state and stays",
        doubt,
    );
    session
        .diagnostics
        .warning_at(Path::root(), &summaries::NOT_RELEASED, detail);
    Ok(())
}

/// Why an object is not released. `what` is the part of the sentence between its title and "as it is".
fn not_released(resource: &Resource, release: &Release, object: &Value, what: &str, doubt: Doubt) -> String {
    let reason = match doubt {
        Doubt::NoPlan => "this version of Terraform does not show whether it destroys or replaces an object",
        Doubt::DebugMode => "in debug mode, the provider cannot distinguish a destroy from a replacement",
        Doubt::Used => "another resource manages the same object",
    };
    format!(
        "{} {what} as it is, although `{}` is `{}`: {reason}.",
        capitalised(&title(resource, object)),
        release.argument,
        release.value
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private::ChangePlan;

    #[test]
    fn only_a_plain_destroy_of_an_unused_object_releases_it() {
        let none = Private::default;
        let changed = |of: Option<&str>| Private {
            change: Some(ChangePlan {
                of: of.map(str::to_owned),
                ..ChangePlan::default()
            }),
            ..none()
        };
        let destroy = |process: &str, is_shared| Private {
            destroy: Some(DestroyPlan {
                process: process.to_owned(),
                is_shared,
            }),
            ..none()
        };
        let (other, own) = (destroy("other", false), destroy("own", false));
        let here = |serves_many, is_used| Here {
            process: "own",
            serves_many,
            is_used,
        };
        let (one, used, many) = (here(false, false), here(false, true), here(true, false));
        let no_plan = Decision::Warn(Doubt::NoPlan);
        #[rustfmt::skip]
        let rows = [
            ("plain destroy", &other, one, Decision::Release),
            ("the process has used the object", &other, used, Decision::Warn(Doubt::Used)),
            ("the plan has another resource of the object", &destroy("other", true), one, Decision::Warn(Doubt::Used)),
            ("create_before_destroy, or a deposed object", &own, one, Decision::Keep),
            ("the same, beside its replacement", &own, used, Decision::Keep),
            ("debug mode", &own, many, Decision::Warn(Doubt::DebugMode)),
            ("delete half of a sound object", &changed(Some("machine/1")), one, Decision::Keep),
            ("delete half of a tainted object", &changed(None), one, Decision::Keep),
            ("Terraform before 1.2", &none(), one, no_plan),
            ("the same, and the process has used the object", &none(), used, no_plan),
        ];
        for (rule, private, here, expected) in rows {
            assert_eq!(decide(private, here), expected, "{rule}");
        }
    }
}
