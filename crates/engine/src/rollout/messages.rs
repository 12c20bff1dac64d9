//! Diagnostics and log lines about rollouts.

use schema::{Resource, Rollout};
use value::{Path, Value};

use super::board::{Queue, Stop};
use super::policy::{Clash, Policy, Problem, Setting};
use crate::diagnostic::{Brief, Diagnostic, Diagnostics, Reported, Severity};
use crate::naming::{capitalised, title};
use crate::private::ChangePlan;
use crate::protection::listed;
use crate::session::Session;
use crate::summaries;

/// Terraform makes such a plan before it destroys, too.
const DESTROY: &str = "To destroy the resources instead, run `terraform destroy -refresh=false`.";

/// What ends the wait of an object.
pub enum Obstacle {
    /// Its group has stopped.
    Stopped(Stop),
    /// Terraform was interrupted. What held the object back.
    Interrupted(Queue),
    /// Its settings cannot be used.
    Invalid(Problem),
}

/// An object whose run is not started.
pub struct Subject<'a> {
    /// Its declaration.
    pub resource: &'a Resource,
    /// The object, as it was or as it is planned.
    pub object: &'a Value,
    /// Of the delete half of a replacement: what its plan left.
    pub change: Option<&'a ChangePlan>,
    /// What state has of it afterwards.
    pub kept: Kept,
    /// The name of its group.
    pub group: Option<&'a str>,
}

/// What state has of an object whose run is not started.
#[derive(Clone, Copy, Debug)]
pub enum Kept {
    /// The object as it was: its delete half or its update was refused.
    AsItWas,
    /// What it had before: its create was refused, and no delete half has destroyed the object.
    AsBefore,
    /// The object as it was, tainted. With the configuration as it was before, no run is started.
    Held,
    /// The object as it was, tainted. The next apply starts the run.
    Tainted,
}

/// Reports why an object may not start its run.
pub fn report(
    rollout: &Rollout,
    subject: &Subject<'_>,
    obstacle: &Obstacle,
    diagnostics: &mut Diagnostics,
) -> Reported {
    let argument = &rollout.argument;
    let group = subject.group.unwrap_or_default();
    let name = title(subject.resource, subject.object);
    let consequence = format!("Nothing was sent for {name}. {}", what_state_has(subject));
    let (path, summary, reason) = match obstacle {
        Obstacle::Invalid(problem) => return report_problem(rollout, *problem, diagnostics),
        Obstacle::Interrupted(queue) => (
            Path::root(),
            &summaries::ROLLOUT_INTERRUPTED,
            format!(
                "Terraform was interrupted while {name} waited for its turn.{}",
                held_back(queue)
            ),
        ),
        Obstacle::Stopped(Stop::Failures { failed, allowed }) => (
            Path::root().attribute(argument),
            &summaries::ROLLOUT_STOPPED,
            format!(
                "The rollout of group {group:?} has stopped: the change of {} failed, and `{}` is {allowed}.",
                listed(failed),
                rollout.failures
            ),
        ),
        Obstacle::Stopped(Stop::NoRoom { failed }) => (
            Path::root().attribute(argument),
            &summaries::ROLLOUT_STOPPED,
            format!(
                "The rollout of group {group:?} has stopped: the change of {} failed. That leaves no room, because only so many may be \
                 unavailable as `{}` says.",
                listed(failed),
                rollout.unavailable
            ),
        ),
        Obstacle::Stopped(Stop::Way { title }) => (
            Path::root().attribute(argument),
            &summaries::ROLLOUT_STOPPED,
            format!(
                "Group {group:?} has no room until {title} is available again, and Terraform begins that one only after others: this one \
                 makes way. A larger `-parallelism` avoids that."
            ),
        ),
        Obstacle::Stopped(Stop::Unlisted { reason }) => (
            Path::root().attribute(argument).attribute(&rollout.members),
            &summaries::ROLLOUT_STOPPED,
            format!(
                "The rollout of group {group:?} has stopped: it is unknown which of its members are available. {reason}"
            ),
        ),
        Obstacle::Stopped(Stop::Differs { setting, titles }) => (
            Path::root().attribute(argument).attribute(setting.name(rollout)),
            &summaries::ROLLOUT_CONFLICT,
            differs(rollout, *setting, group, titles),
        ),
        Obstacle::Stopped(Stop::Overlaps { groups }) => (
            Path::root().attribute(argument).attribute(&rollout.members),
            &summaries::ROLLOUT_CONFLICT,
            overlaps(rollout, groups),
        ),
    };
    // Hundreds of objects may wait: one of them gets the advice.
    let brief = Brief {
        fault: format!("{} of {group:?}: {:?}", summary.text, subject.kept),
        detail: format!("{reason} Nothing was sent for {name}."),
    };
    diagnostics.push(Diagnostic {
        brief: Some(brief),
        ..Diagnostic::new(
            Severity::Error,
            path,
            summary,
            format!("{reason}\n\n{consequence}"),
        )
    });
    Reported
}

