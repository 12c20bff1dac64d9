//! Whether an active run does the current work, by the control plane's own times.
//!
//! A new object joins an active run only if nothing that the run installs has changed since the run was created. Otherwise the run
//! must end first. Clocks of other machines do not count.
//!
//! Tests: below, and `crates/engine/tests/tables/job.rs`.

use jiff::Timestamp;
use schema::Job;
use serde_json::Value as Json;

use crate::references::{self, LastChange};
use crate::session::Session;
use crate::wire::find;

/// What the apply's own create or update changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnChange {
    /// Nothing: the object had all values before.
    #[default]
    Nothing,
    /// Something, at this time by the control plane's clock; `None` if the response has no time.
    At(Option<Timestamp>),
}

/// Whether the run was created after all changes.
fn is_after(created: Option<Timestamp>, references: LastChange, own: OwnChange) -> bool {
    let Some(created) = created else { return false };
    let is_after_references = match references {
        LastChange::Never => true,
        LastChange::At(changed) => created > changed,
        LastChange::Unknown => false,
    };
    let is_after_own = match own {
        OwnChange::Nothing => true,
        OwnChange::At(changed) => changed.is_some_and(|changed| created > changed),
    };
    is_after_references && is_after_own
}

/// Whether an active run of the session's object does the current work. `run` is the response to a poll, `None` if it could not be
/// read.
///
/// Without a declared time (`job.created`) there is no evidence against it.
pub async fn does_current_work(session: &Session<'_>, job: &Job, run: Option<&Json>, own: OwnChange) -> bool {
    let Some(field) = &job.created else { return true };
    let created = run.and_then(|run| time(run, field));
    let object = session.progress.lock().state.clone();
    let references = references::last_change(session.context, session.resource, &object).await;
    is_after(created, references, own)
}

/// A time in a response.
pub fn time(response: &Json, field: &str) -> Option<Timestamp> {
    find(response, field)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_does_current_work_if_it_is_newer_than_every_change() {
        let second = |second: i64| Timestamp::from_second(second).unwrap();
        let at = |time| LastChange::At(second(time));
        let own = |time| OwnChange::At(Some(second(time)));
        #[rustfmt::skip]
        let rows = [
            ("nothing changed", Some(5), LastChange::Never, OwnChange::Nothing, true),
            ("newer than the referenced objects", Some(5), at(4), OwnChange::Nothing, true),
            ("older than a referenced object", Some(5), at(6), OwnChange::Nothing, false),
            ("as old as a referenced object", Some(5), at(5), OwnChange::Nothing, false),
            ("a referenced object is missing", Some(5), LastChange::Unknown, OwnChange::Nothing, false),
            ("newer than the own change", Some(5), at(4), own(4), true),
            ("older than the own change", Some(5), at(4), own(6), false),
            ("the own change has no time", Some(5), at(4), OwnChange::At(None), false),
            ("the run has no time", None, LastChange::Never, OwnChange::Nothing, false),
        ];
        for (rule, created, references, own, expected) in rows {
            assert_eq!(is_after(created.map(second), references, own), expected, "{rule}");
        }
    }
}
