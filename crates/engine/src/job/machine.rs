//! The state machine of a run: one pure function from a state and an event to the next state and the actions to take.
//!
//! Every rule follows from two facts:
//!
//! - The API starts no second run of an object while one is active. It rejects the start, and may name the active run.
//! - If the declaration has `needed`, the object has a boolean that is true as long as the work is still to be done.
//!
//! If the object was not needed before a start, that boolean cannot confirm the run afterwards. A start whose response
//! was lost is then retried at once, while its run would still be active, and never by a later apply.
//!
//! In this module and its tests, a state is one of the machine, [`State`]; Terraform's state has only the status and the
//! identity of the run, which `record` writes.
//!
//! Tests: `machine/table.rs` has a row for each transition and each way in which an apply ends early,
//! `machine/exploration.rs` plays all sequences of events against a model of the API and of Terraform.

use std::time::Duration;

use crate::run::{ActiveRun, Id, Origin, PENDING, RunState};

#[cfg(test)]
mod exploration;
#[cfg(test)]
mod table;

/// Pause between two reads of an object.
const OBJECT_READ_INTERVAL: Duration = Duration::from_secs(5);

/// Reads of an object before the machine concludes that a run has not done the work: the control plane updates the
/// object a little after the run ends.
const MAX_OBJECT_READS: u8 = 4;

/// Value of [`Start::reads_left`] without a limit: a run is active, so no further start is sent.
const UNLIMITED_READS: u8 = u8::MAX;

/// Pauses before each retry of a start whose response was lost; their number is the number of retries.
const START_RETRY_DELAYS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Polls in a row that may not find the run: the API can be slow to show a run that it has just started.
const MAX_MISSING_POLLS: u8 = 3;

/// Shortest time from a start to the success of its run.
pub const MIN_RUN_DURATION: Duration = Duration::from_mins(2);

/// The state of the run of one object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// No apply is in progress. Private state keeps the run, if there is one.
    Idle(Option<RunState>),
    /// A start is being sent; its response decides what follows.
    Starting(Start),
    /// A start that led to no run will be retried, if the work is still needed.
    Retrying(Start),
    /// The run is polled until it ends.
    Following {
        run: ActiveRun,
        /// Where this apply has the run from.
        source: Source,
        /// Polls in a row that did not find the run.
        missing_polls: u8,
    },
    /// Another client's run has ended: the object is read to see whether the work is done.
    Checking {
        run: ActiveRun,
        /// The same run, with its final status.
        ended: EndedRun,
        /// Reads of the object so far.
        reads: u8,
    },
    /// The run of an earlier apply has ended, or the API no longer has it: the object is read before another run is started.
    Reviewing {
        run: ActiveRun,
        /// Whether the API no longer has the run.
        is_missing: bool,
    },
    /// A run succeeded.
    Succeeded(EndedRun),
    /// The object shows that the work is done, by a run that no response identified.
    Done,
    /// The result of the run cannot be determined.
    Lost,
}

/// A start in progress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Start {
    /// Whether the object showed, before the start, that the work was needed.
    pub was_needed: bool,
    /// Whether a response to a start was lost, in this apply or an earlier one, so that a run may be active.
    pub is_response_lost: bool,
    /// Retries so far after a lost response.
    pub retries: u8,
    /// Reads of the object that are left before the machine concludes that the lost start has not done the work.
    pub reads_left: u8,
    /// Whether a run that is not of this start may be active or have ended meanwhile: that of an outdated start, one that the
    /// API no longer has, or one that made the work needed again. The object then cannot confirm this start.
    pub may_have_other_run: bool,
    /// The run after whose end this start is sent. Private state gets it back if the start certainly started no run.
    pub previous: Option<ActiveRun>,
}

/// Where an apply has the run from that it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The apply started it, or was rejected because of it.
    ThisApply,
    /// Private state of the object.
    PrivateState,
    /// The object that this one replaces handed it over.
    ReplacedObject,
}

/// A run that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndedRun {
    /// Identity of the run.
    pub id: Id,
    /// Its final status, as the API returned it.
    pub status: String,
    /// Whether it succeeded.
    pub succeeded: bool,
}