/// What held an object back, as sentences.
fn held_back(queue: &Queue) -> String {
    let members = queue.unavailable.iter();
    let members: Vec<String> = members
        .map(|key| key.rsplit('/').next().unwrap_or(key).to_owned())
        .collect();
    let sentences = [("Before it", &queue.running), ("Unavailable", &members)];
    let sentences = sentences.into_iter().filter(|(_, objects)| !objects.is_empty());
    let sentences = sentences.map(|(label, objects)| format!(" {label}: {}.", listed(objects)));
    sentences.collect::<Vec<_>>().concat()
}

/// What state has after a refusal, and what the next apply does.
fn what_state_has(subject: &Subject<'_>) -> String {
    let is_demanded = subject
        .change
        .is_some_and(|change| change.of.is_some() && !change.is_forced);
    let text = match subject.kept {
        Kept::AsItWas if is_demanded => {
            "State has it as it was. Terraform forgets that `-replace` or `replace_triggered_by` asked for its replacement: ask for it \
             again, with `terraform apply -replace=ADDRESS`."
        }
        Kept::AsItWas => "State has it as it was. The next `terraform apply` goes on with what is left.",
        Kept::AsBefore => "The next `terraform apply` goes on with what is left.",
        Kept::Held => {
            "State has it as it was, and as tainted. The next `terraform apply` goes on with it; if the configuration is as it was \
             before, it starts no run. To keep the object without that apply, run `terraform untaint ADDRESS`."
        }
        Kept::Tainted => {
            "State has it as it was, and as tainted, so the next `terraform apply` goes on with it. To keep the object as it is \
             instead, run `terraform untaint ADDRESS`."
        }
    };
    text.to_owned()
}

/// Reports a setting that cannot be used.
pub fn report_problem(rollout: &Rollout, problem: Problem, diagnostics: &mut Diagnostics) -> Reported {
    let (unavailable, members) = (&rollout.unavailable, &rollout.members);
    let (argument, detail) = match problem {
        Problem::NoShare => (
            unavailable,
            format!("`{unavailable}` must be a number above 0, or a percentage from 1 to 100 such as `25%`."),
        ),
        Problem::NoMembers => (
            unavailable,
            format!(
                "A percentage is a share of all objects of the group, so it needs `{members}`. Set that, or write a number."
            ),
        ),
        Problem::NotMember => (
            members,
            format!("`{members}` has all objects of the group, but not this one. Add it."),
        ),
    };
    let path = Path::root().attribute(&rollout.argument).attribute(argument);
    diagnostics.error_at(path, &summaries::INVALID_VALUE, detail)
}

/// Reports two policies that cannot both hold.
pub fn report_clash(
    rollout: &Rollout,
    clash: Clash,
    groups: &[String; 2],
    titles: &[String; 2],
    diagnostics: &mut Diagnostics,
) {
    let [_, group] = groups;
    let (setting, detail) = match clash {
        Clash::Differs(setting) => (setting, differs(rollout, setting, group, titles)),
        Clash::Overlaps => (Setting::Members, overlaps(rollout, groups)),
    };
    let path = Path::root()
        .attribute(&rollout.argument)
        .attribute(setting.name(rollout));
    diagnostics.error_at(path, &summaries::ROLLOUT_CONFLICT, detail);
}

fn differs(rollout: &Rollout, setting: Setting, group: &str, [one, other]: &[String; 2]) -> String {
    format!(
        "{} and {other} are in group {group:?}, but have other values of `{}`. All objects of a group need the same settings. {DESTROY}",
        capitalised(one),
        setting.name(rollout)
    )
}

fn overlaps(rollout: &Rollout, [one, other]: &[String; 2]) -> String {
    format!(
        "Groups {one:?} and {other:?} have an object in `{}` in common. An object belongs to one group. {DESTROY}",
        rollout.members
    )
}

/// Warns that an object was not available after its run.
pub fn warn_unavailable(session: &mut Session<'_>, rollout: &Rollout, policy: &Policy) {
    let name = title(session.resource, &session.progress.lock().state);
    session.diagnostics.warning_at(
        Path::root().attribute(&rollout.argument),
        &summaries::NOT_AVAILABLE,
        format!(
            "The run of {name} succeeded, but `{}` was not true when the timeout ended. Group {:?} counts that as a failure.",
            rollout.available,
            policy.group
        ),
    );
}

/// Logs what holds a group back.
pub fn log(queue: &Queue) {
    tracing::info!(
        group = queue.group.as_deref(),
        waiting = queue.waiting,
        running = %listed(&queue.running),
        unavailable = %listed(&queue.unavailable),
        "objects wait for their turn"
    );
}
