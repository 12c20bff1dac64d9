//! The transitions of the machine, one row each: the stored run, the events, and the result.
//!
//! Rows that say "the object did not need the work" start a run on demand, such as a reinstallation.

use super::*;
use crate::run::{Run, RunState};

const RUN: &str = "r1";
const OTHER: &str = "r2";

fn id(name: &str) -> Id {
    Id::from([("id".to_owned(), name.to_owned())])
}

fn active(name: &str, status: &str, origin: Origin) -> ActiveRun {
    ActiveRun {
        id: id(name),
        status: status.to_owned(),
        origin,
        is_current: true,
    }
}

/// A run of this object, for work that the object needed.
const OWN: Origin = Origin::Own { was_needed: true };
/// A run of this object that was started on demand: the object did not need the work.
const ON_DEMAND: Origin = Origin::Own { was_needed: false };

fn own() -> RunState {
    RunState::Active(active(RUN, "installing", OWN))
}

fn on_demand() -> RunState {
    RunState::Active(active(RUN, "installing", ON_DEMAND))
}

fn other_clients() -> RunState {
    RunState::Active(active(RUN, "installing", Origin::Other))
}

fn outdated() -> RunState {
    RunState::Active(ActiveRun {
        is_current: false,
        ..active(RUN, "installing", OWN)
    })
}

fn failed(name: &str) -> RunState {
    RunState::Failed {
        id: id(name),
        status: "error".to_owned(),
    }
}

const STARTING: RunState = RunState::Unconfirmed {
    was_needed: true,
    is_current: true,
};
const UNCONFIRMED: RunState = RunState::Unconfirmed {
    was_needed: false,
    is_current: true,
};
/// An unconfirmed start for another configuration.
const OUTDATED_START: RunState = RunState::Unconfirmed {
    was_needed: true,
    is_current: false,
};

fn created(is_needed: Option<bool>) -> Event {
    Event::Applied {
        is_due: true,
        is_current: true,
        source: Source::ReplacedObject,
        is_needed,
    }
}

/// An update in place that continues with the stored run.
fn continued(is_needed: Option<bool>) -> Event {
    Event::Applied {
        is_due: false,
        is_current: true,
        source: Source::PrivateState,
        is_needed,
    }
}

fn started() -> Event {
    Event::Started(id(RUN))
}

fn rejected_by(name: &str) -> Event {
    Event::StartRejected(Rejection::Run {
        id: id(name),
        is_current: true,
    })
}

/// A rejection because of a run that may do other work.
fn rejected_by_outdated(name: &str) -> Event {
    Event::StartRejected(Rejection::Run {
        id: id(name),
        is_current: false,
    })
}

fn polled(status: &str) -> Event {
    Event::Polled(run_status(status))
}

fn run_status(status: &str) -> RunStatus {
    RunStatus {
        status: status.to_owned(),
        succeeded: match status {
            "completed" => Some(true),
            "error" | "degraded" => Some(false),
            _ => None,
        },
    }
}

fn refreshed(status: Option<&str>, is_needed: Option<bool>, is_tainted: bool) -> Event {
    Event::Refreshed {
        polled: status.map(run_status),
        is_needed,
        is_tainted,
    }
}

