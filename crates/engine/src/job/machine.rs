//! What becomes of a run: one pure function from a state and an event to the next state and what is to be done.
//!
//! Two facts carry every rule. The API starts no second run of an object beside one that is going: it refuses, and may
//! say which one that is. And where the declaration has `needed`, the object says whether the work is still to be done.
//! An object that did not say so before a start cannot say afterwards that it is done: there a start whose answer was
//! lost is repeated at once, while a run would still be going, and never by a later apply.
//!
//! Tests: `machine/table.rs` has a row for each transition and each way in which an apply breaks off,
//! `machine/exploration.rs` plays all sequences of events against a model of the API and of Terraform.

use std::time::Duration;

use crate::run::{Going, Id, Origin, PENDING, Remembered};

#[cfg(test)]
mod exploration;
#[cfg(test)]
mod table;

/// Pause between two looks at an object.
const PAUSE: Duration = Duration::from_secs(5);

/// How often an object is looked at before it is believed that a run has not done the work: it notices a little later.
const LOOKS: u8 = 4;

/// Looks without an end: a run is going, so nothing is started any more.
const FOR_EVER: u8 = u8::MAX;

/// Pauses before a start is repeated whose answer was lost; as many as there are repeats.
const REPEATS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// How often in a row a run may be missing: the API can be slow to show what it has just started.
const MISSES: u8 = 3;

/// Within this time of a start, its run cannot have succeeded.
pub const SOON: Duration = Duration::from_mins(2);

/// How the run of one object stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// No apply is at work on it: what is remembered, where anything is.
    Resting(Option<Remembered>),
    /// A start was sent, and its answer is waited for.
    Starting(Start),
    /// A start that got no run is about to be repeated, if that is still to be done.
    Retrying(Start),
    /// The run is looked at until it is over.
    Following {
        going: Going,
        /// How this apply came by it.
        source: Source,
        /// How often in a row the API did not know it.
        misses: u8,
    },
    /// The run of somebody else is over: the object is asked whether the work is done.
    Checking {
        going: Going,
        /// How the run ended.
        end: End,
        /// How often the object was looked at.
        looks: u8,
    },
    /// An earlier run is over or forgotten: the object is looked at before another is started.
    Reviewing { going: Going, is_forgotten: bool },
    /// A run did its work.
    Succeeded(End),
    /// The object says that the work is done, by a run without an identity.
    Done,
    /// Nothing tells what became of it.
    Lost,
}

/// A start under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Start {
    /// Whether the object said, before, that the work is to be done.
    pub was_needed: bool,
    /// Whether an answer to it was lost, in this apply or an earlier one, so that a run may be going.
    pub is_lost: bool,
    /// How often it was repeated after a lost answer.
    pub repeats: u8,
    /// How often the object is still to be looked at before it is believed that the lost start has not done the work.
    pub looks: u8,
    /// Whether a run for something else may be going, which was asked for without an answer and has to end first.
    pub is_blocked: bool,
    /// The run that has ended before: remembered until the start is carried out.
    pub earlier: Option<Going>,
}

/// How an apply came by the run that it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// It asked for it.
    Request,
    /// The object remembers it.
    Memory,
    /// The object that this one replaces has left it.
    Predecessor,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct End {
    /// Which run it was.
    pub id: Id,
    /// Its last status, in the API's words.
    pub status: String,
    /// Whether it did its work.
    pub succeeded: bool,
}

