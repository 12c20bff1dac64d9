//! Each way in which an apply goes on or breaks off, as a row: what is remembered, what happens, what is done about it.

use super::*;
use crate::run::{Remembered, Run};

const RUN: &str = "r1";
const OTHER: &str = "r2";

fn id(name: &str) -> Id {
    Id::from([("id".to_owned(), name.to_owned())])
}

fn going(name: &str, status: &str, origin: Origin) -> Going {
    Going {
        id: id(name),
        status: status.to_owned(),
        origin,
        fits: true,
    }
}

/// A run of this object, for work that the object said was to be done.
const OWN: Origin = Origin::Own { was_needed: true };
/// The same, where the object did not say so: it is installed again on demand.
const AGAIN: Origin = Origin::Own { was_needed: false };

fn own() -> Remembered {
    Remembered::Going(going(RUN, "installing", OWN))
}

fn on_demand() -> Remembered {
    Remembered::Going(going(RUN, "installing", AGAIN))
}

fn joined() -> Remembered {
    Remembered::Going(going(RUN, "installing", Origin::Other))
}

fn outdated() -> Remembered {
    Remembered::Going(Going {
        fits: false,
        ..going(RUN, "installing", OWN)
    })
}

fn failed(name: &str) -> Remembered {
    Remembered::Failed {
        id: id(name),
        status: "error".to_owned(),
    }
}

const STARTING: Remembered = Remembered::Unconfirmed {
    was_needed: true,
    fits: true,
};
const UNCONFIRMED: Remembered = Remembered::Unconfirmed {
    was_needed: false,
    fits: true,
};
/// A start without an answer, for another configuration.
const BLOCKED: Remembered = Remembered::Unconfirmed {
    was_needed: true,
    fits: false,
};

fn created(is_needed: Option<bool>) -> Event {
    Event::Applied {
        is_due: true,
        fits: true,
        source: Source::Predecessor,
        is_needed,
    }
}

/// An update in place, to go on with what is remembered.
fn picked_up(is_needed: Option<bool>) -> Event {
    Event::Applied {
        is_due: false,
        fits: true,
        source: Source::Memory,
        is_needed,
    }
}

fn started() -> Event {
    Event::Started(id(RUN))
}

fn named(name: &str) -> Event {
    Event::Refused(Some(id(name)))
}

fn polled(status: &str) -> Event {
    Event::Polled(report(status))
}

fn report(status: &str) -> Report {
    Report {
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
        report: status.map(report),
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
    /// Remembered for the next plan and apply.
    Remembered(Remembered),
    /// As before: there was nothing to do.
    Nothing,
}

/// One row: what is remembered, what happens, how often a run is asked for, what is left, how the apply ends.
struct Row(
    &'static str,
    Option<Remembered>,
    Vec<Event>,
    usize,
    Left,
    Option<Ending>,
);

fn play(row: &Row) -> (State, usize, Vec<Action>) {
    let Row(rule, remembered, events, ..) = row;
    let mut state = State::Resting(remembered.clone());
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
        requests += last.iter().filter(|action| **action == Action::Request).count();
    }
    (state, requests, last)
}

/// Whether an action can have this outcome.
fn answers(action: Action, event: &Event) -> bool {
    match event {
        Interrupted | TimedOut => true,
        Event::Started(_) | StartedWithoutId | Event::Refused(_) | Unanswered | NotStarted | Withdrawn => {
            action == Action::Request
        }
        Event::Polled(_) | Missing => action == Action::Poll,
        Looked(_) => action == Action::Look,
        NotAnswered | Failed => matches!(action, Action::Poll | Action::Look),
        Waited { .. } => matches!(action, Action::Pause(_)),
        Event::Applied { .. } | Event::Refreshed { .. } => false,
    }
}