/// The response to a poll of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunStatus {
    /// Status of the run, as the API returned it.
    pub status: String,
    /// Whether the run succeeded; `None` while it is active.
    pub succeeded: Option<bool>,
}

/// What happened: an operation of Terraform, or the result of an [`Action`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// An apply reached the job.
    Applied {
        /// Whether the job runs after this phase (`after` of the declaration).
        is_due: bool,
        /// Whether the known run is known to do the current work: see [`super::evidence`].
        is_current: bool,
        /// Where the known run comes from.
        source: Source,
        /// Whether the object needs the work; `None` if it does not show that.
        is_needed: Option<bool>,
    },
    /// Terraform refreshed the object; the run was polled if [`State::is_polled_by_refresh`].
    Refreshed {
        /// The response to the poll; `None` without a poll, or if it failed.
        polled: Option<RunStatus>,
        /// Whether the object needs the work; `None` if it does not show that.
        is_needed: Option<bool>,
        /// Whether the object is tainted, so that the next apply replaces it.
        is_tainted: bool,
    },
    /// The response to a start identifies the run.
    Started(Id),
    /// The response to a start does not identify the run that was started.
    StartedWithoutId,
    /// A start was rejected.
    StartRejected(Rejection),
    /// A start was sent, and its response was lost.
    StartResponseLost,
    /// A start failed, and certainly started no run.
    StartFailed,
    /// A poll found the run.
    Polled(RunStatus),
    /// A poll did not find the run.
    RunNotFound,
    /// A poll or a read of the object failed, and may succeed later.
    TransientError,
    /// A poll or a read of the object failed, and a retry would not help.
    PermanentError,
    /// The object was read; whether it needs the work, `None` if it does not show that.
    ObjectRead(Option<bool>),
    /// A pause ended; `is_late` if a run whose start was lost may have ended by now.
    PauseEnded { is_late: bool },
    /// Terraform was interrupted before the start was sent.
    StartCancelled,
    /// Terraform was interrupted.
    Interrupted,
    /// The timeout of the operation ended.
    TimedOut,
}

/// Why a start was rejected.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rejection {
    /// Because of an active run, which the response names.
    Run {
        /// Identity of the active run.
        id: Id,
        /// Whether the run is known to do the current work: see [`super::evidence`].
        is_current: bool,
    },
    /// For a reason that names no run.
    Reason,
    /// Without a reason.
    Unexplained,
}

/// What to do next. The new state is always recorded first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Wait before the next action.
    Pause(Duration),
    /// Wait before the next poll: longer each time.
    Backoff,
    /// Send the start.
    SendStart,
    /// Poll the run.
    PollRun,
    /// Read the object.
    ReadObject,
    /// Warn that another run was active already, and that its configuration is unknown.
    WarnOtherRun,
    /// End this part of the apply.
    Finish(Outcome),
}

/// How the job's part of an apply ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The work is done.
    Done,
    /// A warning: whether the work is done cannot be determined.
    Unconfirmed,
    /// The run failed.
    RunFailed,
    /// Terraform was interrupted before a start was sent.
    InterruptedBeforeStart,
    /// Terraform was interrupted, and the run continues.
    Interrupted,
    /// The timeout ended, and the run continues.
    TimedOut,
    /// The run or its object can no longer be read.
    ReadFailed,
    /// The start failed.
    StartFailed,
    /// A run was started whose identity is unknown, so it cannot be followed.
    Unidentified,
    /// An event that has no transition from this state: a bug.
    Unexpected,
}

impl Outcome {
    /// Whether the apply ends with an error: Terraform then taints an object that it has created.
    pub fn is_error(self) -> bool {
        !matches!(
            self,
            Self::Done | Self::Unconfirmed | Self::Interrupted | Self::InterruptedBeforeStart
        )
    }
}

