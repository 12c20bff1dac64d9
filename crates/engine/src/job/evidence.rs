//! Whether an active run does the current work, by the control plane's own times.
//!
//! A new object joins an active run only if nothing that the run installs has changed since the run was created. Otherwise the run
//! must end first. Clocks of other machines do not count.
//!
//! Tests: below, and `crates/engine/tests/tables/job.rs`.

use jiff::Timestamp;
use schema::Job;
use serde_json::Value as Json;

use crate::api::Error;
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

/// What the times show about an active run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was created after every change: it does the current work.
    Current,
    /// It was created before a change.
    Outdated,
    /// A time is missing.
    Unknown,
}

fn verdict(created: Option<Timestamp>, references: LastChange, own: OwnChange) -> Verdict {
    let Some(created) = created else {
        return Verdict::Unknown;
    };
    let is_after = |changed: Timestamp| {
        if created > changed {
            Verdict::Current
        } else {
            Verdict::Outdated
        }
    };
    let references = match references {
        LastChange::Never => Verdict::Current,
        LastChange::At(changed) => is_after(changed),
        LastChange::Unknown => Verdict::Unknown,
    };
    let own = match own {
        OwnChange::Nothing => Verdict::Current,
        OwnChange::At(changed) => changed.map_or(Verdict::Unknown, is_after),
    };
    match (references, own) {
        (Verdict::Outdated, _) | (_, Verdict::Outdated) => Verdict::Outdated,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        (Verdict::Current, Verdict::Current) => Verdict::Current,
    }
}

/// Returns what the times show about an active run. `run` is the response to a poll, `None` if it could not
/// be read.
///
/// Without a declared time (`job.created`) there is no evidence against the run.
///
/// # Errors
///
/// The [`Error`] of a request that may succeed later.
pub async fn examine(
    session: &Session<'_>,
    job: &Job,
    run: Option<&Json>,
    own: OwnChange,
) -> Result<Verdict, Error> {
    let Some(field) = &job.created else {
        return Ok(Verdict::Current);
    };
    let created = run.and_then(|run| time(run, field));
    let object = session.progress.lock().state.clone();
    let references = references::last_change(session.context, session.resource, &object).await?;
    Ok(verdict(created, references, own))
}

/// A time in a response.
pub fn time(response: &Json, field: &str) -> Option<Timestamp> {
    find(response, field)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_compares_the_run_with_every_change() {
        let second = |second: i64| Timestamp::from_second(second).unwrap();
        let at = |time| LastChange::At(second(time));
        let own = |time| OwnChange::At(Some(second(time)));
        #[rustfmt::skip]
        let rows = [
            ("nothing changed", Some(5), LastChange::Never, OwnChange::Nothing, Verdict::Current),
            ("newer than the referenced objects", Some(5), at(4), OwnChange::Nothing, Verdict::Current),
            ("older than a referenced object", Some(5), at(6), OwnChange::Nothing, Verdict::Outdated),
            ("as old as a referenced object", Some(5), at(5), OwnChange::Nothing, Verdict::Outdated),
            ("a referenced object is missing", Some(5), LastChange::Unknown, OwnChange::Nothing, Verdict::Unknown),
            ("missing, and older than the own change", Some(5), LastChange::Unknown, own(6), Verdict::Outdated),
            ("newer than the own change", Some(5), at(4), own(4), Verdict::Current),
            ("older than the own change", Some(5), at(4), own(6), Verdict::Outdated),
            ("the own change has no time", Some(5), at(4), OwnChange::At(None), Verdict::Unknown),
            ("the run has no time", None, LastChange::Never, OwnChange::Nothing, Verdict::Unknown),
        ];
        for (rule, created, references, own, expected) in rows {
            assert_eq!(verdict(created.map(second), references, own), expected, "{rule}");
        }
    }
}
