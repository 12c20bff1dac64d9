//! Plays every sequence of events, until no new situation appears, against a model of the API, of Terraform and of the
//! processes between them, and asserts the invariants in each situation.
//!
//! The model knows what the machine cannot know: which runs exist, and whether the current demand is satisfied. The
//! machine sees responses only, and any of them may be lost, late or outdated.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::OnceLock;

use super::*;
use crate::run::{LOST, Run, WAITING};

/// One situation of the model.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, PartialEq, Eq, Hash)]
struct World {
    /// Whether objects show that they need the work.
    shows_need: bool,
    /// Runs by number; the API rejects a start while a run is active. A number is reused once nothing refers to it.
    runs: [ModelRun; RUNS],
    /// Whether another client has started a run.
    had_other_run: bool,
    /// Number of times that the user has demanded the work: by another configuration, or for an installed machine.
    demand: u8,
    /// Value in the configuration that forces a new object when it changes.
    config: u8,
    /// Whether the object needs the work, which it shows if `shows_need`.
    is_needed: bool,
    /// Reads of the object that still show the need after a run has done the work.
    lag: u8,
    /// Whether a run of this provider has done the demanded work, or an apply has succeeded.
    is_done: bool,
    /// Whether another client's run has, as far as the object shows, or the user was warned that this is unknown.
    is_done_by_other: bool,
    /// Time since a response to a start was lost in this apply.
    time: Time,
    /// Whether the user demands a replacement.
    replace: bool,
    object: Option<Object>,
    apply: Option<Apply>,
}

/// Time since a start whose response was lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Time {
    Never,
    /// The run of that start cannot have succeeded yet.
    Early,
    Late,
}

/// Number of runs that the model distinguishes.
const RUNS: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum ModelRun {
    Active {
        /// Whether the provider knows it as this object's; false after a process was killed.
        is_own: bool,
        demand: u8,
        /// Whether this apply has started it.
        is_young: bool,
    },
    Ended {
        succeeded: bool,
    },
}

/// An object in state. `status` and `id` are those of its run.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Object {
    config: u8,
    is_tainted: bool,
    status: Option<&'static str>,
    id: Option<usize>,
    run: Option<StoredRun>,
}

/// A run in private state.
#[derive(Clone, PartialEq, Eq, Hash)]
struct StoredRun {
    state: RunState,
    /// The configuration that it was started for.
    started_for: Option<u8>,
    tainted: bool,
}

/// An apply in progress.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Apply {
    machine: State,
    actions: Vec<Action>,
    is_create: bool,
    started_for: Option<u8>,
    /// The run's attributes in state by now.
    status: Option<&'static str>,
    id: Option<usize>,
    /// Whether a start was sent.
    has_requested: bool,
}

const DONE: &str = "done";
const BAD: &str = "bad";

fn run_id(run: usize) -> Id {
    Id::from([("id".to_owned(), run.to_string())])
}

fn run_number(id: &Id) -> usize {
    id["id"].parse().unwrap()
}

/// Each state and event that occurred, with the next state and the actions.
#[derive(Default)]
struct Transitions(HashMap<(State, Event), (State, Vec<Action>)>);

impl World {
    fn new(shows_need: bool, is_installed: bool) -> Self {
        Self {
            shows_need,
            runs: [ModelRun::Ended { succeeded: false }; RUNS],
            had_other_run: false,
            demand: 0,
            config: 0,
            // A machine that has its roles already is still installed again when its deployment is created.
            is_needed: !is_installed,
            lag: 0,
            is_done: false,
            is_done_by_other: false,
            time: Time::Never,
            replace: false,
            object: None,
            apply: None,
        }
    }

    fn active(&self) -> Option<usize> {
        self.runs
            .iter()
            .position(|run| matches!(run, ModelRun::Active { .. }))
    }