impl State {
    /// What private state keeps: enough for the next process to continue.
    pub fn run_state(&self) -> Option<RunState> {
        Some(match self {
            Self::Idle(stored) => return stored.clone(),
            // The API may carry out the start even if no response arrives.
            Self::Starting(start) | Self::Retrying(start) => {
                let is_current = start.is_response_lost || !start.may_have_other_run;
                RunState::Unconfirmed {
                    // The run that had to end first may have done the work, so the object cannot confirm this start.
                    was_needed: start.was_needed && !(is_current && start.may_have_other_run),
                    is_current,
                }
            }
            Self::Following { run, .. } | Self::Checking { run, .. } | Self::Reviewing { run, .. } => {
                RunState::Active(run.clone())
            }
            Self::Succeeded(_) | Self::Done | Self::Lost => return None,
        })
    }

    /// Whether the run was started for the current configuration.
    pub fn is_current(&self) -> bool {
        !matches!(
            self.run_state(),
            Some(
                RunState::Unconfirmed {
                    is_current: false,
                    ..
                } | RunState::Active(ActiveRun {
                    is_current: false,
                    ..
                })
            )
        )
    }

    /// Whether a refresh polls the run. An outdated run is left to the apply that waits for it.
    pub fn is_polled_by_refresh(&self) -> bool {
        matches!(self, Self::Idle(Some(RunState::Active(run))) if run.is_current)
    }
}

/// Returns the next state and the actions to take. The last action gives the next event, unless it is
/// [`Action::Finish`] or there is no action.
pub fn next(state: State, event: Event) -> (State, Vec<Action>) {
    match (state, event) {
        (
            State::Idle(stored),
            Event::Applied {
                is_due,
                is_current,
                source,
                is_needed,
            },
        ) => on_apply(stored, is_due, is_current, source, is_needed),
        (
            State::Idle(stored),
            Event::Refreshed {
                polled,
                is_needed,
                is_tainted,
            },
        ) => (on_refresh(stored, polled, is_needed, is_tainted), Vec::new()),
        (State::Starting(start), event) => on_start_response(start, event),
        (State::Retrying(start), event) => on_retrying(start, event),
        (
            State::Following {
                run,
                source,
                missing_polls,
            },
            event,
        ) => on_following(run, source, missing_polls, event),
        (State::Checking { run, ended, reads }, event) => on_checking(run, ended, reads, event),
        (State::Reviewing { run, is_missing }, event) => on_reviewing(run, is_missing, event),
        (state, _) => (state, vec![Action::Finish(Outcome::Unexpected)]),
    }
}

fn on_apply(
    stored: Option<RunState>,
    is_due: bool,
    is_current: bool,
    source: Source,
    is_needed: Option<bool>,
) -> (State, Vec<Action>) {
    match stored {
        Some(RunState::Active(run)) => begin_following(ActiveRun { is_current, ..run }, source),
        // The start was for another configuration; if it was carried out, its run is active and must end first.
        Some(RunState::Unconfirmed { .. }) if !is_current => send_start(Start {
            may_have_other_run: true,
            ..first_start(is_needed)
        }),
        Some(RunState::Unconfirmed { was_needed, .. }) => resume_unconfirmed(was_needed, is_needed),
        None | Some(RunState::NotStarted | RunState::Failed { .. }) if is_due => {
            send_start(first_start(is_needed))
        }
        stored => (State::Idle(stored), Vec::new()),
    }
}

/// A run that succeeded is removed from private state; after one that failed, the next plan replaces the object. The
/// next apply decides what one read cannot.
///
/// A tainted object keeps its run: its replacement gets state only, and follows the run that state shows as active
/// instead of starting another.
fn on_refresh(
    stored: Option<RunState>,
    polled: Option<RunStatus>,
    is_needed: Option<bool>,
    is_tainted: bool,
) -> State {
    match (stored, polled) {
        (
            Some(RunState::Unconfirmed {
                was_needed: true,
                is_current: true,
            }),
            _,
        ) if is_needed == Some(false) && !is_tainted => State::Done,
        (Some(RunState::Active(run)), Some(RunStatus { status, succeeded })) if run.is_current => {
            match succeeded {
                None => State::Idle(Some(RunState::Active(ActiveRun { status, ..run }))),
                Some(false) => State::Idle(Some(RunState::Failed { id: run.id, status })),
                Some(true) => {
                    let did_it = run.origin != Origin::Other || is_needed == Some(false);
                    if did_it && !is_tainted {
                        State::Succeeded(EndedRun {
                            id: run.id,
                            status,
                            succeeded: true,
                        })
                    } else {
                        State::Idle(Some(RunState::Active(run)))
                    }
                }
            }
        }
        (stored, _) => State::Idle(stored),
    }
}

