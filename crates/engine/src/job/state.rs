//! What state says of a run: all that a replacement gets to see of it.

use std::collections::BTreeMap;

use schema::{Job, Phase, Resource};
use serde_json::Value as Json;
use value::Value;

use super::trigger::trigger;
use crate::object::Known;
use crate::private::{Purpose, Run, Stage};
use crate::session::Session;

/// The status of a run that may have been started, but has no name yet; the object will say when it is over.
pub const STARTING: &str = "starting";

/// The same, where the object will not say.
pub const UNCONFIRMED: &str = "unconfirmed";

/// The status of a run that was not looked at yet.
pub const PENDING: &str = "pending";

/// The status of a run of which nothing tells what became of it.
pub const LOST: &str = "lost";

/// The status while a run goes on that was started for something else: another follows when it has ended.
pub const WAITING: &str = "waiting";

/// The status while a run goes on that somebody else may have started: the object will say whether it has done the work.
pub const JOINED: &str = "joined";

/// Statuses that are the provider's own.
const OWN: [&str; 5] = [STARTING, UNCONFIRMED, WAITING, JOINED, LOST];

/// Writes a run into state and private state.
pub fn record(known: &mut Known, job: &Job, run: &Run) {
    // Of a run without a name there is none to be kept from before.
    for (attribute, _) in job.save.iter() {
        let value = run.saved.get(attribute.as_ref());
        let value = value.map(|value| Value::string(value.as_str()));
        known.state.set_attribute(attribute, value.unwrap_or_default());
    }
    let status = match (run.stage, run.purpose) {
        _ if run.saved.is_empty() => run.status.as_str(),
        (Stage::Going, Purpose::Outdated) => WAITING,
        (Stage::Going, Purpose::Joined) => JOINED,
        // The control plane's own word must not pass for one of the provider's.
        (Stage::Going, Purpose::Wanted) if OWN.contains(&run.status.as_str()) => "running",
        _ => run.status.as_str(),
    };
    known.state.set_attribute(&job.into, Value::string(status));
    known.private.run = (run.stage != Stage::Succeeded).then(|| run.clone());
}

/// Writes a run into what is known of the session's object.
pub fn remember(session: &Session<'_>, job: &Job, run: &Run) {
    record(&mut session.progress.lock(), job, run);
}

/// Notes that the create is about to end with an error, so that Terraform taints the object although its run goes on.
pub fn will_taint(session: &Session<'_>) {
    if let (Phase::Create, Some(run)) = (session.phase, &mut session.progress.lock().private.run) {
        run.taints = true;
    }
}

/// Notes that the work is done, by a run that has no name.
pub fn note_done(known: &mut Known, job: &Job) {
    let status = job.done.first().map(|status| Value::string(status.as_ref()));
    known.state.set_attribute(&job.into, status.unwrap_or_default());
    known.private.run = None;
}

/// Notes that nothing tells what became of a run.
pub fn note_lost(known: &mut Known, job: &Job) {
    known.state.set_attribute(&job.into, Value::string(LOST));
    known.private.run = None;
}

/// The run that state tells of, where it goes on. What it is to this object, its status says.
pub fn going(job: &Job, resource: &Resource, object: &Value) -> Option<Run> {
    let status = object.get(&job.into).as_str()?;
    let is_unnamed = [STARTING, UNCONFIRMED].contains(&status);
    let saved = job.save.iter().filter(|_| !is_unnamed).map(|(name, _)| {
        let value = object.get(name).as_str()?;
        Some((name.to_string(), value.to_owned()))
    });
    let saved: BTreeMap<String, String> = saved.collect::<Option<_>>()?;
    let is_over = job
        .done
        .iter()
        .chain(job.failed.iter())
        .map(AsRef::as_ref)
        .chain([LOST])
        .any(|known| known == status);
    let purpose = match status {
        WAITING => Purpose::Outdated,
        JOINED => Purpose::Joined,
        _ => Purpose::Wanted,
    };
    (!is_over).then(|| Run {
        saved,
        status: status.to_owned(),
        stage: Stage::Going,
        taints: false,
        purpose,
        // What an outdated one was started for, nobody knows any more.
        trigger: match purpose {
            Purpose::Outdated => Json::Null,
            Purpose::Wanted | Purpose::Joined => trigger(resource, object),
        },
        was_needed: status == STARTING || is_needed(job, object) == Some(true),
    })
}

/// Whether the object says that the work is still to be done; `None` where it does not say.
pub fn is_needed(job: &Job, object: &Value) -> Option<bool> {
    object.get(job.needed.as_deref()?).as_bool()
}