    /// Whether the apply or the object refers to this run.
    fn refers(&self, number: usize) -> bool {
        let is_it = |id: &Id| run_number(id) == number;
        let has_it = |state: &RunState| state.id().is_some_and(is_it);
        let apply = self.apply.as_ref().is_some_and(|apply| {
            let followed = match &apply.machine {
                State::Checking { ended, .. } | State::Succeeded(ended) => is_it(&ended.id),
                State::Idle(stored) => stored.as_ref().is_some_and(has_it),
                State::Following { run, .. } | State::Reviewing { run, .. } => is_it(&run.id),
                State::Starting(start) | State::Retrying(start) => {
                    start.previous.as_ref().is_some_and(|run| is_it(&run.id))
                }
                State::Done | State::Lost => false,
            };
            followed || apply.id == Some(number)
        });
        let object = self.object.as_ref().is_some_and(|object| {
            object.run.as_ref().is_some_and(|run| has_it(&run.state)) || object.id == Some(number)
        });
        apply || object
    }

    /// Makes runs that nothing refers to equal to runs that never existed, to keep the number of situations small.
    fn normalise_runs(&mut self) {
        for number in 0..RUNS {
            if self.runs[number] == (ModelRun::Ended { succeeded: true }) && !self.refers(number) {
                self.runs[number] = ModelRun::Ended { succeeded: false };
            }
        }
    }

    fn add_run(&mut self, is_own: bool) -> usize {
        let free = (0..RUNS)
            .find(|number| matches!(self.runs[*number], ModelRun::Ended { .. }) && !self.refers(*number));
        let number = free.expect("the model has a free run number");
        self.runs[number] = ModelRun::Active {
            is_own,
            demand: self.demand,
            is_young: is_own,
        };
        number
    }

    /// The need that the object shows, perhaps a little late.
    fn shown_need(&self) -> Option<bool> {
        self.shows_need.then_some(self.is_needed || self.lag > 0)
    }

    /// Whether the control plane's times show that a run was started for the present demand.
    fn does_current_work(&self, run: usize) -> bool {
        match self.runs[run] {
            ModelRun::Active { demand, .. } => demand == self.demand,
            ModelRun::Ended { .. } => true,
        }
    }

    fn is_satisfied(&self) -> bool {
        self.is_done || self.is_done_by_other
    }

    /// Treats runs that private state does not have as runs of another client.
    fn disown(&mut self) {
        let run = self.object.as_ref().and_then(|object| object.run.as_ref());
        let stored = run.and_then(|run| run.state.id()).map(run_number);
        for (number, run) in self.runs.iter_mut().enumerate() {
            if let ModelRun::Active { is_own, .. } = run {
                *is_own &= stored == Some(number);
            }
        }
    }

    /// Starts a run of this provider.
    fn start_own_run(&mut self) -> usize {
        assert!(
            !self.is_done,
            "a second run is started although the first has done the work"
        );
        self.add_run(true)
    }

    /// All possible next situations, each with its cause.
    fn next_worlds(&self, transitions: &mut Transitions) -> Vec<(&'static str, Self)> {
        let mut next_worlds = self.outside_events();
        match &self.apply {
            Some(apply) => next_worlds.extend(self.during_apply(apply, transitions)),
            None => next_worlds.extend(self.between_applies(transitions)),
        }
        next_worlds
    }