/// A start before its first request.
fn first_start(is_needed: Option<bool>) -> Start {
    Start {
        was_needed: is_needed == Some(true),
        ..Start::default()
    }
}

fn send_start(start: Start) -> (State, Vec<Action>) {
    (State::Starting(start), vec![Action::SendStart])
}

/// Continues after a start whose response was lost: the object shows whether the work was done, if it can.
fn resume_unconfirmed(was_needed: bool, is_needed: Option<bool>) -> (State, Vec<Action>) {
    let start = Start {
        was_needed: was_needed || is_needed == Some(true),
        is_response_lost: true,
        reads_left: MAX_OBJECT_READS - 1,
        // If the object needs the work only now, another run may be the cause.
        may_have_other_run: !was_needed,
        ..Start::default()
    };
    match (start.was_needed, is_needed) {
        (true, Some(false)) => (State::Done, vec![Action::Finish(Outcome::Done)]),
        (true, Some(true)) => wait_to_retry(start, OBJECT_READ_INTERVAL),
        _ => finish_lost(),
    }
}

fn finish_lost() -> (State, Vec<Action>) {
    (State::Lost, vec![Action::Finish(Outcome::Unconfirmed)])
}

fn on_start_response(start: Start, event: Event) -> (State, Vec<Action>) {
    let own = Origin::Own {
        was_needed: start.was_needed,
    };
    match event {
        Event::Started(id) => begin_following(new_run(id, own, true), Source::ThisApply),
        // The object shows when the work is done. Until then, a rejection of another start names the run.
        Event::StartedWithoutId if start.was_needed => retry_lost_start(Start {
            is_response_lost: true,
            may_have_other_run: false,
            reads_left: reads_after_loss(&start),
            ..start
        }),
        Event::StartedWithoutId => {
            let start = Start {
                may_have_other_run: false,
                ..start
            };
            suspend(&State::Starting(start), Outcome::Unidentified)
        }
        Event::StartRejected(Rejection::Run { id, is_current }) => on_rejection(&start, id, is_current, own),
        // The run may have ended already, a little before the object shows that.
        Event::StartResponseLost => retry_lost_start(Start {
            is_response_lost: true,
            reads_left: reads_after_loss(&start),
            ..start
        }),
        Event::StartFailed if start.is_response_lost => retry_lost_start(start),
        // The active run may be the one of the lost start: the object will show when it has done the work.
        Event::StartRejected(Rejection::Unexplained)
            if start.is_response_lost && start.was_needed && !start.may_have_other_run =>
        {
            wait_to_retry(
                Start {
                    reads_left: UNLIMITED_READS,
                    ..start
                },
                OBJECT_READ_INTERVAL,
            )
        }
        Event::StartRejected(Rejection::Reason | Rejection::Unexplained) | Event::StartFailed => {
            stop_starting(start, Outcome::StartFailed)
        }
        Event::StartCancelled if start.is_response_lost => stop_starting(start, Outcome::Interrupted),
        Event::StartCancelled => stop_starting(start, Outcome::InterruptedBeforeStart),
        // The start may have been carried out.
        event => {
            let start = Start {
                is_response_lost: true,
                ..start
            };
            end_wait(&State::Starting(start), &event)
        }
    }
}

/// Follows the active run that the rejection names. A run that may do other work must end first.
fn on_rejection(start: &Start, id: Id, is_current: bool, own: Origin) -> (State, Vec<Action>) {
    let is_previous = !is_current || (start.may_have_other_run && !start.is_response_lost);
    let origin = if start.was_needed || is_previous {
        Origin::Other
    } else {
        own
    };
    let (state, mut actions) = begin_following(new_run(id, origin, !is_previous), Source::ThisApply);
    // The object will not show whether that run did the work of this start, so the user must check.
    if !is_previous && (start.may_have_other_run || !start.was_needed) {
        actions.insert(0, Action::WarnOtherRun);
    }
    (state, actions)
}