fn check(rows: Vec<Row>) {
    for row in rows {
        let (state, requests, last) = play(&row);
        let Row(rule, _, _, expected_requests, left, ending) = row;
        let is_left = match state {
            State::Succeeded(end) if end.id == id(RUN) => Left::Completed(RUN),
            State::Succeeded(_) => Left::Completed(OTHER),
            State::Done => Left::Done,
            State::Lost => Left::Lost,
            State::Resting(None) => Left::Nothing,
            State::Resting(Some(remembered)) => Left::Remembered(remembered),
            state => panic!("{rule}: still under way: {state:?}, {last:?}"),
        };
        assert_eq!(is_left, left, "{rule}");
        assert_eq!(requests, expected_requests, "{rule}: starts");
        let ended = match last[..] {
            [] => None,
            [.., Action::Finish(ending)] => Some(ending),
            _ => panic!("{rule}: still under way: {last:?}"),
        };
        assert_eq!(ended, ending, "{rule}");
    }
}

use Event::{
    Failed, Interrupted, Looked, Missing, NotAnswered, NotStarted, StartedWithoutId, TimedOut, Unanswered,
    Waited, Withdrawn,
};

const NEEDED: Option<bool> = Some(true);
const NOT_NEEDED: Option<bool> = Some(false);
const SILENT: Option<bool> = None;
const EARLY: Event = Waited { is_late: false };
const LATE: Event = Waited { is_late: true };
const UNNAMED: Event = Event::Refused(None);