    /// Events outside Terraform: a run ends, another client starts one.
    fn outside_events(&self) -> Vec<(&'static str, Self)> {
        let mut next_worlds = Vec::new();
        let Some(active) = self.active() else {
            if !self.had_other_run {
                let mut world = self.clone();
                world.had_other_run = true;
                world.add_run(false);
                next_worlds.push(("another client starts a run", world));
            }
            return next_worlds;
        };
        let ModelRun::Active {
            is_own,
            demand,
            is_young,
        } = self.runs[active]
        else {
            return next_worlds;
        };
        let end = |succeeded, installs, lag| {
            let mut world = self.clone();
            world.runs[active] = ModelRun::Ended { succeeded };
            if installs {
                world.is_needed = false;
                world.lag = if self.is_needed { lag } else { self.lag };
                world.is_done |= is_own && demand == self.demand;
                world.is_done_by_other |= !is_own && self.shows_need && self.is_needed;
            }
            world
        };
        next_worlds.push(("the run fails", end(false, false, 0)));
        // The object was read a moment ago: the API cannot read and start in one request.
        let is_starting = self
            .apply
            .as_ref()
            .is_some_and(|apply| apply.actions.ends_with(&[Action::SendStart]));
        if (is_young && self.time == Time::Early) || (is_own && is_starting) {
            return next_worlds;
        }
        if is_own && demand != self.demand {
            next_worlds.push(("the outdated run succeeds", end(true, false, 0)));
            next_worlds.push((
                "the outdated run succeeds and satisfies the object",
                end(true, true, 0),
            ));
            return next_worlds;
        }
        next_worlds.push(("the run succeeds", end(true, true, 0)));
        // Omitted: an unidentified run that ends during a read which shows the end only later. The API leaves that
        // open.
        let is_reading = self
            .apply
            .as_ref()
            .is_some_and(|apply| matches!(apply.machine, State::Retrying(_)));
        if !is_reading {
            let late = end(true, true, MAX_OBJECT_READS - 1);
            next_worlds.push(("the run succeeds, and the object shows it later", late));
        }
        if !is_own {
            let nothing = end(true, false, 0);
            next_worlds.push(("another client's run ends and installs nothing", nothing));
        }
        next_worlds
    }

    /// Events between two applies: a refresh, another demand, the next apply.
    fn between_applies(&self, transitions: &mut Transitions) -> Vec<(&'static str, Self)> {
        let mut next_worlds = Vec::new();
        let run = self.object.as_ref().and_then(|object| object.run.clone());
        if self.demand == 0 {
            let mut world = self.clone();
            world.config = 1;
            world.demand += 1;
            (world.is_done, world.is_done_by_other) = (false, false);
            (world.is_needed, world.lag) = (true, 0);
            next_worlds.push(("the user changes the configuration", world));
        }
        let is_untainted_without_run =
            self.object.as_ref().is_some_and(|object| !object.is_tainted) && run.is_none();
        if is_untainted_without_run && self.is_done && self.demand == 0 {
            let mut world = self.clone();
            world.demand += 1;
            (world.is_done, world.is_done_by_other) = (false, false);
            (world.replace, world.lag) = (true, 0);
            next_worlds.push(("the user demands a replacement", world));
        }
        if let Some(object) = self.object.as_ref().filter(|object| object.is_tainted) {
            let mut world = self.clone();
            let object = object.clone();
            world.object = Some(Object {
                is_tainted: false,
                ..object
            });
            next_worlds.push(("the user untaints the object", world));
        }
        if let (Some(object), Some(run)) = (&self.object, &run) {
            let state = State::Idle(Some(run.state.clone()));
            let polled = match &run.state {
                RunState::Active(run) if state.is_polled_by_refresh() => Some(self.poll(run_number(&run.id))),
                _ => None,
            };
            let event = Event::Refreshed {
                polled,
                is_needed: self.shown_need(),
                is_tainted: run.tainted,
            };
            let (state, _) = transitions.next(state, event);
            let mut world = self.clone();
            let (status, id) = status_in_state(&state, object.status, object.id);
            // A run for another configuration does not satisfy the next apply.
            let is_accepted =
                matches!(state, State::Done | State::Succeeded(_)) && object.config == self.config;
            world.is_done |= is_accepted;
            world.object = Some(Object {
                run: stored_run(&state, run.started_for, run.tainted),
                status,
                id,
                ..object.clone()
            });
            if state == State::Done {
                world.disown();
            }
            assert!(
                !is_accepted || self.is_satisfied(),
                "a refresh accepts a run that has not done the work"
            );
            next_worlds.push(("a refresh", world));
        }
        next_worlds.push(("an apply", self.apply(run, transitions)));
        next_worlds
    }