/// What the apply or refresh leaves.
#[derive(Debug, PartialEq, Eq)]
enum Leftover {
    /// The work is done, by this run.
    Completed(&'static str),
    /// The work is done, as the object shows.
    Done,
    /// The result is unknown, with a warning.
    Lost,
    /// A run is stored for the next plan and apply.
    Stored(RunState),
    /// No run, as before.
    Nothing,
}

/// A rule; the stored run, the events, the number of starts, what is left, and the outcome.
struct Row(
    &'static str,
    Option<RunState>,
    Vec<Event>,
    usize,
    Leftover,
    Option<Outcome>,
);

fn play(row: &Row) -> (State, usize, Vec<Action>) {
    let Row(rule, stored, events, ..) = row;
    let mut state = State::Idle(stored.clone());
    let mut requests = 0;
    let mut last = Vec::new();
    for event in events {
        assert!(
            !matches!(last.last(), Some(Action::Finish(_))),
            "{rule}: the apply ended before {event:?}"
        );
        if let Some(action) = last.last() {
            assert!(
                can_follow(*action, event),
                "{rule}: {event:?} cannot follow {action:?}"
            );
        }
        (state, last) = next(state, event.clone());
        requests += last.iter().filter(|action| **action == Action::SendStart).count();
    }
    (state, requests, last)
}

/// Whether an action can lead to this event.
fn can_follow(action: Action, event: &Event) -> bool {
    match event {
        Interrupted | TimedOut => true,
        Event::Started(_)
        | StartedWithoutId
        | Event::StartRejected(_)
        | StartResponseLost
        | StartFailed
        | StartCancelled => action == Action::SendStart,
        Event::Polled(_) | RunNotFound => action == Action::PollRun,
        ObjectRead(_) => action == Action::ReadObject,
        TransientError | PermanentError => matches!(action, Action::PollRun | Action::ReadObject),
        PauseEnded { .. } => matches!(action, Action::Pause(_)),
        Event::Applied { .. } | Event::Refreshed { .. } => false,
    }
}

fn check(rows: Vec<Row>) {
    for row in rows {
        let (state, requests, last) = play(&row);
        let Row(rule, _, _, expected_requests, left, outcome) = row;
        let actual = match state {
            State::Succeeded(end) if end.id == id(RUN) => Leftover::Completed(RUN),
            State::Succeeded(_) => Leftover::Completed(OTHER),
            State::Done => Leftover::Done,
            State::Lost => Leftover::Lost,
            State::Idle(None) => Leftover::Nothing,
            State::Idle(Some(stored)) => Leftover::Stored(stored),
            state => panic!("{rule}: not finished: {state:?}, {last:?}"),
        };
        assert_eq!(actual, left, "{rule}");
        assert_eq!(requests, expected_requests, "{rule}: starts");
        let ended = match last[..] {
            [] => None,
            [.., Action::Finish(outcome)] => Some(outcome),
            _ => panic!("{rule}: not finished: {last:?}"),
        };
        assert_eq!(ended, outcome, "{rule}");
    }
}

use Event::{
    Interrupted, ObjectRead, PauseEnded, PermanentError, RunNotFound, StartCancelled, StartFailed,
    StartResponseLost, StartedWithoutId, TimedOut, TransientError,
};

const NEEDED: Option<bool> = Some(true);
const NOT_NEEDED: Option<bool> = Some(false);
const NEED_UNKNOWN: Option<bool> = None;
const EARLY: Event = PauseEnded { is_late: false };
const LATE: Event = PauseEnded { is_late: true };
const REJECTED_WITHOUT_ID: Event = Event::StartRejected(Rejection::Unexplained);
const REJECTED_FOR_A_REASON: Event = Event::StartRejected(Rejection::Reason);

#[rustfmt::skip]
#[test]
fn next_follows_a_started_run_to_its_end() {
    let running = || polled("installing");
    check(vec![
        Row("the run succeeds", None, vec![created(NEEDED), started(), running(), polled("completed")], 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("the run fails", None, vec![created(NEEDED), started(), polled("error")], 1, Leftover::Stored(failed(RUN)), Some(Outcome::RunFailed)),
        Row("an update after which the job does not run starts nothing", None, vec![continued(NEEDED)], 0, Leftover::Nothing, None),
        Row("polls with a transient error are retried", None, vec![created(NEEDED), started(), TransientError, TransientError, polled("completed")], 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a run that is not found at first is polled again", None, vec![created(NEEDED), started(), RunNotFound, RunNotFound, RunNotFound, polled("completed")], 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("only polls in a row that do not find the run count", None, vec![created(NEEDED), started(), RunNotFound, RunNotFound, RunNotFound, running(), RunNotFound, RunNotFound, RunNotFound, polled("completed")], 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a run of this apply that is never found is an error", None, vec![created(NEEDED), started(), RunNotFound, RunNotFound, RunNotFound, RunNotFound], 1, Leftover::Stored(RunState::Active(active(RUN, PENDING, OWN))), Some(Outcome::ReadFailed)),
        Row("a permanent error ends the apply, and the run is stored", None, vec![created(NEEDED), started(), running(), PermanentError], 1, Leftover::Stored(own()), Some(Outcome::ReadFailed)),
        Row("an interrupt ends the apply, and the run is stored", None, vec![created(NEEDED), started(), running(), Interrupted], 1, Leftover::Stored(own()), Some(Outcome::Interrupted)),
        Row("the timeout ends the apply, and the run is stored", None, vec![created(NEEDED), started(), running(), TimedOut], 1, Leftover::Stored(own()), Some(Outcome::TimedOut)),
        Row("a start that fails is sent by the next apply", None, vec![created(NEEDED), StartFailed], 1, Leftover::Stored(RunState::NotStarted), Some(Outcome::StartFailed)),
        Row("a start that was interrupted before it was sent is sent by the next apply", None, vec![created(NEED_UNKNOWN), StartCancelled], 1, Leftover::Stored(RunState::NotStarted), Some(Outcome::InterruptedBeforeStart)),
        Row("a response without a run identity: the object shows that the work is done", None, vec![created(NEEDED), StartedWithoutId, ObjectRead(NEEDED), ObjectRead(NOT_NEEDED)], 1, Leftover::Done, Some(Outcome::Done)),
        Row("a response without a run identity: the rejection of another start names the active run", None, vec![created(NEEDED), StartedWithoutId, ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), rejected_by(RUN), polled("completed"), ObjectRead(NOT_NEEDED)], 2, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a response without a run identity is an error if the object did not need the work, and no second start is sent", None, vec![created(NOT_NEEDED), StartedWithoutId], 1, Leftover::Stored(UNCONFIRMED), Some(Outcome::Unidentified)),
    ]);
}

#[rustfmt::skip]
#[test]
fn next_retries_a_lost_start_without_a_second_run() {
    let lost = || vec![created(NEEDED), StartResponseLost];
    let on_demand_start = || vec![created(NOT_NEEDED), StartResponseLost];
    let with = |mut events: Vec<Event>, more: Vec<Event>| {
        events.extend(more);
        events
    };
    check(vec![
        Row("the object shows that the work is done", None, with(lost(), vec![ObjectRead(NOT_NEEDED)]), 1, Leftover::Done, Some(Outcome::Done)),
        Row("a short run has ended, and the object shows that a little later", None, with(lost(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NOT_NEEDED)]), 1, Leftover::Done, Some(Outcome::Done)),
        Row("the object needs the work: the active run is followed", None, with(lost(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), rejected_by(RUN), polled("completed"), ObjectRead(NOT_NEEDED)]), 2, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("the lost start was not carried out: the retry starts a run", None, with(lost(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), started(), polled("completed")]), 2, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("retries of a start are limited", None, with(lost(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), StartResponseLost, ObjectRead(NEEDED), StartResponseLost, ObjectRead(NEEDED), StartResponseLost]), 4, Leftover::Stored(STARTING), Some(Outcome::StartFailed)),
        Row("a read with a transient error is retried", None, with(lost(), vec![TransientError, ObjectRead(NOT_NEEDED)]), 1, Leftover::Done, Some(Outcome::Done)),
        Row("after a transient error the object is read several times, since its value may be old", None, with(lost(), vec![TransientError, ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), started(), polled("completed")]), 2, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a permanent error of the read leaves the start unconfirmed", None, with(lost(), vec![PermanentError]), 1, Leftover::Stored(STARTING), Some(Outcome::ReadFailed)),
        Row("an interrupt leaves the start unconfirmed", None, with(lost(), vec![Interrupted]), 1, Leftover::Stored(STARTING), Some(Outcome::Interrupted)),
        Row("an interrupt during the start leaves it unconfirmed", None, vec![created(NEEDED), Interrupted], 1, Leftover::Stored(STARTING), Some(Outcome::Interrupted)),
        Row("an interrupt before the retry leaves the start unconfirmed", None, with(lost(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), StartCancelled]), 2, Leftover::Stored(STARTING), Some(Outcome::Interrupted)),
        Row("the timeout leaves the start unconfirmed", None, with(lost(), vec![TimedOut]), 1, Leftover::Stored(STARTING), Some(Outcome::TimedOut)),
        Row("a rejection that names no run ends the apply", None, vec![created(NEEDED), REJECTED_WITHOUT_ID], 1, Leftover::Stored(RunState::NotStarted), Some(Outcome::StartFailed)),
        Row("after a lost start, such a rejection means a run is active: the object is read until the work is done, and no start is sent", None, with(lost(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), REJECTED_WITHOUT_ID, ObjectRead(NEEDED), ObjectRead(NEEDED), TransientError, ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NOT_NEEDED)]), 2, Leftover::Done, Some(Outcome::Done)),
        Row("the object is read until the timeout", None, with(lost(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), REJECTED_WITHOUT_ID, ObjectRead(NEEDED), TimedOut]), 2, Leftover::Stored(STARTING), Some(Outcome::TimedOut)),
        Row("an object that no longer shows its need cannot confirm the run", None, with(lost(), vec![ObjectRead(NEED_UNKNOWN)]), 1, Leftover::Lost, Some(Outcome::Unconfirmed)),
        Row("if the object did not need the work, the start is retried at once, and the active run is followed", None, with(on_demand_start(), vec![EARLY, rejected_by(RUN), polled("completed")]), 2, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a start is not retried after its run may have ended", None, with(on_demand_start(), vec![LATE]), 1, Leftover::Stored(UNCONFIRMED), Some(Outcome::StartFailed)),
Row("a start that is rejected for another reason ends the apply", None, vec![created(NEEDED), REJECTED_FOR_A_REASON], 1, Leftover::Stored(RunState::NotStarted), Some(Outcome::StartFailed)),
        Row("a retry that is rejected for another reason ends the apply, and the lost start stays stored", None, with(lost(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), REJECTED_FOR_A_REASON]), 2, Leftover::Stored(STARTING), Some(Outcome::StartFailed)),
                Row("a retry that is rejected without a run identity ends the apply", None, with(on_demand_start(), vec![EARLY, REJECTED_WITHOUT_ID]), 2, Leftover::Stored(UNCONFIRMED), Some(Outcome::StartFailed)),
        Row("a retry that fails leaves the lost start unconfirmed", None, with(on_demand_start(), vec![EARLY, StartFailed, EARLY, StartFailed, EARLY, StartFailed]), 4, Leftover::Stored(UNCONFIRMED), Some(Outcome::StartFailed)),
        Row("an interrupt leaves the start unconfirmed if the object did not need the work", None, with(on_demand_start(), vec![Interrupted]), 1, Leftover::Stored(UNCONFIRMED), Some(Outcome::Interrupted)),
    ]);
}