#[rustfmt::skip]
#[test]
fn a_run_that_is_started_is_followed_to_its_end() {
    let running = || polled("installing");
    check(vec![
        Row("it completes", None, vec![created(NEEDED), started(), running(), polled("completed")], 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("it fails", None, vec![created(NEEDED), started(), polled("error")], 1, Left::Remembered(failed(RUN)), Some(Ending::RunFailed)),
        Row("an update that the job does not follow starts nothing", None, vec![picked_up(NEEDED)], 0, Left::Nothing, None),
        Row("looks that get no answer are repeated", None, vec![created(NEEDED), started(), NotAnswered, NotAnswered, polled("completed")], 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("a run that is not shown at once is waited for", None, vec![created(NEEDED), started(), Missing, Missing, Missing, polled("completed")], 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("misses count in a row", None, vec![created(NEEDED), started(), Missing, Missing, Missing, running(), Missing, Missing, Missing, polled("completed")], 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("a run of this apply that stays unknown is an error", None, vec![created(NEEDED), started(), Missing, Missing, Missing, Missing], 1, Left::Remembered(Remembered::Going(going(RUN, PENDING, OWN))), Some(Ending::Unfollowed)),
        Row("an expired token is an error at once, and the run is remembered", None, vec![created(NEEDED), started(), running(), Failed], 1, Left::Remembered(own()), Some(Ending::Unfollowed)),
        Row("an interrupt leaves the run", None, vec![created(NEEDED), started(), running(), Interrupted], 1, Left::Remembered(own()), Some(Ending::Interrupted)),
        Row("so does the timeout", None, vec![created(NEEDED), started(), running(), TimedOut], 1, Left::Remembered(own()), Some(Ending::TimedOut)),
        Row("a start that is refused for good is made up for by the next apply", None, vec![created(NEEDED), NotStarted], 1, Left::Remembered(Remembered::NotStarted), Some(Ending::StartFailed)),
        Row("so is one that was interrupted before it was sent", None, vec![created(SILENT), Withdrawn], 1, Left::Remembered(Remembered::NotStarted), Some(Ending::InterruptedBefore)),
        Row("an answer that names no run is an error, and not a second start", None, vec![created(NEEDED), StartedWithoutId], 1, Left::Remembered(STARTING), Some(Ending::WithoutId)),
        Row("the same on demand", None, vec![created(NOT_NEEDED), StartedWithoutId], 1, Left::Remembered(UNCONFIRMED), Some(Ending::WithoutId)),
    ]);
}

#[rustfmt::skip]
#[test]
fn a_start_whose_answer_is_lost_is_repeated_only_where_that_starts_no_second_run() {
    let lost = || vec![created(NEEDED), Unanswered];
    let again = || vec![created(NOT_NEEDED), Unanswered];
    let with = |mut events: Vec<Event>, more: Vec<Event>| {
        events.extend(more);
        events
    };
    check(vec![
        Row("the object says that the work is done", None, with(lost(), vec![Looked(NOT_NEEDED)]), 1, Left::Done, Some(Ending::Done)),
        Row("the object says that it is to be done: the run that goes on is joined", None, with(lost(), vec![Looked(NEEDED), named(RUN), polled("completed"), Looked(NOT_NEEDED)]), 2, Left::Completed(RUN), Some(Ending::Done)),
        Row("it never began", None, with(lost(), vec![Looked(NEEDED), started(), polled("completed")]), 2, Left::Completed(RUN), Some(Ending::Done)),
        Row("it cannot be repeated for ever", None, with(lost(), vec![Looked(NEEDED), Unanswered, Looked(NEEDED), Unanswered, Looked(NEEDED), Unanswered]), 4, Left::Remembered(STARTING), Some(Ending::StartFailed)),
        Row("a look that gets no answer is repeated", None, with(lost(), vec![NotAnswered, Looked(NOT_NEEDED)]), 1, Left::Done, Some(Ending::Done)),
        Row("what the object says after such a look may be old: it is asked several times", None, with(lost(), vec![NotAnswered, Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), started(), polled("completed")]), 2, Left::Completed(RUN), Some(Ending::Done)),
        Row("a look that fails leaves a start without an answer", None, with(lost(), vec![Failed]), 1, Left::Remembered(STARTING), Some(Ending::Unfollowed)),
        Row("an interrupt leaves it, too", None, with(lost(), vec![Interrupted]), 1, Left::Remembered(STARTING), Some(Ending::Interrupted)),
        Row("an interrupt in the start itself", None, vec![created(NEEDED), Interrupted], 1, Left::Remembered(STARTING), Some(Ending::Interrupted)),
        Row("an interrupt before it is sent again", None, with(lost(), vec![Looked(NEEDED), Withdrawn]), 2, Left::Remembered(STARTING), Some(Ending::Interrupted)),
        Row("the timeout", None, with(lost(), vec![TimedOut]), 1, Left::Remembered(STARTING), Some(Ending::TimedOut)),
        Row("a refusal that names no run is none to wait for: it ends the apply", None, vec![created(NEEDED), UNNAMED], 1, Left::Remembered(Remembered::NotStarted), Some(Ending::StartFailed)),
        Row("after a lost start it is: the object is looked at until it says that the work is done, and nothing is started any more", None, with(lost(), vec![Looked(NEEDED), UNNAMED, Looked(NEEDED), Looked(NEEDED), NotAnswered, Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NOT_NEEDED)]), 2, Left::Done, Some(Ending::Done)),
        Row("or until the timeout", None, with(lost(), vec![Looked(NEEDED), UNNAMED, Looked(NEEDED), TimedOut]), 2, Left::Remembered(STARTING), Some(Ending::TimedOut)),
        Row("an object that says nothing any more does not tell", None, with(lost(), vec![Looked(SILENT)]), 1, Left::Lost, Some(Ending::Unknown)),
        Row("on demand, the object does not tell: it is repeated at once, and the run that goes on is followed", None, with(again(), vec![EARLY, named(RUN), polled("completed")]), 2, Left::Completed(RUN), Some(Ending::Done)),
        Row("but not once a run may be over", None, with(again(), vec![LATE]), 1, Left::Remembered(UNCONFIRMED), Some(Ending::StartFailed)),
        Row("nor where the refusal does not name a run", None, with(again(), vec![EARLY, UNNAMED]), 2, Left::Remembered(UNCONFIRMED), Some(Ending::StartFailed)),
        Row("a refusal for good does not undo that it may have begun", None, with(again(), vec![EARLY, NotStarted, EARLY, NotStarted, EARLY, NotStarted]), 4, Left::Remembered(UNCONFIRMED), Some(Ending::StartFailed)),
        Row("an interrupt on demand", None, with(again(), vec![Interrupted]), 1, Left::Remembered(UNCONFIRMED), Some(Ending::Interrupted)),
    ]);
}

#[rustfmt::skip]
#[test]
fn the_next_apply_goes_on_with_what_is_remembered() {
    check(vec![
        Row("a run that goes on is waited for", Some(own()), vec![picked_up(NEEDED), polled("installing"), polled("completed")], 0, Left::Completed(RUN), Some(Ending::Done)),
        Row("one that failed meanwhile is reported", Some(own()), vec![picked_up(NEEDED), polled("error")], 0, Left::Remembered(failed(RUN)), Some(Ending::RunFailed)),
        Row("interrupted again, it is still remembered", Some(own()), vec![picked_up(NEEDED), Interrupted], 0, Left::Remembered(own()), Some(Ending::Interrupted)),
        Row("so it is where it cannot be looked at", Some(own()), vec![picked_up(NEEDED), Failed], 0, Left::Remembered(own()), Some(Ending::Unfollowed)),
        Row("forgotten by the API: the object says that the work is to be done", Some(own()), vec![picked_up(NEEDED), Missing, Missing, Missing, Missing, Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Ending::Done)),
        Row("forgotten by the API: the object says that it is done", Some(own()), vec![picked_up(NEEDED), Missing, Missing, Missing, Missing, Looked(NOT_NEEDED)], 0, Left::Done, Some(Ending::Done)),
        Row("forgotten by the API, on demand: nothing tells, and nothing is started", Some(on_demand()), vec![picked_up(NOT_NEEDED), Missing, Missing, Missing, Missing, Looked(NOT_NEEDED)], 0, Left::Lost, Some(Ending::Unknown)),
        Row("an interrupt in that look", Some(own()), vec![picked_up(NEEDED), Missing, Missing, Missing, Missing, Interrupted], 0, Left::Remembered(own()), Some(Ending::Interrupted)),
        Row("a start without an answer: the object says that the work is done", Some(STARTING), vec![picked_up(NOT_NEEDED)], 0, Left::Done, Some(Ending::Done)),
        Row("a start without an answer: it is to be done, and a run goes on", Some(STARTING), vec![picked_up(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), named(RUN), polled("completed"), Looked(NOT_NEEDED)], 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("a start without an answer: the object notices later that the work is done", Some(STARTING), vec![picked_up(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NOT_NEEDED)], 0, Left::Done, Some(Ending::Done)),
        Row("a start without an answer: the object says nothing any more", Some(STARTING), vec![picked_up(SILENT)], 0, Left::Lost, Some(Ending::Unknown)),
        Row("a start without an answer, on demand: nothing is started", Some(UNCONFIRMED), vec![picked_up(NOT_NEEDED)], 0, Left::Lost, Some(Ending::Unknown)),
        Row("the same where the object never says", Some(UNCONFIRMED), vec![picked_up(SILENT)], 0, Left::Lost, Some(Ending::Unknown)),
        Row("but where the object says by now that it is to be done, it is started", Some(UNCONFIRMED), vec![picked_up(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), started(), polled("completed")], 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("a failed run is left to the plan, which replaces the object", Some(failed(RUN)), vec![picked_up(NEEDED)], 0, Left::Remembered(failed(RUN)), None),
        Row("so is one that was never started", Some(Remembered::NotStarted), vec![picked_up(NEEDED)], 0, Left::Remembered(Remembered::NotStarted), None),
    ]);
}

#[rustfmt::skip]
#[test]
fn a_replacement_takes_over_the_run_of_the_object_before_it() {
    let not_wanted = |is_needed| Event::Applied {
        is_due: true,
        fits: false,
        source: Source::Predecessor,
        is_needed,
    };
    check(vec![
        Row("after a timeout, its run is waited for", Some(own()), vec![created(NEEDED), polled("completed")], 0, Left::Completed(RUN), Some(Ending::Done)),
        Row("one that failed is tried again", Some(own()), vec![created(NEEDED), polled("error"), Looked(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Ending::Done)),
        Row("interrupted before that, it is still looked at", Some(own()), vec![created(NEEDED), polled("error"), Interrupted], 0, Left::Remembered(own()), Some(Ending::Interrupted)),
        Row("a run for another configuration has to end first", Some(own()), vec![not_wanted(NEEDED), polled("completed"), Looked(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Ending::Done)),
        Row("however it ends", Some(own()), vec![not_wanted(NEEDED), polled("error"), Looked(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Ending::Done)),
        Row("the timeout does not make it the wanted one", Some(own()), vec![not_wanted(NEEDED), polled("installing"), TimedOut], 0, Left::Remembered(outdated()), Some(Ending::TimedOut)),
        Row("forgotten by the API, it is over", Some(own()), vec![not_wanted(NEEDED), Missing, Missing, Missing, Missing, Looked(NOT_NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Ending::Done)),
        Row("a start without an answer for another configuration: its run has to end first", Some(STARTING), vec![not_wanted(NEEDED), named(RUN), polled("completed"), Looked(NEEDED), Event::Started(id(OTHER)), polled("completed")], 2, Left::Completed(OTHER), Some(Ending::Done)),
        Row("it never began: the first that is started is the wanted one", Some(STARTING), vec![not_wanted(NEEDED), started(), polled("completed")], 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("a start that is refused for good leaves the run for another configuration remembered", Some(own()), vec![not_wanted(NEEDED), polled("completed"), Looked(NEEDED), NotStarted], 1, Left::Remembered(outdated()), Some(Ending::StartFailed)),
        Row("so does an interrupt before it was sent", Some(own()), vec![not_wanted(NEEDED), polled("completed"), Looked(NEEDED), Withdrawn], 1, Left::Remembered(outdated()), Some(Ending::InterruptedBefore)),
        Row("one without a name stays without", Some(STARTING), vec![not_wanted(NEEDED), NotStarted], 1, Left::Remembered(BLOCKED), Some(Ending::StartFailed)),
        Row("an answer that names no run is that of the wanted one", Some(STARTING), vec![not_wanted(NEEDED), StartedWithoutId], 1, Left::Remembered(STARTING), Some(Ending::WithoutId)),
        Row("forgotten by the API, it may still be the one that a refusal names: it has to end", Some(own()), vec![not_wanted(NEEDED), Missing, Missing, Missing, Missing, Looked(NEEDED), named(RUN), polled("completed"), Looked(NEEDED), Event::Started(id(OTHER)), polled("completed")], 2, Left::Completed(OTHER), Some(Ending::Done)),
        Row("where either may have done the work, nothing tells", Some(STARTING), vec![not_wanted(NEEDED), Unanswered, Looked(NOT_NEEDED)], 1, Left::Lost, Some(Ending::Unknown)),
        Row("after a start of this apply was lost, too, the run that goes on may be its own", Some(STARTING), vec![not_wanted(NEEDED), Unanswered, Looked(NEEDED), named(RUN), polled("completed"), Looked(NOT_NEEDED)], 2, Left::Completed(RUN), Some(Ending::Done)),
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
        Row("it has done the work", None, with(refused(), vec![Looked(NOT_NEEDED)]), 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("the object notices that later", None, with(refused(), vec![Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NOT_NEEDED)]), 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("it has not: another is started", None, with(refused(), vec![Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Event::Started(id(OTHER)), polled("completed")]), 2, Left::Completed(OTHER), Some(Ending::Done)),
        Row("it fails: the object is asked all the same", None, vec![created(NEEDED), named(RUN), polled("error"), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Event::Started(id(OTHER)), polled("completed")], 2, Left::Completed(OTHER), Some(Ending::Done)),
        Row("an interrupt does not make it the object's own", None, vec![created(NEEDED), named(RUN), polled("installing"), Interrupted], 1, Left::Remembered(joined()), Some(Ending::Interrupted)),
        Row("nor does one while the object is asked", None, with(refused(), vec![Looked(NEEDED), Interrupted]), 1, Left::Remembered(Remembered::Going(going(RUN, PENDING, Origin::Other))), Some(Ending::Interrupted)),
        Row("picked up, the object is asked", Some(joined()), vec![picked_up(NEEDED), polled("completed"), Looked(NOT_NEEDED)], 0, Left::Completed(RUN), Some(Ending::Done)),
        Row("picked up, and another is started", Some(joined()), vec![picked_up(NEEDED), polled("completed"), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Event::Started(id(OTHER)), polled("completed")], 1, Left::Completed(OTHER), Some(Ending::Done)),
        Row("that start is refused: it is made up for by the next apply", Some(joined()), vec![picked_up(NEEDED), polled("completed"), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), Looked(NEEDED), NotStarted], 1, Left::Remembered(joined()), Some(Ending::StartFailed)),
        Row("on demand the object does not tell: it is followed", None, vec![created(NOT_NEEDED), named(RUN), polled("completed")], 1, Left::Completed(RUN), Some(Ending::Done)),
    ]);
    let warns = |start| next(State::Starting(start), named(RUN)).1.contains(&Action::WarnTakenOver);
    let start = |was_needed, is_blocked, is_lost| Start { was_needed, is_lost, is_blocked, ..Start::default() };
    assert!(warns(start(false, false, false)), "and a warning says so");
    assert!(!warns(start(true, false, false)), "the object will say");
    assert!(!warns(start(false, true, false)), "it is the one that has to end first");
    assert!(warns(start(true, true, true)), "it may be that one or its own");
}

#[rustfmt::skip]
#[test]
fn a_refresh_believes_what_a_look_tells() {
    check(vec![
        Row("it goes on", Some(Remembered::Going(going(RUN, PENDING, OWN))), vec![refreshed(Some("installing"), NEEDED, false)], 0, Left::Remembered(own()), None),
        Row("it completed", Some(own()), vec![refreshed(Some("completed"), NEEDED, false)], 0, Left::Completed(RUN), None),
        Row("it failed", Some(own()), vec![refreshed(Some("error"), NEEDED, false)], 0, Left::Remembered(failed(RUN)), None),
        Row("a tainted object's run stays, for its replacement", Some(own()), vec![refreshed(Some("completed"), NOT_NEEDED, true)], 0, Left::Remembered(own()), None),
        Row("a tainted object's run has failed", Some(own()), vec![refreshed(Some("error"), NEEDED, true)], 0, Left::Remembered(failed(RUN)), None),
        Row("somebody else's completed, and did the work", Some(joined()), vec![refreshed(Some("completed"), NOT_NEEDED, false)], 0, Left::Completed(RUN), None),
        Row("somebody else's completed, and the work is to be done", Some(joined()), vec![refreshed(Some("completed"), NEEDED, false)], 0, Left::Remembered(joined()), None),
        Row("somebody else's failed", Some(joined()), vec![refreshed(Some("error"), NEEDED, false)], 0, Left::Remembered(failed(RUN)), None),
        Row("no answer changes nothing", Some(own()), vec![refreshed(None, NEEDED, false)], 0, Left::Remembered(own()), None),
        Row("an outdated one is left to the apply", Some(outdated()), vec![refreshed(Some("completed"), NOT_NEEDED, false)], 0, Left::Remembered(outdated()), None),
        Row("a start without an answer: the work is done", Some(STARTING), vec![refreshed(None, NOT_NEEDED, false)], 0, Left::Done, None),
        Row("a start without an answer: it is to be done", Some(STARTING), vec![refreshed(None, NEEDED, false)], 0, Left::Remembered(STARTING), None),
        Row("a start without an answer, of a tainted object", Some(STARTING), vec![refreshed(None, NOT_NEEDED, true)], 0, Left::Remembered(STARTING), None),
        Row("a start without an answer for another configuration", Some(BLOCKED), vec![refreshed(None, NOT_NEEDED, false)], 0, Left::Remembered(BLOCKED), None),
        Row("on demand the object tells nothing", Some(UNCONFIRMED), vec![refreshed(None, NOT_NEEDED, false)], 0, Left::Remembered(UNCONFIRMED), None),
        Row("a failed run stays failed", Some(failed(RUN)), vec![refreshed(None, NOT_NEEDED, false)], 0, Left::Remembered(failed(RUN)), None),
        Row("nothing remembered, nothing done", None, vec![refreshed(None, NEEDED, false)], 0, Left::Nothing, None),
    ]);
}

#[rustfmt::skip]
#[test]
fn an_error_taints_what_a_create_has_made_and_a_warning_does_not() {
    let errors = [
        Ending::RunFailed,
        Ending::TimedOut,
        Ending::Unfollowed,
        Ending::StartFailed,
        Ending::WithoutId,
        Ending::Unexpected,
    ];
    let warnings = [
        Ending::Done,
        Ending::Unknown,
        Ending::Interrupted,
        Ending::InterruptedBefore,
    ];
    assert!(errors.iter().all(|ending| ending.is_error()));
    assert!(!warnings.iter().any(|ending| ending.is_error()));
}

/// The encoding of each state: what private state has, what state says, and what that is read as.
#[rustfmt::skip]
#[test]
fn what_is_remembered_is_written_and_read() {
    let read = |status: &str, is_needed| Remembered::read(status, Some(id(RUN)), is_needed);
    let with = |status: &str, origin, fits| {
        Some(Remembered::Going(Going {
            fits,
            ..going(RUN, status, origin)
        }))
    };
    let rows = [
        (
            Remembered::NotStarted,
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
    let blocked = Start { is_blocked: true, ..fresh(NEEDED) };
    assert_eq!(State::Starting(fresh(NEEDED)).remembered(), Some(STARTING));
    assert_eq!(State::Starting(fresh(SILENT)).remembered(), Some(UNCONFIRMED));
    assert_eq!(State::Starting(blocked).remembered(), Some(BLOCKED));

    assert_eq!(read("starting", false), Some(STARTING));
    assert_eq!(read("unconfirmed", false), Some(UNCONFIRMED));
    assert_eq!(read("unconfirmed", true), Some(UNCONFIRMED));
    assert_eq!(read("installing", true), with("installing", OWN, true));
    assert_eq!(read("installing", false), with("installing", AGAIN, true));
    assert_eq!(read("joined", true), with("joined", Origin::Other, true));
    assert_eq!(read("waiting", true), with("waiting", OWN, false));
    assert_eq!(Remembered::read("installing", None, true), None);
    assert_eq!(Remembered::read("waiting", None, true), Some(BLOCKED));
    // The API's own words do not pass for the provider's.
    for word in ["starting", "unconfirmed", "joined", "waiting", "lost"] {
        assert_eq!(Remembered::Going(going(RUN, word, OWN)).status(), Some("running"));
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
        Row("Ctrl-C", None, with(follow(), vec![Interrupted]), 1, Left::Remembered(own()), Some(Ending::Interrupted)),
        Row("after Ctrl-C the run completes: the refresh sees it", Some(own()), vec![refreshed(Some("completed"), NOT_NEEDED, false)], 0, Left::Completed(RUN), None),
        Row("after Ctrl-C the run is degraded: the plan replaces it", Some(own()), vec![refreshed(Some("degraded"), NEEDED, false)], 0, Left::Remembered(Remembered::Failed { id: id(RUN), status: "degraded".to_owned(), }), None),
        Row("Ctrl-C twice or a kill: nothing is in state, and the run that the API names is waited for", None, vec![created(NEEDED), named(RUN), polled("completed"), Looked(NOT_NEEDED)], 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("the same on demand: it is waited for with a warning", None, vec![created(NOT_NEEDED), named(RUN), polled("completed")], 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("the same, and the first look fails: it is remembered", None, vec![created(NOT_NEEDED), named(RUN), Failed], 1, Left::Remembered(Remembered::Going(going(RUN, PENDING, AGAIN))), Some(Ending::Unfollowed)),
        Row("killed in an update: the run is remembered from before", Some(own()), vec![picked_up(NEEDED), polled("completed")], 0, Left::Completed(RUN), Some(Ending::Done)),
        Row("the control plane restarts while it is waited for", None, with(follow(), vec![NotAnswered, NotAnswered, Missing, polled("installing"), polled("completed")]), 1, Left::Completed(RUN), Some(Ending::Done)),
        Row("a degraded machine is an error", None, with(follow(), vec![polled("degraded")]), 1, Left::Remembered(Remembered::Failed { id: id(RUN), status: "degraded".to_owned(), }), Some(Ending::RunFailed)),
        Row("a timeout, and the replacement waits for the same run", Some(own()), vec![created(NEEDED), polled("installing"), TimedOut], 0, Left::Remembered(own()), Some(Ending::TimedOut)),
    ]);
}