    /// Plans and starts an apply.
    fn apply(&self, run: Option<StoredRun>, transitions: &mut Transitions) -> Self {
        let mut world = self.clone();
        world.replace = false;
        // Work that was done before the object existed does not count for it.
        if self.object.is_none() {
            world.is_done = false;
            world.is_done_by_other &= world.lag > 0;
        }
        let replaces = |object: &Object| {
            let has_failed = run
                .as_ref()
                .is_some_and(|run| !run.state.is_pending() && !run.tainted);
            object.is_tainted || has_failed || self.replace || object.config != self.config
        };
        let is_accepted = self.object.as_ref().is_some_and(|object| !replaces(object))
            && run.as_ref().is_none_or(|run| !run.state.is_pending());
        world.is_done |= is_accepted;
        let (is_create, stored, source) = match &self.object {
            None => (true, None, Source::ReplacedObject),
            Some(object) if replaces(object) => (true, object.handed_over(self), Source::ReplacedObject),
            // An object that is no longer tainted was accepted as it is.
            Some(_) => (
                false,
                run.filter(|run| run.state.is_pending()),
                Source::PrivateState,
            ),
        };
        let started_for = stored.as_ref().and_then(|run| run.started_for);
        // Without a replacement, the run is picked up; a replacement needs evidence.
        let is_current = stored.as_ref().is_none_or(|run| {
            let is_joined = !is_create
                || (run.started_for == Some(self.config)
                    && run
                        .state
                        .id()
                        .is_none_or(|id| self.does_current_work(run_number(id))));
            State::Idle(Some(run.state.clone())).is_current() && is_joined
        });
        let before = self.object.clone().filter(|_| !is_create);
        let (machine, actions) = transitions.next(
            State::Idle(stored.map(|run| run.state)),
            Event::Applied {
                is_due: is_create,
                is_current,
                source,
                is_needed: self.shown_need(),
            },
        );
        let (status, id) = before
            .as_ref()
            .map_or((None, None), |object| (object.status, object.id));
        let (status, id) = status_in_state(&machine, status, id);
        world.object = before;
        world.apply = Some(Apply {
            machine,
            actions,
            is_create,
            started_for,
            status,
            id,
            has_requested: false,
        });
        world.finish_apply()
    }