/// Reads of the object before a retry, if the object can show the end of a run. After further losses, the first ones had the time.
fn reads_after_loss(start: &Start) -> u8 {
    if start.was_needed && start.retries == 0 {
        MAX_OBJECT_READS - 1
    } else {
        0
    }
}

/// Retries a start whose response was lost, unless all retries are used up.
fn retry_lost_start(start: Start) -> (State, Vec<Action>) {
    match START_RETRY_DELAYS.get(usize::from(start.retries)) {
        Some(pause) => wait_to_retry(
            Start {
                retries: start.retries + 1,
                ..start
            },
            *pause,
        ),
        None => stop_starting(start, Outcome::StartFailed),
    }
}

/// Waits before a retry of the start; an object that can show whether the work is still needed is read first.
fn wait_to_retry(start: Start, pause: Duration) -> (State, Vec<Action>) {
    let mut actions = vec![Action::Pause(pause)];
    actions.extend(start.was_needed.then_some(Action::ReadObject));
    (State::Retrying(start), actions)
}

/// Sends no further start. If none was carried out, the next apply sends it.
fn stop_starting(start: Start, outcome: Outcome) -> (State, Vec<Action>) {
    if start.is_response_lost {
        return suspend(&State::Starting(start), outcome);
    }
    let stored = match start.previous {
        Some(run) => RunState::Active(run),
        None if start.may_have_other_run => RunState::Unconfirmed {
            was_needed: start.was_needed,
            is_current: false,
        },
        None => RunState::NotStarted,
    };
    (State::Idle(Some(stored)), vec![Action::Finish(outcome)])
}

fn on_retrying(start: Start, event: Event) -> (State, Vec<Action>) {
    match event {
        // Either run may have done the work: the one of this apply, or the one that had to end first.
        Event::ObjectRead(Some(false)) if start.may_have_other_run => finish_lost(),
        Event::ObjectRead(Some(false)) => (State::Done, vec![Action::Finish(Outcome::Done)]),
        Event::ObjectRead(None) => finish_lost(),
        Event::ObjectRead(Some(true)) | Event::TransientError if start.reads_left == UNLIMITED_READS => {
            wait_to_retry(start, OBJECT_READ_INTERVAL)
        }
        Event::ObjectRead(Some(true)) if start.reads_left > 0 => wait_to_retry(
            Start {
                reads_left: start.reads_left - 1,
                ..start
            },
            OBJECT_READ_INTERVAL,
        ),
        // The object does not show when a run ends, so no start is sent once the lost run may have ended.
        Event::PauseEnded { is_late: true } => suspend(&State::Retrying(start), Outcome::StartFailed),
        Event::ObjectRead(Some(true)) | Event::PauseEnded { is_late: false } => send_start(start),
        // The failed read may have taken long: the next one may return a value from before the run ended.
        Event::TransientError => wait_to_retry(
            Start {
                reads_left: MAX_OBJECT_READS - 1,
                ..start
            },
            OBJECT_READ_INTERVAL,
        ),
        event => on_read_error(State::Retrying(start), event),
    }
}

fn new_run(id: Id, origin: Origin, is_current: bool) -> ActiveRun {
    ActiveRun {
        id,
        status: PENDING.to_owned(),
        origin,
        is_current,
    }
}

fn begin_following(run: ActiveRun, source: Source) -> (State, Vec<Action>) {
    let state = State::Following {
        run,
        source,
        missing_polls: 0,
    };
    (state, vec![Action::PollRun])
}

fn on_following(run: ActiveRun, source: Source, missing_polls: u8, event: Event) -> (State, Vec<Action>) {
    let poll_again = |run, missing_polls| {
        let state = State::Following {
            run,
            source,
            missing_polls,
        };
        (state, vec![Action::Backoff, Action::PollRun])
    };
    match event {
        Event::Polled(RunStatus {
            status,
            succeeded: None,
        }) => poll_again(ActiveRun { status, ..run }, 0),
        Event::Polled(RunStatus {
            status,
            succeeded: Some(succeeded),
        }) => on_run_end(
            run.clone(),
            source,
            EndedRun {
                id: run.id,
                status,
                succeeded,
            },
        ),
        Event::TransientError => poll_again(run, missing_polls),
        Event::RunNotFound if missing_polls < MAX_MISSING_POLLS => poll_again(run, missing_polls + 1),
        // The API no longer has the run: only the object can show whether the work is done.
        Event::RunNotFound if source != Source::ThisApply => (
            State::Reviewing {
                run,
                is_missing: true,
            },
            vec![Action::ReadObject],
        ),
        event => {
            let state = State::Following {
                run,
                source,
                missing_polls,
            };
            match event {
                Event::RunNotFound | Event::PermanentError => suspend(&state, Outcome::ReadFailed),
                event => end_wait(&state, &event),
            }
        }
    }
}