/// What a look at a run found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Report {
    /// Its status, in the API's words.
    pub status: String,
    /// Whether it is over, and then whether it succeeded.
    pub succeeded: Option<bool>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// An apply has come to the job.
    Applied {
        /// Whether the apply is of a phase that the job follows.
        is_due: bool,
        /// Whether what is remembered was started for what is wanted.
        fits: bool,
        /// Where what is remembered comes from.
        source: Source,
        /// Whether the object says that the work is to be done.
        is_needed: Option<bool>,
    },
    /// A refresh has looked at the object, and at the run where [`State::is_refreshed`].
    Refreshed {
        report: Option<Report>,
        is_needed: Option<bool>,
        /// Whether the object is about to be replaced because of an error.
        is_tainted: bool,
    },
    /// The answer to a start names the run.
    Started(Id),
    /// The answer to a start names no run, although one was started.
    StartedWithoutId,
    /// A start was refused, as one is that finds another run; its run, where the answer names one.
    Refused(Option<Id>),
    /// A start was sent, and its answer was lost.
    Unanswered,
    /// A start failed, and was certainly not carried out.
    NotStarted,
    /// A look at the run.
    Polled(Report),
    /// The API does not know the run.
    Missing,
    /// A look at the run or at the object failed, but may well succeed later.
    NotAnswered,
    /// A look at the run or at the object failed for good.
    Failed,
    /// A look at the object, and whether it says that the work is to be done.
    Looked(Option<bool>),
    /// A pause is over; whether a run that was asked for may be over by now.
    Waited { is_late: bool },
    /// Terraform was interrupted before a start was sent.
    Withdrawn,
    /// Terraform was interrupted.
    Interrupted,
    /// The timeout is over.
    TimedOut,
}

/// What is to be done. What is remembered of the new state comes first, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Wait before the next action.
    Pause(Duration),
    /// Wait before the next look at a run: longer each time.
    Backoff,
    /// Send the start.
    Request,
    /// Look at the run.
    Poll,
    /// Look at the object.
    Look,
    /// Warn that a run was going already whose purpose nothing tells.
    WarnTakenOver,
    /// The apply's part is over, in this way.
    Finish(Ending),
}

/// How the part of an apply ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ending {
    /// The work is done.
    Done,
    /// With a warning that nothing tells whether it is done.
    Unknown,
    /// The run has failed.
    RunFailed,
    /// Terraform was interrupted, before anything was sent.
    InterruptedBefore,
    /// Terraform was interrupted, and the run goes on.
    Interrupted,
    /// The timeout is over, and the run goes on.
    TimedOut,
    /// The run, or its object, cannot be looked at any more.
    Unfollowed,
    /// The start failed.
    StartFailed,
    /// The run was started, and cannot be followed.
    WithoutId,
    /// An event that no state of this kind knows: a bug.
    Unexpected,
}

impl Ending {
    /// Whether the apply ends with an error: Terraform then replaces an object that it has created.
    pub fn is_error(self) -> bool {
        !matches!(
            self,
            Self::Done | Self::Unknown | Self::Interrupted | Self::InterruptedBefore
        )
    }
}

impl State {
    /// What private state has of it: enough for the next process to go on.
    pub fn remembered(&self) -> Option<Remembered> {
        Some(match self {
            Self::Resting(remembered) => return remembered.clone(),
            // It may be carried out even where nothing is heard of it any more.
            Self::Starting(start) | Self::Retrying(start) => {
                let fits = start.is_lost || !start.is_blocked;
                Remembered::Unconfirmed {
                    // The run that had to end first may have done it, so the object does not tell.
                    was_needed: start.was_needed && !(fits && start.is_blocked),
                    fits,
                }
            }
            Self::Following { going, .. } | Self::Checking { going, .. } | Self::Reviewing { going, .. } => {
                Remembered::Going(going.clone())
            }
            Self::Succeeded(_) | Self::Done | Self::Lost => return None,
        })
    }

    /// Whether what is remembered of it was started for what is wanted now.
    pub fn is_wanted(&self) -> bool {
        !matches!(
            self.remembered(),
            Some(Remembered::Unconfirmed { fits: false, .. } | Remembered::Going(Going { fits: false, .. }))
        )
    }

    /// Whether a refresh looks at the run. An outdated one is left to the apply that waits for it.
    pub fn is_refreshed(&self) -> bool {
        matches!(self, Self::Resting(Some(Remembered::Going(going))) if going.fits)
    }
}

/// The next state, and what is to be done. The last action gives the next event, unless it is [`Action::Finish`] or
/// there is none.
pub fn next(state: State, event: Event) -> (State, Vec<Action>) {
    match (state, event) {
        (
            State::Resting(remembered),
            Event::Applied {
                is_due,
                fits,
                source,
                is_needed,
            },
        ) => apply(remembered, is_due, fits, source, is_needed),
        (
            State::Resting(remembered),
            Event::Refreshed {
                report,
                is_needed,
                is_tainted,
            },
        ) => (refresh(remembered, report, is_needed, is_tainted), Vec::new()),
        (State::Starting(start), event) => answered(start, event),
        (State::Retrying(start), event) => retry(start, event),
        (
            State::Following {
                going,
                source,
                misses,
            },
            event,
        ) => follow(going, source, misses, event),
        (State::Checking { going, end, looks }, event) => check(going, end, looks, event),
        (State::Reviewing { going, is_forgotten }, event) => review(going, is_forgotten, event),
        (state, _) => (state, vec![Action::Finish(Ending::Unexpected)]),
    }
}