    /// The possible results of the last action of an apply.
    fn during_apply(&self, apply: &Apply, transitions: &mut Transitions) -> Vec<(&'static str, Self)> {
        let mut next_worlds = Vec::new();
        let mut add = |cause: &'static str, mut world: Self, event: Event| {
            world.time = match (&event, world.time) {
                (Event::StartResponseLost, _) => Time::Early,
                // A failed read may take long, and a run is followed until it ends.
                (
                    Event::TransientError
                    | Event::Started(_)
                    | Event::StartRejected(Rejection::Run { .. })
                    | Event::PauseEnded { is_late: true },
                    _,
                ) => Time::Late,
                (_, time) => time,
            };
            let apply = world.apply.as_mut().unwrap();
            let (machine, actions) = transitions.next(apply.machine.clone(), event);
            if actions.contains(&Action::WarnOtherRun) {
                world.is_done_by_other = true;
            }
            let apply = world.apply.as_mut().unwrap();
            (apply.machine, apply.actions) = (machine, actions);
            (apply.status, apply.id) = status_in_state(&apply.machine, apply.status, apply.id);
            next_worlds.push((cause, world.finish_apply()));
        };
        match apply.actions.last().unwrap() {
            Action::SendStart => {
                let mut sent = self.clone();
                sent.apply.as_mut().unwrap().has_requested = true;
                add("the start is cancelled", self.clone(), Event::StartCancelled);
                add("the start fails", sent.clone(), Event::StartFailed);
                add(
                    "the start and its response are lost",
                    sent.clone(),
                    Event::StartResponseLost,
                );
                add("the start is interrupted", sent.clone(), Event::Interrupted);
                if let Some(active) = self.active() {
                    add(
                        "the rejection names the active run",
                        sent.clone(),
                        Event::StartRejected(Rejection::Run {
                            id: run_id(active),
                            is_current: self.does_current_work(active),
                        }),
                    );
                    add(
                        "the rejection has another reason",
                        sent.clone(),
                        Event::StartRejected(Rejection::Reason),
                    );
                    add(
                        "the rejection has no reason",
                        sent,
                        Event::StartRejected(Rejection::Unexplained),
                    );
                } else {
                    let run = sent.start_own_run();
                    add("a run is started", sent.clone(), Event::Started(run_id(run)));
                    add(
                        "a run is started, without an identity",
                        sent.clone(),
                        Event::StartedWithoutId,
                    );
                    add(
                        "a run is started, the response lost",
                        sent.clone(),
                        Event::StartResponseLost,
                    );
                    add("a run is started during an interrupt", sent, Event::Interrupted);
                }
            }
            Action::PollRun => {
                let State::Following { run, .. } = &apply.machine else {
                    panic!("only the run that is followed is polled");
                };
                let polled = self.poll(run_number(&run.id));
                add("the run is polled", self.clone(), Event::Polled(polled));
                add("the run is not found", self.clone(), Event::RunNotFound);
                self.add_waits(&mut add);
            }
            Action::ReadObject => {
                let mut world = self.clone();
                world.lag = self.lag.saturating_sub(1);
                add("the object is read", world, Event::ObjectRead(self.shown_need()));
                self.add_waits(&mut add);
            }
            Action::Pause(_) => {
                if self.time != Time::Late {
                    add("a pause ends", self.clone(), Event::PauseEnded { is_late: false });
                }
                add(
                    "a pause ends late",
                    self.clone(),
                    Event::PauseEnded { is_late: true },
                );
                add("an interrupt", self.clone(), Event::Interrupted);
                add("the timeout", self.clone(), Event::TimedOut);
            }
            action => panic!("{action:?} ends a list of actions"),
        }
        let mut killed = self.clone();
        (killed.apply, killed.time) = (None, Time::Never);
        if apply.is_create || apply.has_requested {
            // What only this process knew counts as another client's work: the guide describes the case.
            killed.is_done_by_other |= killed.is_done;
            killed.is_done = false;
            killed.disown();
        }
        next_worlds.push(("the process is killed", killed));
        next_worlds
    }

    fn add_waits(&self, add: &mut impl FnMut(&'static str, Self, Event)) {
        add("a transient error", self.clone(), Event::TransientError);
        add("a permanent error", self.clone(), Event::PermanentError);
        add("an interrupt", self.clone(), Event::Interrupted);
        add("the timeout", self.clone(), Event::TimedOut);
    }

    fn poll(&self, run: usize) -> RunStatus {
        let succeeded = match self.runs[run] {
            ModelRun::Active { .. } => None,
            ModelRun::Ended { succeeded } => Some(succeeded),
        };
        let status = match succeeded {
            None => "running",
            Some(true) => DONE,
            Some(false) => BAD,
        };
        RunStatus {
            status: status.to_owned(),
            succeeded,
        }
    }

    /// Ends the apply if its last action is to finish, and stores the result.
    fn finish_apply(mut self) -> Self {
        let apply = self.apply.clone().unwrap();
        let outcome = match apply.actions.last() {
            None => None,
            Some(Action::Finish(outcome)) => Some(*outcome),
            Some(_) => return self,
        };
        assert_ne!(outcome, Some(Outcome::Unexpected), "an event has no transition");
        if outcome == Some(Outcome::Unconfirmed) {
            // No further run may be started before the user demands one.
            self.is_done = true;
        }
        if outcome == Some(Outcome::Done) {
            assert!(self.is_satisfied(), "an apply succeeds, and the work is not done");
            self.is_done = true;
        }
        let is_error = outcome.is_some_and(Outcome::is_error);
        let is_current = apply.machine.is_current();
        let started_for = if is_current {
            Some(self.config)
        } else {
            apply.started_for
        };
        let is_tainted = (is_error && apply.is_create)
            || (!apply.is_create && self.object.as_ref().is_some_and(|object| object.is_tainted));
        let run = stored_run(&apply.machine, started_for, is_error && apply.is_create);
        if !(self.is_satisfied() || is_tainted) {
            assert!(run.is_some(), "private state lacks a run whose work is not done");
        }
        self.object = Some(Object {
            config: self.config,
            is_tainted,
            status: apply.status,
            id: apply.id,
            run,
        });
        self.apply = None;
        if matches!(apply.machine, State::Done | State::Lost) {
            self.disown();
        }
        self.time = Time::Never;
        for run in &mut self.runs {
            if let ModelRun::Active { is_young, .. } = run {
                *is_young = false;
            }
        }
        self
    }
}