#[rustfmt::skip]
#[test]
fn next_continues_a_stored_run_in_the_next_apply() {
    check(vec![
        Row("an active run is followed", Some(own()), vec![continued(NEEDED), polled("installing"), polled("completed")], 0, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a run that failed since then is reported", Some(own()), vec![continued(NEEDED), polled("error")], 0, Leftover::Stored(failed(RUN)), Some(Outcome::RunFailed)),
        Row("an interrupt keeps the run stored", Some(own()), vec![continued(NEEDED), Interrupted], 0, Leftover::Stored(own()), Some(Outcome::Interrupted)),
        Row("a permanent error keeps the run stored", Some(own()), vec![continued(NEEDED), PermanentError], 0, Leftover::Stored(own()), Some(Outcome::ReadFailed)),
        Row("the API no longer has the run, and the object needs the work", Some(own()), vec![continued(NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("the API no longer has the run, and the object shows that the work is done", Some(own()), vec![continued(NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, ObjectRead(NOT_NEEDED)], 0, Leftover::Done, Some(Outcome::Done)),
        Row("the API no longer has a run that the object did not need: a warning, and no start", Some(on_demand()), vec![continued(NOT_NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, ObjectRead(NOT_NEEDED)], 0, Leftover::Lost, Some(Outcome::Unconfirmed)),
        Row("an interrupt during that read keeps the run stored", Some(own()), vec![continued(NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, Interrupted], 0, Leftover::Stored(own()), Some(Outcome::Interrupted)),
        Row("an unconfirmed start, and the object shows that the work is done", Some(STARTING), vec![continued(NOT_NEEDED)], 0, Leftover::Done, Some(Outcome::Done)),
        Row("an unconfirmed start, the object needs the work, and a run is active", Some(STARTING), vec![continued(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), rejected_by(RUN), polled("completed"), ObjectRead(NOT_NEEDED)], 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("an unconfirmed start, and the object shows later that the work is done", Some(STARTING), vec![continued(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NOT_NEEDED)], 0, Leftover::Done, Some(Outcome::Done)),
        Row("an unconfirmed start, and the object no longer shows its need", Some(STARTING), vec![continued(NEED_UNKNOWN)], 0, Leftover::Lost, Some(Outcome::Unconfirmed)),
        Row("an unconfirmed start that the object did not need: a warning, and no start", Some(UNCONFIRMED), vec![continued(NOT_NEEDED)], 0, Leftover::Lost, Some(Outcome::Unconfirmed)),
        Row("the same if the object never shows its need", Some(UNCONFIRMED), vec![continued(NEED_UNKNOWN)], 0, Leftover::Lost, Some(Outcome::Unconfirmed)),
        Row("an unconfirmed start that the object needs by now is retried", Some(UNCONFIRMED), vec![continued(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), started(), polled("completed")], 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a failed run is left to the plan, which replaces the object", Some(failed(RUN)), vec![continued(NEEDED)], 0, Leftover::Stored(failed(RUN)), None),
        Row("a run that was not started is left to the plan, which replaces the object", Some(RunState::NotStarted), vec![continued(NEEDED)], 0, Leftover::Stored(RunState::NotStarted), None),
    ]);
}

#[rustfmt::skip]
#[test]
fn next_follows_the_run_of_the_replaced_object() {
    let created_with_another_config = |is_needed| Event::Applied {
        is_due: true,
        is_current: false,
        source: Source::ReplacedObject,
        is_needed,
    };
    check(vec![
        Row("the active run of the replaced object is followed", Some(own()), vec![created(NEEDED), polled("completed")], 0, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a run that failed is started again", Some(own()), vec![created(NEEDED), polled("error"), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("an interrupt before that keeps the run stored", Some(own()), vec![created(NEEDED), polled("error"), Interrupted], 0, Leftover::Stored(own()), Some(Outcome::Interrupted)),
        Row("a run for another configuration has to end first", Some(own()), vec![created_with_another_config(NEEDED), polled("completed"), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("an outdated run may also end with a failure", Some(own()), vec![created_with_another_config(NEEDED), polled("error"), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("an outdated run stays outdated after the timeout", Some(own()), vec![created_with_another_config(NEEDED), polled("installing"), TimedOut], 0, Leftover::Stored(outdated()), Some(Outcome::TimedOut)),
        Row("an outdated run that the API no longer has counts as ended", Some(own()), vec![created_with_another_config(NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, ObjectRead(NOT_NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("an unconfirmed start for another configuration: its run has to end first", Some(STARTING), vec![created_with_another_config(NEEDED), rejected_by(RUN), polled("completed"), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 2, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("an unconfirmed start for another configuration that was not carried out: the new run is current", Some(STARTING), vec![created_with_another_config(NEEDED), started(), polled("completed")], 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a start that fails keeps the outdated run stored", Some(own()), vec![created_with_another_config(NEEDED), polled("completed"), ObjectRead(NEEDED), StartFailed], 1, Leftover::Stored(outdated()), Some(Outcome::StartFailed)),
        Row("an interrupt before the start keeps the outdated run stored", Some(own()), vec![created_with_another_config(NEEDED), polled("completed"), ObjectRead(NEEDED), StartCancelled], 1, Leftover::Stored(outdated()), Some(Outcome::InterruptedBeforeStart)),
        Row("a start that fails keeps the unconfirmed start for another configuration", Some(STARTING), vec![created_with_another_config(NEEDED), StartFailed], 1, Leftover::Stored(OUTDATED_START), Some(Outcome::StartFailed)),
        Row("a response without a run identity is for the current start", Some(STARTING), vec![created_with_another_config(NEEDED), StartedWithoutId, ObjectRead(NOT_NEEDED)], 1, Leftover::Done, Some(Outcome::Done)),
        Row("an outdated run that the API did not find may be the one that a rejection names, and has to end first", Some(own()), vec![created_with_another_config(NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, ObjectRead(NEEDED), rejected_by(RUN), polled("completed"), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 2, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("if either run may have done the work, the result is unknown", Some(STARTING), vec![created_with_another_config(NEEDED), StartResponseLost, ObjectRead(NOT_NEEDED)], 1, Leftover::Lost, Some(Outcome::Unconfirmed)),
        Row("after a lost start of this apply, the active run may be its own", Some(STARTING), vec![created_with_another_config(NEEDED), StartResponseLost, ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), rejected_by(RUN), polled("completed"), ObjectRead(NOT_NEEDED)], 2, Leftover::Completed(RUN), Some(Outcome::Done)),
    ]);
}

#[rustfmt::skip]
#[test]
fn next_waits_for_another_clients_run_and_reads_the_object() {
    let rejected = || vec![created(NEEDED), rejected_by(RUN), polled("completed")];
    let with = |mut events: Vec<Event>, more: Vec<Event>| {
        events.extend(more);
        events
    };
    check(vec![
Row("a run that may do other work must end first, then a run is started", None, vec![created(NEEDED), rejected_by_outdated(RUN), polled("completed"), ObjectRead(NOT_NEEDED), Event::Started(id(OTHER)), polled("completed")], 2, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("an interrupt keeps such a run stored as outdated", None, vec![created(NEEDED), rejected_by_outdated(RUN), polled("installing"), Interrupted], 1, Leftover::Stored(RunState::Active(ActiveRun { is_current: false, ..active(RUN, "installing", Origin::Other) })), Some(Outcome::Interrupted)),
                Row("another run that did the work satisfies the apply", None, with(rejected(), vec![ObjectRead(NOT_NEEDED)]), 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("the object shows later that the work is done", None, with(rejected(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NOT_NEEDED)]), 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("another run did not do the work: a run is started", None, with(rejected(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")]), 2, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("another run failed: the object is read, and a run is started", None, vec![created(NEEDED), rejected_by(RUN), polled("error"), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 2, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("an interrupt keeps the run stored as another client's", None, vec![created(NEEDED), rejected_by(RUN), polled("installing"), Interrupted], 1, Leftover::Stored(other_clients()), Some(Outcome::Interrupted)),
        Row("an interrupt during the read keeps the run stored as another client's", None, with(rejected(), vec![ObjectRead(NEEDED), Interrupted]), 1, Leftover::Stored(RunState::Active(active(RUN, PENDING, Origin::Other))), Some(Outcome::Interrupted)),
        Row("the next apply reads the object after another client's run", Some(other_clients()), vec![continued(NEEDED), polled("completed"), ObjectRead(NOT_NEEDED)], 0, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("the next apply starts a run if another client's run did not do the work", Some(other_clients()), vec![continued(NEEDED), polled("completed"), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Leftover::Completed(OTHER), Some(Outcome::Done)),
        Row("that start fails: the next apply sends it again", Some(other_clients()), vec![continued(NEEDED), polled("completed"), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), StartFailed], 1, Leftover::Stored(other_clients()), Some(Outcome::StartFailed)),
        Row("if the object did not need the work, another run is followed to its end", None, vec![created(NOT_NEEDED), rejected_by(RUN), polled("completed")], 1, Leftover::Completed(RUN), Some(Outcome::Done)),
    ]);
    let warns = |start| next(State::Starting(start), rejected_by(RUN)).1.contains(&Action::WarnOtherRun);
    let start = |was_needed, may_have_other_run, is_response_lost| Start { was_needed, is_response_lost, may_have_other_run, ..Start::default() };
    assert!(warns(start(false, false, false)), "a warning names the other run");
    assert!(!warns(start(true, false, false)), "the object will show it");
    assert!(!warns(start(false, true, false)), "it is the run that has to end first");
    assert!(warns(start(true, true, true)), "it may be either run");
}

#[rustfmt::skip]
#[test]
fn next_records_the_polled_status_in_a_refresh() {
    check(vec![
        Row("an active run stays, with its new status", Some(RunState::Active(active(RUN, PENDING, OWN))), vec![refreshed(Some("installing"), NEEDED, false)], 0, Leftover::Stored(own()), None),
        Row("a run that succeeded is removed", Some(own()), vec![refreshed(Some("completed"), NEEDED, false)], 0, Leftover::Completed(RUN), None),
        Row("a run that failed is stored as failed", Some(own()), vec![refreshed(Some("error"), NEEDED, false)], 0, Leftover::Stored(failed(RUN)), None),
        Row("a tainted object keeps its run for the replacement", Some(own()), vec![refreshed(Some("completed"), NOT_NEEDED, true)], 0, Leftover::Stored(own()), None),
        Row("a failed run of a tainted object is stored as failed", Some(own()), vec![refreshed(Some("error"), NEEDED, true)], 0, Leftover::Stored(failed(RUN)), None),
        Row("another client's run that did the work is removed", Some(other_clients()), vec![refreshed(Some("completed"), NOT_NEEDED, false)], 0, Leftover::Completed(RUN), None),
        Row("another client's run that did not do the work stays", Some(other_clients()), vec![refreshed(Some("completed"), NEEDED, false)], 0, Leftover::Stored(other_clients()), None),
        Row("another client's run that failed is stored as failed", Some(other_clients()), vec![refreshed(Some("error"), NEEDED, false)], 0, Leftover::Stored(failed(RUN)), None),
        Row("a failed poll changes nothing", Some(own()), vec![refreshed(None, NEEDED, false)], 0, Leftover::Stored(own()), None),
        Row("an outdated run is left to the apply", Some(outdated()), vec![refreshed(Some("completed"), NOT_NEEDED, false)], 0, Leftover::Stored(outdated()), None),
        Row("an unconfirmed start whose work is done is removed", Some(STARTING), vec![refreshed(None, NOT_NEEDED, false)], 0, Leftover::Done, None),
        Row("an unconfirmed start whose work is needed stays", Some(STARTING), vec![refreshed(None, NEEDED, false)], 0, Leftover::Stored(STARTING), None),
        Row("an unconfirmed start of a tainted object stays", Some(STARTING), vec![refreshed(None, NOT_NEEDED, true)], 0, Leftover::Stored(STARTING), None),
        Row("an unconfirmed start for another configuration stays", Some(OUTDATED_START), vec![refreshed(None, NOT_NEEDED, false)], 0, Leftover::Stored(OUTDATED_START), None),
        Row("an unconfirmed start that the object did not need stays", Some(UNCONFIRMED), vec![refreshed(None, NOT_NEEDED, false)], 0, Leftover::Stored(UNCONFIRMED), None),
        Row("a failed run stays failed", Some(failed(RUN)), vec![refreshed(None, NOT_NEEDED, false)], 0, Leftover::Stored(failed(RUN)), None),
        Row("without a stored run, nothing happens", None, vec![refreshed(None, NEEDED, false)], 0, Leftover::Nothing, None),
    ]);
}

#[rustfmt::skip]
#[test]
fn outcome_is_error_decides_on_the_taint() {
    let errors = [
        Outcome::RunFailed,
        Outcome::TimedOut,
        Outcome::ReadFailed,
        Outcome::StartFailed,
        Outcome::Unidentified,
        Outcome::Unexpected,
    ];
    let warnings = [
        Outcome::Done,
        Outcome::Unconfirmed,
        Outcome::Interrupted,
        Outcome::InterruptedBeforeStart,
    ];
    assert!(errors.iter().all(|outcome| outcome.is_error()));
    assert!(!warnings.iter().any(|outcome| outcome.is_error()));
}

/// Each run state in its stored form, as the status in state, and read back from that status.
#[rustfmt::skip]
#[test]
fn run_state_round_trips_through_json_and_status() {
    let read = |status: &str, is_needed| RunState::read(status, Some(id(RUN)), is_needed);
    let with = |status: &str, origin, is_current| {
        Some(RunState::Active(ActiveRun {
            is_current,
            ..active(RUN, status, origin)
        }))
    };
    let rows = [
        (
            RunState::NotStarted,
            r#"{"saved":{},"status":"unconfirmed","stage":"failed","purpose":"wanted","taints":false,"trigger":7,"was_needed":false}"#,
            None,
        ),
        (
            STARTING,
            r#"{"saved":{},"status":"starting","stage":"going","purpose":"wanted","taints":false,"trigger":7,"was_needed":true}"#,
            Some("starting"),
        ),
        (
            UNCONFIRMED,
            r#"{"saved":{},"status":"unconfirmed","stage":"going","purpose":"wanted","taints":false,"trigger":7,"was_needed":false}"#,
            Some("unconfirmed"),
        ),
        (
            own(),
            r#"{"saved":{"id":"r1"},"status":"installing","stage":"going","purpose":"wanted","taints":false,"trigger":7,"was_needed":true}"#,
            Some("installing"),
        ),
        (
            other_clients(),
            r#"{"saved":{"id":"r1"},"status":"installing","stage":"going","purpose":"joined","taints":false,"trigger":7,"was_needed":true}"#,
            Some("joined"),
        ),
        (
            outdated(),
            r#"{"saved":{"id":"r1"},"status":"installing","stage":"going","purpose":"outdated","taints":false,"trigger":7,"was_needed":true}"#,
            Some("waiting"),
        ),
        (
            failed(RUN),
            r#"{"saved":{"id":"r1"},"status":"error","stage":"failed","purpose":"wanted","taints":false,"trigger":7,"was_needed":false}"#,
            Some("error"),
        ),
    ];
    for (state, stored, status) in rows {
        assert_eq!(state.status(), status);
        let run = Run {
            state,
            trigger: 7.into(),
            tainted: false,
        };
        assert_eq!(serde_json::to_string(&run).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Run>(stored).unwrap(), run);
    }
    // Earlier versions stored neither `purpose` nor `was_needed`.
    let earliest = r#"{"saved":{"id":"r1"},"status":"installing","stage":"going","trigger":7}"#;
    assert_eq!(serde_json::from_str::<Run>(earliest).unwrap().state, on_demand());

    // A start in progress may have been carried out.
    let blocked = Start { may_have_other_run: true, ..first_start(NEEDED) };
    assert_eq!(State::Starting(first_start(NEEDED)).run_state(), Some(STARTING));
    assert_eq!(State::Starting(first_start(NEED_UNKNOWN)).run_state(), Some(UNCONFIRMED));
    assert_eq!(State::Starting(blocked).run_state(), Some(OUTDATED_START));

    assert_eq!(read("starting", false), Some(STARTING));
    assert_eq!(read("unconfirmed", false), Some(UNCONFIRMED));
    assert_eq!(read("unconfirmed", true), Some(UNCONFIRMED));
    assert_eq!(read("installing", true), with("installing", OWN, true));
    assert_eq!(read("installing", false), with("installing", ON_DEMAND, true));
    assert_eq!(read("joined", true), with("joined", Origin::Other, true));
    assert_eq!(read("waiting", true), with("waiting", OWN, false));
    assert_eq!(RunState::read("installing", None, true), None);
    assert_eq!(RunState::read("waiting", None, true), Some(OUTDATED_START));
    // A status of the API that is also one of the provider's is stored as `running`.
    for word in ["starting", "unconfirmed", "joined", "waiting", "lost"] {
        assert_eq!(RunState::Active(active(RUN, word, OWN)).status(), Some("running"));
    }
}

/// The rows of the guide on interruptions.
#[rustfmt::skip]
#[test]
fn next_starts_no_second_run_after_an_interruption() {
    let follow = || vec![created(NEEDED), started(), polled("installing")];
    let with = |mut events: Vec<Event>, more: Vec<Event>| {
        events.extend(more);
        events
    };
    check(vec![
        Row("Ctrl-C keeps the run stored", None, with(follow(), vec![Interrupted]), 1, Leftover::Stored(own()), Some(Outcome::Interrupted)),
        Row("after Ctrl-C, the refresh finds the run succeeded", Some(own()), vec![refreshed(Some("completed"), NOT_NEEDED, false)], 0, Leftover::Completed(RUN), None),
        Row("after Ctrl-C, the refresh finds the run failed, and the plan replaces the object", Some(own()), vec![refreshed(Some("degraded"), NEEDED, false)], 0, Leftover::Stored(RunState::Failed { id: id(RUN), status: "degraded".to_owned(), }), None),
        Row("after a kill without state, the run that the rejection names is followed", None, vec![created(NEEDED), rejected_by(RUN), polled("completed"), ObjectRead(NOT_NEEDED)], 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("the same with a warning, if the object did not need the work", None, vec![created(NOT_NEEDED), rejected_by(RUN), polled("completed")], 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("the same, and the first poll fails: the run is stored", None, vec![created(NOT_NEEDED), rejected_by(RUN), PermanentError], 1, Leftover::Stored(RunState::Active(active(RUN, PENDING, ON_DEMAND))), Some(Outcome::ReadFailed)),
        Row("after a kill during an update, the stored run is followed", Some(own()), vec![continued(NEEDED), polled("completed")], 0, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a restart of the control plane is waited out", None, with(follow(), vec![TransientError, TransientError, RunNotFound, polled("installing"), polled("completed")]), 1, Leftover::Completed(RUN), Some(Outcome::Done)),
        Row("a degraded machine is an error", None, with(follow(), vec![polled("degraded")]), 1, Leftover::Stored(RunState::Failed { id: id(RUN), status: "degraded".to_owned(), }), Some(Outcome::RunFailed)),
        Row("after a timeout, the replacement follows the same run", Some(own()), vec![created(NEEDED), polled("installing"), TimedOut], 0, Leftover::Stored(own()), Some(Outcome::TimedOut)),
    ]);
}