fn apply(
    remembered: Option<Remembered>,
    is_due: bool,
    fits: bool,
    source: Source,
    is_needed: Option<bool>,
) -> (State, Vec<Action>) {
    match remembered {
        Some(Remembered::Going(going)) => follow_from(Going { fits, ..going }, source),
        // What it was asked for is not wanted any more; but if it was started, it goes on.
        Some(Remembered::Unconfirmed { .. }) if !fits => request(Start {
            is_blocked: true,
            ..fresh(is_needed)
        }),
        Some(Remembered::Unconfirmed { was_needed, .. }) => resume(was_needed, is_needed),
        None | Some(Remembered::NotStarted | Remembered::Failed { .. }) if is_due => {
            request(fresh(is_needed))
        }
        remembered => (State::Resting(remembered), Vec::new()),
    }
}

/// Over and well, a run is forgotten; failed, the next plan makes a new object. What takes more than a look to decide is
/// left to the apply that picks the run up.
///
/// A tainted object is about to be replaced. All that its replacement gets to see is state, and as long as that tells of
/// a run under way, it takes over the run instead of starting another.
fn refresh(
    remembered: Option<Remembered>,
    report: Option<Report>,
    is_needed: Option<bool>,
    is_tainted: bool,
) -> State {
    match (remembered, report) {
        (
            Some(Remembered::Unconfirmed {
                was_needed: true,
                fits: true,
            }),
            _,
        ) if is_needed == Some(false) && !is_tainted => State::Done,
        (Some(Remembered::Going(going)), Some(Report { status, succeeded })) if going.fits => match succeeded
        {
            None => State::Resting(Some(Remembered::Going(Going { status, ..going }))),
            Some(false) => State::Resting(Some(Remembered::Failed { id: going.id, status })),
            Some(true) => {
                let did_it = going.origin != Origin::Other || is_needed == Some(false);
                if did_it && !is_tainted {
                    State::Succeeded(End {
                        id: going.id,
                        status,
                        succeeded: true,
                    })
                } else {
                    State::Resting(Some(Remembered::Going(going)))
                }
            }
        },
        (remembered, _) => State::Resting(remembered),
    }
}

/// A start that nothing is known of yet.
fn fresh(is_needed: Option<bool>) -> Start {
    Start {
        was_needed: is_needed == Some(true),
        ..Start::default()
    }
}

fn request(start: Start) -> (State, Vec<Action>) {
    (State::Starting(start), vec![Action::Request])
}

/// Goes on after a start whose answer was lost: the object says what became of it, if it can.
fn resume(was_needed: bool, is_needed: Option<bool>) -> (State, Vec<Action>) {
    let start = Start {
        was_needed: was_needed || is_needed == Some(true),
        is_lost: true,
        looks: LOOKS - 1,
        // What the object says only now may be the doing of another run.
        is_blocked: !was_needed,
        ..Start::default()
    };
    match (start.was_needed, is_needed) {
        (true, Some(false)) => (State::Done, vec![Action::Finish(Ending::Done)]),
        (true, Some(true)) => again(start, PAUSE),
        _ => lost(),
    }
}

fn lost() -> (State, Vec<Action>) {
    (State::Lost, vec![Action::Finish(Ending::Unknown)])
}