impl Object {
    /// The run that its replacement finds: from state, without private state.
    fn handed_over(&self, world: &World) -> Option<StoredRun> {
        let status = self.status?;
        if [DONE, BAD, LOST].contains(&status) {
            return None;
        }
        let state = RunState::read(status, self.id.map(run_id), world.shown_need() == Some(true))?;
        Some(StoredRun {
            state,
            started_for: (status != WAITING).then_some(self.config),
            tainted: false,
        })
    }
}

/// The run's status and number in state after a transition.
fn status_in_state(
    state: &State,
    status: Option<&'static str>,
    id: Option<usize>,
) -> (Option<&'static str>, Option<usize>) {
    match state {
        State::Succeeded(ended) => (Some(DONE), Some(run_number(&ended.id))),
        State::Done => (Some(DONE), id),
        State::Lost => (Some(LOST), id),
        state => match state.run_state() {
            None => (status, id),
            Some(RunState::NotStarted) => (None, id),
            Some(stored) => (stored.status().map(known_status), stored.id().map(run_number)),
        },
    }
}

/// The static string of a status.
fn known_status(status: &str) -> &'static str {
    let words = [
        "running",
        PENDING,
        BAD,
        "starting",
        "unconfirmed",
        "joined",
        "waiting",
    ];
    words
        .into_iter()
        .find(|known_status| *known_status == status)
        .expect("a known status")
}

/// The run in private state after a transition.
fn stored_run(state: &State, started_for: Option<u8>, tainted: bool) -> Option<StoredRun> {
    Some(StoredRun {
        state: state.run_state()?,
        started_for,
        tainted,
    })
}

impl Transitions {
    fn next(&mut self, state: State, event: Event) -> (State, Vec<Action>) {
        let known = self.0.entry((state, event));
        let of = |(state, event): &(State, Event)| next(state.clone(), event.clone());
        known.or_insert_with_key(of).clone()
    }
}

/// Whether objects show their need, and whether the machine has its roles already.
const INITIAL_WORLDS: [(bool, bool); 3] = [(true, false), (true, true), (false, true)];

/// All situations that can be reached.
struct Exploration {
    situations: usize,
    /// Transitions between them, by number.
    edges: Vec<(usize, usize)>,
    /// What the machine did.
    transitions: Transitions,
}

/// Events in a sequence: ten, or the value of `EXPLORE_DEPTH`; `all` continues until no new situation appears, which
/// takes minutes.
fn depth() -> usize {
    match std::env::var("EXPLORE_DEPTH") {
        Ok(depth) if depth == "all" => usize::MAX,
        Ok(depth) => depth.parse().expect("a number, or `all`"),
        Err(_) => 10,
    }
}