fn on_run_end(run: ActiveRun, source: Source, ended: EndedRun) -> (State, Vec<Action>) {
    // The run was for another configuration, or failed for the object that this one replaces.
    let needs_review = !run.is_current || (source == Source::ReplacedObject && !ended.succeeded);
    if needs_review {
        let state = State::Reviewing {
            run,
            is_missing: false,
        };
        return (state, vec![Action::ReadObject]);
    }
    match run.origin {
        Origin::Other => (State::Checking { run, ended, reads: 0 }, vec![Action::ReadObject]),
        Origin::Own { .. } => finish_run(ended),
    }
}

/// Ends with the result of a run that was for this object.
fn finish_run(ended: EndedRun) -> (State, Vec<Action>) {
    if ended.succeeded {
        (State::Succeeded(ended), vec![Action::Finish(Outcome::Done)])
    } else {
        let EndedRun { id, status, .. } = ended;
        let failed = RunState::Failed { id, status };
        (
            State::Idle(Some(failed)),
            vec![Action::Finish(Outcome::RunFailed)],
        )
    }
}

fn on_checking(run: ActiveRun, ended: EndedRun, reads: u8, event: Event) -> (State, Vec<Action>) {
    match event {
        Event::ObjectRead(Some(true)) if reads + 1 < MAX_OBJECT_READS => {
            let state = State::Checking {
                run,
                ended,
                reads: reads + 1,
            };
            (
                state,
                vec![Action::Pause(OBJECT_READ_INTERVAL), Action::ReadObject],
            )
        }
        Event::ObjectRead(Some(true)) => send_start(Start {
            previous: Some(run),
            ..first_start(Some(true))
        }),
        Event::ObjectRead(_) => finish_run(ended),
        event => on_read_error(State::Checking { run, ended, reads }, event),
    }
}

fn on_reviewing(run: ActiveRun, is_missing: bool, event: Event) -> (State, Vec<Action>) {
    match event {
        Event::ObjectRead(is_needed) if is_missing && run.is_current => {
            let was_needed = match run.origin {
                Origin::Own { was_needed } => was_needed,
                Origin::Other => true,
            };
            resume_unconfirmed(was_needed, is_needed)
        }
        Event::ObjectRead(is_needed) => send_start(Start {
            // The API no longer has the run, but it may still be active.
            may_have_other_run: is_missing,
            previous: Some(run),
            ..first_start(is_needed)
        }),
        event => on_read_error(State::Reviewing { run, is_missing }, event),
    }
}

/// Handles a read of the object that failed.
fn on_read_error(state: State, event: Event) -> (State, Vec<Action>) {
    match event {
        Event::TransientError => (
            state,
            vec![Action::Pause(OBJECT_READ_INTERVAL), Action::ReadObject],
        ),
        Event::PermanentError => suspend(&state, Outcome::ReadFailed),
        event => end_wait(&state, &event),
    }
}

/// Handles what ends any wait: an interrupt or the timeout.
fn end_wait(state: &State, event: &Event) -> (State, Vec<Action>) {
    let outcome = match event {
        Event::Interrupted => Outcome::Interrupted,
        Event::TimedOut => Outcome::TimedOut,
        _ => Outcome::Unexpected,
    };
    suspend(state, outcome)
}

/// Ends this part of the apply; private state keeps the run for the next one.
fn suspend(state: &State, outcome: Outcome) -> (State, Vec<Action>) {
    (State::Idle(state.run_state()), vec![Action::Finish(outcome)])
}