fn answered(start: Start, event: Event) -> (State, Vec<Action>) {
    let own = Origin::Own {
        was_needed: start.was_needed,
    };
    match event {
        Event::Started(id) => follow_from(begun(id, own, true), Source::Request),
        Event::StartedWithoutId => {
            let start = Start {
                is_blocked: false,
                ..start
            };
            rest(&State::Starting(start), Ending::WithoutId)
        }
        Event::Refused(Some(id)) => refused(&start, id, own),
        Event::Unanswered => repeat(Start {
            is_lost: true,
            ..start
        }),
        Event::NotStarted if start.is_lost => repeat(start),
        // A run goes on, and it may well be the one of the lost start: the object will say when it has done the work.
        Event::Refused(None) if start.is_lost && start.was_needed && !start.is_blocked => again(
            Start {
                looks: FOR_EVER,
                ..start
            },
            PAUSE,
        ),
        Event::Refused(None) | Event::NotStarted => give_up(start, Ending::StartFailed),
        Event::Withdrawn if start.is_lost => give_up(start, Ending::Interrupted),
        Event::Withdrawn => give_up(start, Ending::InterruptedBefore),
        // It may have been carried out.
        event => {
            let start = Start {
                is_lost: true,
                ..start
            };
            stop(&State::Starting(start), &event)
        }
    }
}

/// Another run goes on, which the refusal names.
fn refused(start: &Start, id: Id, own: Origin) -> (State, Vec<Action>) {
    let is_earlier = start.is_blocked && !start.is_lost;
    let origin = if start.was_needed || is_earlier {
        Origin::Other
    } else {
        own
    };
    let (state, mut actions) = follow_from(begun(id, origin, !is_earlier), Source::Request);
    // Where the object will not say whose it was, only the user can.
    if !is_earlier && (start.is_blocked || !start.was_needed) {
        actions.insert(0, Action::WarnTakenOver);
    }
    (state, actions)
}

/// Repeats a start whose answer was lost, unless that was done often enough.
fn repeat(start: Start) -> (State, Vec<Action>) {
    match REPEATS.get(usize::from(start.repeats)) {
        Some(pause) => again(
            Start {
                repeats: start.repeats + 1,
                ..start
            },
            *pause,
        ),
        None => give_up(start, Ending::StartFailed),
    }
}

/// Waits before a start is repeated; an object that can say whether that is still to be done is asked.
fn again(start: Start, pause: Duration) -> (State, Vec<Action>) {
    let mut actions = vec![Action::Pause(pause)];
    actions.extend(start.was_needed.then_some(Action::Look));
    (State::Retrying(start), actions)
}

/// Nothing more is started. What was certainly not carried out is made up for by the next apply.
fn give_up(start: Start, ending: Ending) -> (State, Vec<Action>) {
    if start.is_lost {
        return rest(&State::Starting(start), ending);
    }
    let remembered = match start.earlier {
        Some(going) => Remembered::Going(going),
        None if start.is_blocked => Remembered::Unconfirmed {
            was_needed: start.was_needed,
            fits: false,
        },
        None => Remembered::NotStarted,
    };
    (State::Resting(Some(remembered)), vec![Action::Finish(ending)])
}

fn retry(start: Start, event: Event) -> (State, Vec<Action>) {
    match event {
        // Either run may have done it: the one of this apply, or the one that had to end first.
        Event::Looked(Some(false)) if start.is_blocked => lost(),
        Event::Looked(Some(false)) => (State::Done, vec![Action::Finish(Ending::Done)]),
        Event::Looked(None) => lost(),
        Event::Looked(Some(true)) | Event::NotAnswered if start.looks == FOR_EVER => again(start, PAUSE),
        Event::Looked(Some(true)) if start.looks > 0 => again(
            Start {
                looks: start.looks - 1,
                ..start
            },
            PAUSE,
        ),
        // The object does not say when a run is over; so nothing is started any more once one may be.
        Event::Waited { is_late: true } => rest(&State::Retrying(start), Ending::StartFailed),
        Event::Looked(Some(true)) | Event::Waited { is_late: false } => request(start),
        // It may have taken long: what the object says next may be from before the run has ended.
        Event::NotAnswered => again(
            Start {
                looks: LOOKS - 1,
                ..start
            },
            PAUSE,
        ),
        event => look(State::Retrying(start), event),
    }
}

fn begun(id: Id, origin: Origin, fits: bool) -> Going {
    Going {
        id,
        status: PENDING.to_owned(),
        origin,
        fits,
    }
}

fn follow_from(going: Going, source: Source) -> (State, Vec<Action>) {
    let state = State::Following {
        going,
        source,
        misses: 0,
    };
    (state, vec![Action::Poll])
}