fn exploration() -> &'static Exploration {
    static EXPLORED: OnceLock<Exploration> = OnceLock::new();
    EXPLORED.get_or_init(explore)
}

fn explore() -> Exploration {
    let mut transitions = Transitions::default();
    let depth = depth();
    // Each situation, the one before it, its cause, and the number of events until it.
    let mut reached: Vec<(Rc<World>, usize, &str, usize)> = Vec::new();
    let mut known: HashMap<Rc<World>, usize> = HashMap::new();
    let mut edges = Vec::new();
    for (shows_need, is_installed) in INITIAL_WORLDS {
        let world = Rc::new(World::new(shows_need, is_installed));
        known.insert(Rc::clone(&world), reached.len());
        reached.push((world, usize::MAX, "the beginning", 0));
    }
    let mut at = 0;
    while at < reached.len() && reached[at].3 < depth {
        let events = reached[at].3 + 1;
        let world = Rc::clone(&reached[at].0);
        let next_worlds = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            world.next_worlds(&mut transitions)
        }));
        let Ok(next_worlds) = next_worlds else {
            let path = std::iter::successors(reached.get(at), |(_, before, ..)| reached.get(*before));
            let mut path: Vec<&str> = path.map(|(_, _, cause, _)| *cause).collect();
            path.reverse();
            panic!("after {path:#?}");
        };
        for (cause, mut following) in next_worlds {
            following.normalise_runs();
            let number = *known.entry(Rc::new(following)).or_insert_with_key(|following| {
                reached.push((Rc::clone(following), at, cause, events));
                reached.len() - 1
            });
            edges.push((at, number));
        }
        at += 1;
    }
    Exploration {
        situations: reached.len(),
        edges,
        transitions,
    }
}

impl Exploration {
    /// Number of sequences of that many events.
    fn sequences(&self, length: usize) -> u64 {
        let mut ways = vec![0; self.situations];
        ways[..INITIAL_WORLDS.len()].fill(1);
        for _ in 0..length {
            let mut following = vec![0; self.situations];
            for (from, to) in &self.edges {
                following[*to] += ways[*from];
            }
            ways = following;
        }
        ways.iter().sum()
    }
}

#[test]
fn next_holds_its_invariants_in_every_sequence_of_events() {
    let explored = exploration();
    every_wait_ends(&explored.transitions);
    every_state_is_read_by_the_next_process(&explored.transitions);
    println!(
        "{} situations, {} edges, {} transitions, {} sequences of 8 events",
        explored.situations,
        explored.edges.len(),
        explored.transitions.0.len(),
        explored.sequences(8)
    );
}

/// The next process reads the run state that a process has stored, and state alone has every pending run.
fn every_state_is_read_by_the_next_process(transitions: &Transitions) {
    for state in transitions.0.keys().filter_map(|(state, _)| state.run_state()) {
        for (trigger, tainted) in [(serde_json::Value::Null, false), (1.into(), true)] {
            let run = Run {
                state: state.clone(),
                trigger,
                tainted,
            };
            let stored = serde_json::to_string(&run).unwrap();
            assert_eq!(serde_json::from_str::<Run>(&stored).unwrap(), run);
        }
        if let (true, Some(status)) = (state.is_pending(), state.status()) {
            let read = RunState::read(status, state.id().cloned(), false);
            let read = read.expect("state has the run");
            assert_eq!(read.id(), state.id());
            let is_current = |state: &RunState| State::Idle(Some(state.clone())).is_current();
            assert_eq!(
                is_current(&read),
                is_current(&state),
                "an outdated run stays outdated"
            );
        }
    }
}

