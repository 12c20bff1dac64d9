//! Each way in which an apply goes on or breaks off, as a row: what is remembered, what happens, what is done about it.

use super::*;
use crate::run::{Run, RunState};

const RUN: &str = "r1";
const OTHER: &str = "r2";

fn id(name: &str) -> Id {
    Id::from([("id".to_owned(), name.to_owned())])
}

fn going(name: &str, status: &str, origin: Origin) -> ActiveRun {
    ActiveRun {
        id: id(name),
        status: status.to_owned(),
        origin,
        is_current: true,
    }
}

/// A run of this object, for work that the object said was to be done.
const OWN: Origin = Origin::Own { was_needed: true };
/// The same, where the object did not say so: it is installed again on demand.
const AGAIN: Origin = Origin::Own { was_needed: false };

fn own() -> RunState {
    RunState::Active(going(RUN, "installing", OWN))
}

fn on_demand() -> RunState {
    RunState::Active(going(RUN, "installing", AGAIN))
}

fn joined() -> RunState {
    RunState::Active(going(RUN, "installing", Origin::Other))
}

fn outdated() -> RunState {
    RunState::Active(ActiveRun {
        is_current: false,
        ..going(RUN, "installing", OWN)
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
/// A start without an answer, for another configuration.
const BLOCKED: RunState = RunState::Unconfirmed {
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

/// An update in place, to go on with what is remembered.
fn picked_up(is_needed: Option<bool>) -> Event {
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

fn named(name: &str) -> Event {
    Event::StartRejected(Some(id(name)))
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

/// What the user has in the end.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    /// The work is done, by this run.
    Completed(&'static str),
    /// The work is done, as the object says.
    Done,
    /// Nothing tells, and a warning says so.
    Lost,
    /// RunState for the next plan and apply.
    RunState(RunState),
    /// As before: there was nothing to do.
    Nothing,
}

/// One row: what is remembered, what happens, how often a run is asked for, what is left, how the apply ends.
struct Row(
    &'static str,
    Option<RunState>,
    Vec<Event>,
    usize,
    Left,
    Option<Outcome>,
);

fn play(row: &Row) -> (State, usize, Vec<Action>) {
    let Row(rule, remembered, events, ..) = row;
    let mut state = State::Idle(remembered.clone());
    let mut requests = 0;
    let mut last = Vec::new();
    for event in events {
        assert!(
            !matches!(last.last(), Some(Action::Finish(_))),
            "{rule}: it is over before {event:?}"
        );
        if let Some(action) = last.last() {
            assert!(
                answers(*action, event),
                "{rule}: {event:?} does not answer {action:?}"
            );
        }
        (state, last) = next(state, event.clone());
        requests += last.iter().filter(|action| **action == Action::SendStart).count();
    }
    (state, requests, last)
}

/// Whether an action can have this outcome.
fn answers(action: Action, event: &Event) -> bool {
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
        let is_left = match state {
            State::Succeeded(end) if end.id == id(RUN) => Left::Completed(RUN),
            State::Succeeded(_) => Left::Completed(OTHER),
            State::Done => Left::Done,
            State::Lost => Left::Lost,
            State::Idle(None) => Left::Nothing,
            State::Idle(Some(remembered)) => Left::RunState(remembered),
            state => panic!("{rule}: still under way: {state:?}, {last:?}"),
        };
        assert_eq!(is_left, left, "{rule}");
        assert_eq!(requests, expected_requests, "{rule}: starts");
        let ended = match last[..] {
            [] => None,
            [.., Action::Finish(outcome)] => Some(outcome),
            _ => panic!("{rule}: still under way: {last:?}"),
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
const SILENT: Option<bool> = None;
const EARLY: Event = PauseEnded { is_late: false };
const LATE: Event = PauseEnded { is_late: true };
const UNNAMED: Event = Event::StartRejected(None);

#[rustfmt::skip]
#[test]
fn a_run_that_is_started_is_followed_to_its_end() {
    let running = || polled("installing");
    check(vec![
        Row("it completes", None, vec![created(NEEDED), started(), running(), polled("completed")], 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("it fails", None, vec![created(NEEDED), started(), polled("error")], 1, Left::RunState(failed(RUN)), Some(Outcome::RunFailed)),
        Row("an update that the job does not follow starts nothing", None, vec![picked_up(NEEDED)], 0, Left::Nothing, None),
        Row("looks that get no answer are repeated", None, vec![created(NEEDED), started(), TransientError, TransientError, polled("completed")], 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("a run that is not shown at once is waited for", None, vec![created(NEEDED), started(), RunNotFound, RunNotFound, RunNotFound, polled("completed")], 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("misses count in a row", None, vec![created(NEEDED), started(), RunNotFound, RunNotFound, RunNotFound, running(), RunNotFound, RunNotFound, RunNotFound, polled("completed")], 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("a run of this apply that stays unknown is an error", None, vec![created(NEEDED), started(), RunNotFound, RunNotFound, RunNotFound, RunNotFound], 1, Left::RunState(RunState::Active(going(RUN, PENDING, OWN))), Some(Outcome::ReadFailed)),
        Row("an expired token is an error at once, and the run is remembered", None, vec![created(NEEDED), started(), running(), PermanentError], 1, Left::RunState(own()), Some(Outcome::ReadFailed)),
        Row("an interrupt leaves the run", None, vec![created(NEEDED), started(), running(), Interrupted], 1, Left::RunState(own()), Some(Outcome::Interrupted)),
        Row("so does the timeout", None, vec![created(NEEDED), started(), running(), TimedOut], 1, Left::RunState(own()), Some(Outcome::TimedOut)),
        Row("a start that is refused for good is made up for by the next apply", None, vec![created(NEEDED), StartFailed], 1, Left::RunState(RunState::NotStarted), Some(Outcome::StartFailed)),
        Row("so is one that was interrupted before it was sent", None, vec![created(SILENT), StartCancelled], 1, Left::RunState(RunState::NotStarted), Some(Outcome::InterruptedBeforeStart)),
        Row("an answer that names no run is an error, and not a second start", None, vec![created(NEEDED), StartedWithoutId], 1, Left::RunState(STARTING), Some(Outcome::Unidentified)),
        Row("the same on demand", None, vec![created(NOT_NEEDED), StartedWithoutId], 1, Left::RunState(UNCONFIRMED), Some(Outcome::Unidentified)),
    ]);
}

#[rustfmt::skip]
#[test]
fn a_start_whose_answer_is_lost_is_repeated_only_where_that_starts_no_second_run() {
    let lost = || vec![created(NEEDED), StartResponseLost];
    let again = || vec![created(NOT_NEEDED), StartResponseLost];
    let with = |mut events: Vec<Event>, more: Vec<Event>| {
        events.extend(more);
        events
    };
    check(vec![
        Row("the object says that the work is done", None, with(lost(), vec![ObjectRead(NOT_NEEDED)]), 1, Left::Done, Some(Outcome::Done)),
        Row("the object says that it is to be done: the run that goes on is joined", None, with(lost(), vec![ObjectRead(NEEDED), named(RUN), polled("completed"), ObjectRead(NOT_NEEDED)]), 2, Left::Completed(RUN), Some(Outcome::Done)),
        Row("it never began", None, with(lost(), vec![ObjectRead(NEEDED), started(), polled("completed")]), 2, Left::Completed(RUN), Some(Outcome::Done)),
        Row("it cannot be repeated for ever", None, with(lost(), vec![ObjectRead(NEEDED), StartResponseLost, ObjectRead(NEEDED), StartResponseLost, ObjectRead(NEEDED), StartResponseLost]), 4, Left::RunState(STARTING), Some(Outcome::StartFailed)),
        Row("a look that gets no answer is repeated", None, with(lost(), vec![TransientError, ObjectRead(NOT_NEEDED)]), 1, Left::Done, Some(Outcome::Done)),
        Row("what the object says after such a look may be old: it is asked several times", None, with(lost(), vec![TransientError, ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), started(), polled("completed")]), 2, Left::Completed(RUN), Some(Outcome::Done)),
        Row("a look that fails leaves a start without an answer", None, with(lost(), vec![PermanentError]), 1, Left::RunState(STARTING), Some(Outcome::ReadFailed)),
        Row("an interrupt leaves it, too", None, with(lost(), vec![Interrupted]), 1, Left::RunState(STARTING), Some(Outcome::Interrupted)),
        Row("an interrupt in the start itself", None, vec![created(NEEDED), Interrupted], 1, Left::RunState(STARTING), Some(Outcome::Interrupted)),
        Row("an interrupt before it is sent again", None, with(lost(), vec![ObjectRead(NEEDED), StartCancelled]), 2, Left::RunState(STARTING), Some(Outcome::Interrupted)),
        Row("the timeout", None, with(lost(), vec![TimedOut]), 1, Left::RunState(STARTING), Some(Outcome::TimedOut)),
        Row("a refusal that names no run is none to wait for: it ends the apply", None, vec![created(NEEDED), UNNAMED], 1, Left::RunState(RunState::NotStarted), Some(Outcome::StartFailed)),
        Row("after a lost start it is: the object is looked at until it says that the work is done, and nothing is started any more", None, with(lost(), vec![ObjectRead(NEEDED), UNNAMED, ObjectRead(NEEDED), ObjectRead(NEEDED), TransientError, ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NOT_NEEDED)]), 2, Left::Done, Some(Outcome::Done)),
        Row("or until the timeout", None, with(lost(), vec![ObjectRead(NEEDED), UNNAMED, ObjectRead(NEEDED), TimedOut]), 2, Left::RunState(STARTING), Some(Outcome::TimedOut)),
        Row("an object that says nothing any more does not tell", None, with(lost(), vec![ObjectRead(SILENT)]), 1, Left::Lost, Some(Outcome::Unconfirmed)),
        Row("on demand, the object does not tell: it is repeated at once, and the run that goes on is followed", None, with(again(), vec![EARLY, named(RUN), polled("completed")]), 2, Left::Completed(RUN), Some(Outcome::Done)),
        Row("but not once a run may be over", None, with(again(), vec![LATE]), 1, Left::RunState(UNCONFIRMED), Some(Outcome::StartFailed)),
        Row("nor where the refusal does not name a run", None, with(again(), vec![EARLY, UNNAMED]), 2, Left::RunState(UNCONFIRMED), Some(Outcome::StartFailed)),
        Row("a refusal for good does not undo that it may have begun", None, with(again(), vec![EARLY, StartFailed, EARLY, StartFailed, EARLY, StartFailed]), 4, Left::RunState(UNCONFIRMED), Some(Outcome::StartFailed)),
        Row("an interrupt on demand", None, with(again(), vec![Interrupted]), 1, Left::RunState(UNCONFIRMED), Some(Outcome::Interrupted)),
    ]);
}

#[rustfmt::skip]
#[test]
fn the_next_apply_goes_on_with_what_is_remembered() {
    check(vec![
        Row("a run that goes on is waited for", Some(own()), vec![picked_up(NEEDED), polled("installing"), polled("completed")], 0, Left::Completed(RUN), Some(Outcome::Done)),
        Row("one that failed meanwhile is reported", Some(own()), vec![picked_up(NEEDED), polled("error")], 0, Left::RunState(failed(RUN)), Some(Outcome::RunFailed)),
        Row("interrupted again, it is still remembered", Some(own()), vec![picked_up(NEEDED), Interrupted], 0, Left::RunState(own()), Some(Outcome::Interrupted)),
        Row("so it is where it cannot be looked at", Some(own()), vec![picked_up(NEEDED), PermanentError], 0, Left::RunState(own()), Some(Outcome::ReadFailed)),
        Row("forgotten by the API: the object says that the work is to be done", Some(own()), vec![picked_up(NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Outcome::Done)),
        Row("forgotten by the API: the object says that it is done", Some(own()), vec![picked_up(NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, ObjectRead(NOT_NEEDED)], 0, Left::Done, Some(Outcome::Done)),
        Row("forgotten by the API, on demand: nothing tells, and nothing is started", Some(on_demand()), vec![picked_up(NOT_NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, ObjectRead(NOT_NEEDED)], 0, Left::Lost, Some(Outcome::Unconfirmed)),
        Row("an interrupt in that look", Some(own()), vec![picked_up(NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, Interrupted], 0, Left::RunState(own()), Some(Outcome::Interrupted)),
        Row("a start without an answer: the object says that the work is done", Some(STARTING), vec![picked_up(NOT_NEEDED)], 0, Left::Done, Some(Outcome::Done)),
        Row("a start without an answer: it is to be done, and a run goes on", Some(STARTING), vec![picked_up(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), named(RUN), polled("completed"), ObjectRead(NOT_NEEDED)], 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("a start without an answer: the object notices later that the work is done", Some(STARTING), vec![picked_up(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NOT_NEEDED)], 0, Left::Done, Some(Outcome::Done)),
        Row("a start without an answer: the object says nothing any more", Some(STARTING), vec![picked_up(SILENT)], 0, Left::Lost, Some(Outcome::Unconfirmed)),
        Row("a start without an answer, on demand: nothing is started", Some(UNCONFIRMED), vec![picked_up(NOT_NEEDED)], 0, Left::Lost, Some(Outcome::Unconfirmed)),
        Row("the same where the object never says", Some(UNCONFIRMED), vec![picked_up(SILENT)], 0, Left::Lost, Some(Outcome::Unconfirmed)),
        Row("but where the object says by now that it is to be done, it is started", Some(UNCONFIRMED), vec![picked_up(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), started(), polled("completed")], 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("a failed run is left to the plan, which replaces the object", Some(failed(RUN)), vec![picked_up(NEEDED)], 0, Left::RunState(failed(RUN)), None),
        Row("so is one that was never started", Some(RunState::NotStarted), vec![picked_up(NEEDED)], 0, Left::RunState(RunState::NotStarted), None),
    ]);
}

#[rustfmt::skip]
#[test]
fn a_replacement_takes_over_the_run_of_the_object_before_it() {
    let not_wanted = |is_needed| Event::Applied {
        is_due: true,
        is_current: false,
        source: Source::ReplacedObject,
        is_needed,
    };
    check(vec![
        Row("after a timeout, its run is waited for", Some(own()), vec![created(NEEDED), polled("completed")], 0, Left::Completed(RUN), Some(Outcome::Done)),
        Row("one that failed is tried again", Some(own()), vec![created(NEEDED), polled("error"), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Outcome::Done)),
        Row("interrupted before that, it is still looked at", Some(own()), vec![created(NEEDED), polled("error"), Interrupted], 0, Left::RunState(own()), Some(Outcome::Interrupted)),
        Row("a run for another configuration has to end first", Some(own()), vec![not_wanted(NEEDED), polled("completed"), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Outcome::Done)),
        Row("however it ends", Some(own()), vec![not_wanted(NEEDED), polled("error"), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Outcome::Done)),
        Row("the timeout does not make it the wanted one", Some(own()), vec![not_wanted(NEEDED), polled("installing"), TimedOut], 0, Left::RunState(outdated()), Some(Outcome::TimedOut)),
        Row("forgotten by the API, it is over", Some(own()), vec![not_wanted(NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, ObjectRead(NOT_NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Outcome::Done)),
        Row("a start without an answer for another configuration: its run has to end first", Some(STARTING), vec![not_wanted(NEEDED), named(RUN), polled("completed"), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 2, Left::Completed(OTHER), Some(Outcome::Done)),
        Row("it never began: the first that is started is the wanted one", Some(STARTING), vec![not_wanted(NEEDED), started(), polled("completed")], 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("a start that is refused for good leaves the run for another configuration remembered", Some(own()), vec![not_wanted(NEEDED), polled("completed"), ObjectRead(NEEDED), StartFailed], 1, Left::RunState(outdated()), Some(Outcome::StartFailed)),
        Row("so does an interrupt before it was sent", Some(own()), vec![not_wanted(NEEDED), polled("completed"), ObjectRead(NEEDED), StartCancelled], 1, Left::RunState(outdated()), Some(Outcome::InterruptedBeforeStart)),
        Row("one without a name stays without", Some(STARTING), vec![not_wanted(NEEDED), StartFailed], 1, Left::RunState(BLOCKED), Some(Outcome::StartFailed)),
        Row("an answer that names no run is that of the wanted one", Some(STARTING), vec![not_wanted(NEEDED), StartedWithoutId], 1, Left::RunState(STARTING), Some(Outcome::Unidentified)),
        Row("forgotten by the API, it may still be the one that a refusal names: it has to end", Some(own()), vec![not_wanted(NEEDED), RunNotFound, RunNotFound, RunNotFound, RunNotFound, ObjectRead(NEEDED), named(RUN), polled("completed"), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 2, Left::Completed(OTHER), Some(Outcome::Done)),
        Row("where either may have done the work, nothing tells", Some(STARTING), vec![not_wanted(NEEDED), StartResponseLost, ObjectRead(NOT_NEEDED)], 1, Left::Lost, Some(Outcome::Unconfirmed)),
        Row("after a start of this apply was lost, too, the run that goes on may be its own", Some(STARTING), vec![not_wanted(NEEDED), StartResponseLost, ObjectRead(NEEDED), named(RUN), polled("completed"), ObjectRead(NOT_NEEDED)], 2, Left::Completed(RUN), Some(Outcome::Done)),
    ]);
}

#[rustfmt::skip]
#[test]
fn a_run_of_somebody_else_is_waited_for_and_the_object_asked() {
    let refused = || vec![created(NEEDED), named(RUN), polled("completed")];
    let with = |mut events: Vec<Event>, more: Vec<Event>| {
        events.extend(more);
        events
    };
    check(vec![
        Row("it has done the work", None, with(refused(), vec![ObjectRead(NOT_NEEDED)]), 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("the object notices that later", None, with(refused(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NOT_NEEDED)]), 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("it has not: another is started", None, with(refused(), vec![ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")]), 2, Left::Completed(OTHER), Some(Outcome::Done)),
        Row("it fails: the object is asked all the same", None, vec![created(NEEDED), named(RUN), polled("error"), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 2, Left::Completed(OTHER), Some(Outcome::Done)),
        Row("an interrupt does not make it the object's own", None, vec![created(NEEDED), named(RUN), polled("installing"), Interrupted], 1, Left::RunState(joined()), Some(Outcome::Interrupted)),
        Row("nor does one while the object is asked", None, with(refused(), vec![ObjectRead(NEEDED), Interrupted]), 1, Left::RunState(RunState::Active(going(RUN, PENDING, Origin::Other))), Some(Outcome::Interrupted)),
        Row("picked up, the object is asked", Some(joined()), vec![picked_up(NEEDED), polled("completed"), ObjectRead(NOT_NEEDED)], 0, Left::Completed(RUN), Some(Outcome::Done)),
        Row("picked up, and another is started", Some(joined()), vec![picked_up(NEEDED), polled("completed"), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Outcome::Done)),
        Row("that start is refused: it is made up for by the next apply", Some(joined()), vec![picked_up(NEEDED), polled("completed"), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), ObjectRead(NEEDED), StartFailed], 1, Left::RunState(joined()), Some(Outcome::StartFailed)),
        Row("on demand the object does not tell: it is followed", None, vec![created(NOT_NEEDED), named(RUN), polled("completed")], 1, Left::Completed(RUN), Some(Outcome::Done)),
    ]);
    let warns = |start| next(State::Starting(start), named(RUN)).1.contains(&Action::WarnOtherRun);
    let start = |was_needed, is_blocked, is_response_lost| Start { was_needed, is_response_lost, is_blocked, ..Start::default() };
    assert!(warns(start(false, false, false)), "and a warning says so");
    assert!(!warns(start(true, false, false)), "the object will say");
    assert!(!warns(start(false, true, false)), "it is the one that has to end first");
    assert!(warns(start(true, true, true)), "it may be that one or its own");
}

#[rustfmt::skip]
#[test]
fn a_refresh_believes_what_a_look_tells() {
    check(vec![
        Row("it goes on", Some(RunState::Active(going(RUN, PENDING, OWN))), vec![refreshed(Some("installing"), NEEDED, false)], 0, Left::RunState(own()), None),
        Row("it completed", Some(own()), vec![refreshed(Some("completed"), NEEDED, false)], 0, Left::Completed(RUN), None),
        Row("it failed", Some(own()), vec![refreshed(Some("error"), NEEDED, false)], 0, Left::RunState(failed(RUN)), None),
        Row("a tainted object's run stays, for its replacement", Some(own()), vec![refreshed(Some("completed"), NOT_NEEDED, true)], 0, Left::RunState(own()), None),
        Row("a tainted object's run has failed", Some(own()), vec![refreshed(Some("error"), NEEDED, true)], 0, Left::RunState(failed(RUN)), None),
        Row("somebody else's completed, and did the work", Some(joined()), vec![refreshed(Some("completed"), NOT_NEEDED, false)], 0, Left::Completed(RUN), None),
        Row("somebody else's completed, and the work is to be done", Some(joined()), vec![refreshed(Some("completed"), NEEDED, false)], 0, Left::RunState(joined()), None),
        Row("somebody else's failed", Some(joined()), vec![refreshed(Some("error"), NEEDED, false)], 0, Left::RunState(failed(RUN)), None),
        Row("no answer changes nothing", Some(own()), vec![refreshed(None, NEEDED, false)], 0, Left::RunState(own()), None),
        Row("an outdated one is left to the apply", Some(outdated()), vec![refreshed(Some("completed"), NOT_NEEDED, false)], 0, Left::RunState(outdated()), None),
        Row("a start without an answer: the work is done", Some(STARTING), vec![refreshed(None, NOT_NEEDED, false)], 0, Left::Done, None),
        Row("a start without an answer: it is to be done", Some(STARTING), vec![refreshed(None, NEEDED, false)], 0, Left::RunState(STARTING), None),
        Row("a start without an answer, of a tainted object", Some(STARTING), vec![refreshed(None, NOT_NEEDED, true)], 0, Left::RunState(STARTING), None),
        Row("a start without an answer for another configuration", Some(BLOCKED), vec![refreshed(None, NOT_NEEDED, false)], 0, Left::RunState(BLOCKED), None),
        Row("on demand the object tells nothing", Some(UNCONFIRMED), vec![refreshed(None, NOT_NEEDED, false)], 0, Left::RunState(UNCONFIRMED), None),
        Row("a failed run stays failed", Some(failed(RUN)), vec![refreshed(None, NOT_NEEDED, false)], 0, Left::RunState(failed(RUN)), None),
        Row("nothing remembered, nothing done", None, vec![refreshed(None, NEEDED, false)], 0, Left::Nothing, None),
    ]);
}

#[rustfmt::skip]
#[test]
fn an_error_taints_what_a_create_has_made_and_a_warning_does_not() {
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

/// The encoding of each state: what private state has, what state says, and what that is read as.
#[rustfmt::skip]
#[test]
fn what_is_remembered_is_written_and_read() {
    let read = |status: &str, is_needed| RunState::read(status, Some(id(RUN)), is_needed);
    let with = |status: &str, origin, is_current| {
        Some(RunState::Active(ActiveRun {
            is_current,
            ..going(RUN, status, origin)
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
            joined(),
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
    // A version before wrote no purpose and no memory of what the object said.
    let earliest = r#"{"saved":{"id":"r1"},"status":"installing","stage":"going","trigger":7}"#;
    assert_eq!(serde_json::from_str::<Run>(earliest).unwrap().state, on_demand());

    // While a start is under way, it may have been carried out.
    let blocked = Start { is_blocked: true, ..first_start(NEEDED) };
    assert_eq!(State::Starting(first_start(NEEDED)).run_state(), Some(STARTING));
    assert_eq!(State::Starting(first_start(SILENT)).run_state(), Some(UNCONFIRMED));
    assert_eq!(State::Starting(blocked).run_state(), Some(BLOCKED));

    assert_eq!(read("starting", false), Some(STARTING));
    assert_eq!(read("unconfirmed", false), Some(UNCONFIRMED));
    assert_eq!(read("unconfirmed", true), Some(UNCONFIRMED));
    assert_eq!(read("installing", true), with("installing", OWN, true));
    assert_eq!(read("installing", false), with("installing", AGAIN, true));
    assert_eq!(read("joined", true), with("joined", Origin::Other, true));
    assert_eq!(read("waiting", true), with("waiting", OWN, false));
    assert_eq!(RunState::read("installing", None, true), None);
    assert_eq!(RunState::read("waiting", None, true), Some(BLOCKED));
    // The API's own words do not pass for the provider's.
    for word in ["starting", "unconfirmed", "joined", "waiting", "lost"] {
        assert_eq!(RunState::Active(going(RUN, word, OWN)).status(), Some("running"));
    }
}

/// The rows of the guide on interruptions, and of the fault table.
#[rustfmt::skip]
#[test]
fn whatever_breaks_off_an_apply_costs_no_second_run() {
    let follow = || vec![created(NEEDED), started(), polled("installing")];
    let with = |mut events: Vec<Event>, more: Vec<Event>| {
        events.extend(more);
        events
    };
    check(vec![
        Row("Ctrl-C", None, with(follow(), vec![Interrupted]), 1, Left::RunState(own()), Some(Outcome::Interrupted)),
        Row("after Ctrl-C the run completes: the refresh sees it", Some(own()), vec![refreshed(Some("completed"), NOT_NEEDED, false)], 0, Left::Completed(RUN), None),
        Row("after Ctrl-C the run is degraded: the plan replaces it", Some(own()), vec![refreshed(Some("degraded"), NEEDED, false)], 0, Left::RunState(RunState::Failed { id: id(RUN), status: "degraded".to_owned(), }), None),
        Row("Ctrl-C twice or a kill: nothing is in state, and the run that the API names is waited for", None, vec![created(NEEDED), named(RUN), polled("completed"), ObjectRead(NOT_NEEDED)], 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("the same on demand: it is waited for with a warning", None, vec![created(NOT_NEEDED), named(RUN), polled("completed")], 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("the same, and the first look fails: it is remembered", None, vec![created(NOT_NEEDED), named(RUN), PermanentError], 1, Left::RunState(RunState::Active(going(RUN, PENDING, AGAIN))), Some(Outcome::ReadFailed)),
        Row("killed in an update: the run is remembered from before", Some(own()), vec![picked_up(NEEDED), polled("completed")], 0, Left::Completed(RUN), Some(Outcome::Done)),
        Row("the control plane restarts while it is waited for", None, with(follow(), vec![TransientError, TransientError, RunNotFound, polled("installing"), polled("completed")]), 1, Left::Completed(RUN), Some(Outcome::Done)),
        Row("a degraded machine is an error", None, with(follow(), vec![polled("degraded")]), 1, Left::RunState(RunState::Failed { id: id(RUN), status: "degraded".to_owned(), }), Some(Outcome::RunFailed)),
        Row("a timeout, and the replacement waits for the same run", Some(own()), vec![created(NEEDED), polled("installing"), TimedOut], 0, Left::RunState(own()), Some(Outcome::TimedOut)),
    ]);
}