fn follow(going: Going, source: Source, misses: u8, event: Event) -> (State, Vec<Action>) {
    let on = |going, misses| {
        let state = State::Following {
            going,
            source,
            misses,
        };
        (state, vec![Action::Backoff, Action::Poll])
    };
    match event {
        Event::Polled(Report {
            status,
            succeeded: None,
        }) => on(Going { status, ..going }, 0),
        Event::Polled(Report {
            status,
            succeeded: Some(succeeded),
        }) => ended(
            going.clone(),
            source,
            End {
                id: going.id,
                status,
                succeeded,
            },
        ),
        Event::NotAnswered => on(going, misses),
        Event::Missing if misses < MISSES => on(going, misses + 1),
        // The API has forgotten it, and only the object can say what became of it.
        Event::Missing if source != Source::Request => (
            State::Reviewing {
                going,
                is_forgotten: true,
            },
            vec![Action::Look],
        ),
        event => {
            let state = State::Following {
                going,
                source,
                misses,
            };
            match event {
                Event::Missing | Event::Failed => rest(&state, Ending::Unfollowed),
                event => stop(&state, &event),
            }
        }
    }
}

fn ended(going: Going, source: Source, end: End) -> (State, Vec<Action>) {
    // It was started for something else, or for the object that this one replaces, to try again.
    let is_followed = !going.fits || (source == Source::Predecessor && !end.succeeded);
    if is_followed {
        let state = State::Reviewing {
            going,
            is_forgotten: false,
        };
        return (state, vec![Action::Look]);
    }
    match going.origin {
        Origin::Other => (State::Checking { going, end, looks: 0 }, vec![Action::Look]),
        Origin::Own { .. } => conclude(end),
    }
}

/// The run was for this object, and is over.
fn conclude(end: End) -> (State, Vec<Action>) {
    if end.succeeded {
        (State::Succeeded(end), vec![Action::Finish(Ending::Done)])
    } else {
        let End { id, status, .. } = end;
        let failed = Remembered::Failed { id, status };
        (
            State::Resting(Some(failed)),
            vec![Action::Finish(Ending::RunFailed)],
        )
    }
}

fn check(going: Going, end: End, looks: u8, event: Event) -> (State, Vec<Action>) {
    match event {
        Event::Looked(Some(true)) if looks + 1 < LOOKS => {
            let state = State::Checking {
                going,
                end,
                looks: looks + 1,
            };
            (state, vec![Action::Pause(PAUSE), Action::Look])
        }
        Event::Looked(Some(true)) => request(Start {
            earlier: Some(going),
            ..fresh(Some(true))
        }),
        Event::Looked(_) => conclude(end),
        event => look(State::Checking { going, end, looks }, event),
    }
}

fn review(going: Going, is_forgotten: bool, event: Event) -> (State, Vec<Action>) {
    match event {
        Event::Looked(is_needed) if is_forgotten && going.fits => {
            let was_needed = match going.origin {
                Origin::Own { was_needed } => was_needed,
                Origin::Other => true,
            };
            resume(was_needed, is_needed)
        }
        Event::Looked(is_needed) => request(Start {
            // The API has forgotten it, and still it may be going.
            is_blocked: is_forgotten,
            earlier: Some(going),
            ..fresh(is_needed)
        }),
        event => look(State::Reviewing { going, is_forgotten }, event),
    }
}

/// What a look at the object gave, other than what it says.
fn look(state: State, event: Event) -> (State, Vec<Action>) {
    match event {
        Event::NotAnswered => (state, vec![Action::Pause(PAUSE), Action::Look]),
        Event::Failed => rest(&state, Ending::Unfollowed),
        event => stop(&state, &event),
    }
}

/// What ends any wait.
fn stop(state: &State, event: &Event) -> (State, Vec<Action>) {
    let ending = match event {
        Event::Interrupted => Ending::Interrupted,
        Event::TimedOut => Ending::TimedOut,
        _ => Ending::Unexpected,
    };
    rest(state, ending)
}

/// The apply's part ends, and what is remembered is for the next one.
fn rest(state: &State, ending: Ending) -> (State, Vec<Action>) {
    (State::Resting(state.remembered()), vec![Action::Finish(ending)])
}