/// An interrupt and the timeout end each wait, and no cycle of states lacks a pause.
fn every_wait_ends(transitions: &Transitions) {
    let mut without_pause: BTreeMap<&State, BTreeSet<&State>> = BTreeMap::new();
    for ((state, event), (following, actions)) in &transitions.0 {
        if matches!(
            event,
            Event::Interrupted | Event::TimedOut | Event::StartCancelled
        ) {
            assert!(
                matches!(following, State::Idle(_)) && matches!(actions[..], [Action::Finish(_)]),
                "{event:?} does not end {state:?}"
            );
        }
        let pauses = actions
            .iter()
            .any(|action| matches!(action, Action::Pause(_) | Action::Backoff));
        if !pauses && !matches!(actions.last(), None | Some(Action::Finish(_))) {
            without_pause.entry(state).or_default().insert(following);
        }
    }
    for start in without_pause.keys() {
        let mut reached = BTreeSet::new();
        let mut queue = vec![*start];
        while let Some(state) = queue.pop() {
            for following in without_pause.get(state).into_iter().flatten() {
                assert_ne!(following, start, "a cycle without a pause");
                if reached.insert(*following) {
                    queue.push(following);
                }
            }
        }
    }
}

/// ARCHITECTURE.md has the diagram of all transitions, except those that end a wait or repeat a request.
#[test]
fn diagram_in_architecture_md_matches_next() {
    let transitions = &exploration().transitions;
    let mut edges: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for ((state, event), (following, _)) in &transitions.0 {
        let (from, to) = (kind(state), kind(following));
        if let (Some(label), true) = (label(event), from != to) {
            edges.entry((from, to)).or_default().insert(label);
        }
    }
    let mut diagram = "stateDiagram-v2\n".to_owned();
    for ((from, to), labels) in edges {
        let labels: Vec<&str> = labels.into_iter().collect();
        diagram.extend(["    ", from, " --> ", to, ": ", &labels.join(", "), "\n"]);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, in_document) = text.split_once("```mermaid\n").unwrap();
    let (in_document, _) = in_document.split_once("```").unwrap();
    assert!(
        in_document == diagram,
        "ARCHITECTURE.md should have this diagram:\n{diagram}"
    );
}

fn kind(state: &State) -> &'static str {
    match state {
        State::Idle(None) => "[*]",
        State::Idle(Some(RunState::NotStarted)) => "NotStarted",
        State::Idle(Some(RunState::Unconfirmed { .. })) => "Unconfirmed",
        State::Idle(Some(RunState::Active(_))) => "Active",
        State::Idle(Some(RunState::Failed { .. })) => "Failed",
        State::Starting(_) => "Starting",
        State::Retrying(_) => "Retrying",
        State::Following { .. } => "Following",
        State::Checking { .. } => "Checking",
        State::Reviewing { .. } => "Reviewing",
        State::Succeeded(_) => "Succeeded",
        State::Done => "Done",
        State::Lost => "Lost",
    }
}

fn label(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Applied { .. } => "apply",
        Event::Refreshed { .. } => "refresh",
        Event::Started(_) => "started",
        Event::StartedWithoutId => "started without run id",
        Event::StartRejected(Rejection::Run { .. }) => "rejected with run id",
        Event::StartRejected(Rejection::Reason | Rejection::Unexplained) => "rejected",
        Event::StartResponseLost => "response lost",
        Event::StartFailed => "start failed",
        Event::Polled(RunStatus { succeeded: None, .. }) => "active",
        Event::Polled(RunStatus {
            succeeded: Some(true),
            ..
        }) => "succeeded",
        Event::Polled(RunStatus {
            succeeded: Some(false),
            ..
        }) => "failed",
        Event::RunNotFound => "run not found",
        Event::ObjectRead(Some(true)) => "needed",
        Event::ObjectRead(Some(false)) => "not needed",
        Event::ObjectRead(None) => "need unknown",
        Event::PauseEnded { is_late: true } => "too late",
        Event::PauseEnded { is_late: false } => "pause ended",
        Event::TransientError
        | Event::PermanentError
        | Event::StartCancelled
        | Event::Interrupted
        | Event::TimedOut => {
            return None;
        }
    })
}
