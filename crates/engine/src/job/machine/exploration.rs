//! Plays every sequence of events, until no new situation appears, against a model of the API, of Terraform and of the
//! processes between them, and holds what must be true everywhere.
//!
//! The model knows the truth that the machine does not: which runs there are and whether the present demand is
//! satisfied. The machine sees answers only, and any of them may be lost, late or wrong in the ways that happen.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::OnceLock;

use super::*;
use crate::run::{LOST, Run, WAITING};

/// A situation, of which the model knows everything.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, PartialEq, Eq, Hash)]
struct World {
    /// Whether objects say that work is to be done.
    tells: bool,
    /// Runs by their number; the API refuses one beside another that is going. A number is given again once nothing
    /// refers to it.
    runs: [Truth; RUNS],
    /// Whether somebody else has started one.
    was_disturbed: bool,
    /// How often the user has asked for the work: by another configuration, or for a machine that is installed already.
    demand: u8,
    /// What the configuration says: another value forces a new object.
    config: u8,
    /// Whether the object says that the work is to be done, where it says so.
    is_needed: bool,
    /// How many looks after a run still say that it is.
    lag: u8,
    /// Whether a run of this provider has done what is demanded, or an apply has ended well.
    is_done: bool,
    /// Whether somebody else's has, as far as the object says, or the user was warned that nothing tells.
    is_served: bool,
    /// Since an answer to a start was lost in this apply.
    time: Time,
    /// Whether the user asks for a replacement.
    replace: bool,
    object: Option<Object>,
    apply: Option<Apply>,
}

/// How long ago a start may have been carried out without an answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Time {
    Never,
    /// A run that it began cannot have succeeded yet.
    Early,
    Late,
}

/// How many runs are told apart.
const RUNS: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Truth {
    Going {
        /// Whether it is known to be this object's; not one of a process that was killed.
        is_own: bool,
        demand: u8,
        /// Whether this apply has begun it.
        is_young: bool,
    },
    Over {
        succeeded: bool,
    },
}

/// An object in state.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Object {
    config: u8,
    is_tainted: bool,
    status: Option<&'static str>,
    id: Option<usize>,
    run: Option<Kept>,
}

/// What private state has of a run.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Kept {
    state: Remembered,
    /// The configuration that it was started for.
    started_for: Option<u8>,
    tainted: bool,
}

/// An apply under way.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Apply {
    machine: State,
    actions: Vec<Action>,
    creates: bool,
    started_for: Option<u8>,
    /// What state says of the run by now.
    status: Option<&'static str>,
    id: Option<usize>,
    /// Whether a start was sent.
    has_requested: bool,
}

const DONE: &str = "done";
const BAD: &str = "bad";

fn name(run: usize) -> Id {
    Id::from([("id".to_owned(), run.to_string())])
}

fn index(id: &Id) -> usize {
    id["id"].parse().unwrap()
}

/// Events seen with the states before and after them, and what was to be done.
#[derive(Default)]
struct Seen(HashMap<(State, Event), (State, Vec<Action>)>);

impl World {
    fn new(tells: bool, is_installed: bool) -> Self {
        Self {
            tells,
            runs: [Truth::Over { succeeded: false }; RUNS],
            was_disturbed: false,
            demand: 0,
            config: 0,
            // A machine that has its roles already is installed again all the same, when it is created.
            is_needed: !is_installed,
            lag: 0,
            is_done: false,
            is_served: false,
            time: Time::Never,
            replace: false,
            object: None,
            apply: None,
        }
    }

    fn active(&self) -> Option<usize> {
        self.runs
            .iter()
            .position(|run| matches!(run, Truth::Going { .. }))
    }

    /// Whether anything says that this run is its own.
    fn refers(&self, number: usize) -> bool {
        let is_it = |id: &Id| index(id) == number;
        let has_it = |state: &Remembered| state.id().is_some_and(is_it);
        let apply = self.apply.as_ref().is_some_and(|apply| {
            let followed = match &apply.machine {
                State::Checking { end, .. } | State::Succeeded(end) => is_it(&end.id),
                State::Resting(remembered) => remembered.as_ref().is_some_and(has_it),
                State::Following { going, .. } | State::Reviewing { going, .. } => is_it(&going.id),
                State::Starting(start) | State::Retrying(start) => {
                    start.earlier.as_ref().is_some_and(|going| is_it(&going.id))
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

    /// A run of this number is not told from one that never was.
    fn forget(&mut self) {
        for number in 0..RUNS {
            if self.runs[number] == (Truth::Over { succeeded: true }) && !self.refers(number) {
                self.runs[number] = Truth::Over { succeeded: false };
            }
        }
    }

    fn add_run(&mut self, is_own: bool) -> usize {
        let free = (0..RUNS)
            .find(|number| matches!(self.runs[*number], Truth::Over { .. }) && !self.refers(*number));
        let number = free.expect("no more runs than a situation tells apart");
        self.runs[number] = Truth::Going {
            is_own,
            demand: self.demand,
            is_young: is_own,
        };
        number
    }

    /// What the object says, perhaps a little late.
    fn says(&self) -> Option<bool> {
        self.tells.then_some(self.is_needed || self.lag > 0)
    }

    fn is_satisfied(&self) -> bool {
        self.is_done || self.is_served
    }

    /// What is remembered nowhere is as if somebody else had started it.
    fn disown(&mut self) {
        let run = self.object.as_ref().and_then(|object| object.run.as_ref());
        let remembered = run.and_then(|run| run.state.id()).map(index);
        for (number, run) in self.runs.iter_mut().enumerate() {
            if let Truth::Going { is_own, .. } = run {
                *is_own &= remembered == Some(number);
            }
        }
    }

    /// Begins a run of this provider.
    fn begin(&mut self) -> usize {
        assert!(
            !self.is_done,
            "a second run is started although the first has done the work"
        );
        self.add_run(true)
    }

    /// What may happen next.
    fn moves(&self, seen: &mut Seen) -> Vec<(&'static str, Self)> {
        let mut moves = self.outside();
        match &self.apply {
            Some(apply) => moves.extend(self.under_way(apply, seen)),
            None => moves.extend(self.at_rest(seen)),
        }
        moves
    }

    /// What happens outside of Terraform: a run ends, somebody starts one.
    fn outside(&self) -> Vec<(&'static str, Self)> {
        let mut moves = Vec::new();
        let Some(active) = self.active() else {
            if !self.was_disturbed {
                let mut world = self.clone();
                world.was_disturbed = true;
                world.add_run(false);
                moves.push(("somebody else starts a run", world));
            }
            return moves;
        };
        let Truth::Going {
            is_own,
            demand,
            is_young,
        } = self.runs[active]
        else {
            return moves;
        };
        let end = |succeeded, installs, lag| {
            let mut world = self.clone();
            world.runs[active] = Truth::Over { succeeded };
            if installs {
                world.is_needed = false;
                world.lag = if self.is_needed { lag } else { self.lag };
                world.is_done |= is_own && demand == self.demand;
                world.is_served |= !is_own && self.tells && self.is_needed;
            }
            world
        };
        moves.push(("the run fails", end(false, false, 0)));
        // The object was looked at a moment ago: the API has no way to ask and start at once.
        let is_asking = self
            .apply
            .as_ref()
            .is_some_and(|apply| apply.actions.ends_with(&[Action::Request]));
        if (is_young && self.time == Time::Early) || (is_own && is_asking) {
            return moves;
        }
        if is_own && demand != self.demand {
            moves.push(("the run for something else succeeds", end(true, false, 0)));
            moves.push((
                "the run for something else succeeds, for the same roles",
                end(true, true, 0),
            ));
            return moves;
        }
        moves.push(("the run succeeds", end(true, true, 0)));
        // A run without a name that ends while the object is looked at, and is noticed later: the API leaves that open.
        let is_looking = self
            .apply
            .as_ref()
            .is_some_and(|apply| matches!(apply.machine, State::Retrying(_)));
        if !is_looking {
            let late = end(true, true, LOOKS - 1);
            moves.push(("the run succeeds, and the object notices later", late));
        }
        if !is_own {
            let nothing = end(true, false, 0);
            moves.push(("the run of somebody else ends and installs nothing", nothing));
        }
        moves
    }

    /// What happens between two applies: a refresh, another demand, the next apply.
    fn at_rest(&self, seen: &mut Seen) -> Vec<(&'static str, Self)> {
        let mut moves = Vec::new();
        let run = self.object.as_ref().and_then(|object| object.run.clone());
        if self.demand == 0 {
            let mut world = self.clone();
            world.config = 1;
            world.demand += 1;
            (world.is_done, world.is_served) = (false, false);
            (world.is_needed, world.lag) = (true, 0);
            moves.push(("the user changes the configuration", world));
        }
        let is_sound = self.object.as_ref().is_some_and(|object| !object.is_tainted) && run.is_none();
        if is_sound && self.is_done && self.demand == 0 {
            let mut world = self.clone();
            world.demand += 1;
            (world.is_done, world.is_served) = (false, false);
            (world.replace, world.lag) = (true, 0);
            moves.push(("the user asks for a replacement", world));
        }
        if let (Some(object), Some(run)) = (&self.object, &run) {
            let state = State::Resting(Some(run.state.clone()));
            let report = match &run.state {
                Remembered::Going(going) if state.is_refreshed() => Some(self.report(index(&going.id))),
                _ => None,
            };
            let event = Event::Refreshed {
                report,
                is_needed: self.says(),
                is_tainted: run.tainted,
            };
            let (state, _) = seen.next(state, event);
            let mut world = self.clone();
            let (status, id) = written(&state, object.status, object.id);
            // What was started for another configuration is not what the next apply is for.
            let is_believed =
                matches!(state, State::Done | State::Succeeded(_)) && object.config == self.config;
            world.is_done |= is_believed;
            world.object = Some(Object {
                run: kept(&state, run.started_for, run.tainted),
                status,
                id,
                ..object.clone()
            });
            if state == State::Done {
                world.disown();
            }
            assert!(
                !is_believed || self.is_satisfied(),
                "a refresh believes in a run that has not done the work"
            );
            moves.push(("a refresh", world));
        }
        moves.push(("an apply", self.apply(run, seen)));
        moves
    }

    /// Plans and begins an apply.
    fn apply(&self, run: Option<Kept>, seen: &mut Seen) -> Self {
        let mut world = self.clone();
        world.replace = false;
        // What was done before there was an object is not what it was created for.
        if self.object.is_none() {
            world.is_done = false;
            world.is_served &= world.lag > 0;
        }
        let replaces = |object: &Object| {
            let has_failed = run.as_ref().is_some_and(|run| !run.state.is_pending());
            object.is_tainted || has_failed || self.replace || object.config != self.config
        };
        let (creates, remembered, source) = match &self.object {
            None => (true, None, Source::Predecessor),
            Some(object) if replaces(object) => (true, object.left(self), Source::Predecessor),
            Some(_) => (false, run, Source::Memory),
        };
        let started_for = remembered.as_ref().and_then(|run| run.started_for);
        let fits = remembered.is_none() || started_for == Some(self.config);
        let before = self.object.clone().filter(|_| !creates);
        let (machine, actions) = seen.next(
            State::Resting(remembered.map(|run| run.state)),
            Event::Applied {
                is_due: creates,
                fits,
                source,
                is_needed: self.says(),
            },
        );
        let (status, id) = before
            .as_ref()
            .map_or((None, None), |object| (object.status, object.id));
        let (status, id) = written(&machine, status, id);
        world.object = before;
        world.apply = Some(Apply {
            machine,
            actions,
            creates,
            started_for,
            status,
            id,
            has_requested: false,
        });
        world.settle()
    }

    /// The answers that the last action of an apply may get.
    fn under_way(&self, apply: &Apply, seen: &mut Seen) -> Vec<(&'static str, Self)> {
        let mut moves = Vec::new();
        let mut add = |what: &'static str, mut world: Self, event: Event| {
            world.time = match (&event, world.time) {
                (Event::Unanswered, _) => Time::Early,
                // A look may go unanswered for long, and a run is followed for as long as it takes.
                (
                    Event::NotAnswered
                    | Event::Started(_)
                    | Event::Refused(Some(_))
                    | Event::Waited { is_late: true },
                    _,
                ) => Time::Late,
                (_, time) => time,
            };
            let apply = world.apply.as_mut().unwrap();
            let (machine, actions) = seen.next(apply.machine.clone(), event);
            if actions.contains(&Action::WarnTakenOver) {
                world.is_served = true;
            }
            let apply = world.apply.as_mut().unwrap();
            (apply.machine, apply.actions) = (machine, actions);
            (apply.status, apply.id) = written(&apply.machine, apply.status, apply.id);
            moves.push((what, world.settle()));
        };
        match apply.actions.last().unwrap() {
            Action::Request => {
                let mut asked = self.clone();
                asked.apply.as_mut().unwrap().has_requested = true;
                add("the start is withdrawn", self.clone(), Event::Withdrawn);
                add("the start is refused for good", asked.clone(), Event::NotStarted);
                add("the start is lost", asked.clone(), Event::Unanswered);
                add("the start is interrupted", asked.clone(), Event::Interrupted);
                if let Some(active) = self.active() {
                    add(
                        "the run that goes on is named",
                        asked.clone(),
                        Event::Refused(Some(name(active))),
                    );
                    add("a run goes on that is not named", asked, Event::Refused(None));
                } else {
                    let run = asked.begin();
                    add("a run is started", asked.clone(), Event::Started(name(run)));
                    add(
                        "a run is started without a name",
                        asked.clone(),
                        Event::StartedWithoutId,
                    );
                    add(
                        "a run is started, the answer lost",
                        asked.clone(),
                        Event::Unanswered,
                    );
                    add("a run is started in an interrupt", asked, Event::Interrupted);
                }
            }
            Action::Poll => {
                let State::Following { going, .. } = &apply.machine else {
                    panic!("a run is looked at that is not followed");
                };
                let report = self.report(index(&going.id));
                add("the run is seen", self.clone(), Event::Polled(report));
                add("the run is not shown", self.clone(), Event::Missing);
                self.add_waits(&mut add);
            }
            Action::Look => {
                let mut world = self.clone();
                world.lag = self.lag.saturating_sub(1);
                add("the object is seen", world, Event::Looked(self.says()));
                self.add_waits(&mut add);
            }
            Action::Pause(_) => {
                if self.time != Time::Late {
                    add("a pause is over", self.clone(), Event::Waited { is_late: false });
                }
                add(
                    "a pause is over late",
                    self.clone(),
                    Event::Waited { is_late: true },
                );
                add("an interrupt", self.clone(), Event::Interrupted);
                add("the timeout", self.clone(), Event::TimedOut);
            }
            action => panic!("{action:?} ends a list of actions"),
        }
        let mut killed = self.clone();
        (killed.apply, killed.time) = (None, Time::Never);
        if apply.creates || apply.has_requested {
            // What only this process knew is as if somebody else had done it: the guide names the case.
            killed.is_served |= killed.is_done;
            killed.is_done = false;
            killed.disown();
        }
        moves.push(("the process is killed", killed));
        moves
    }

    fn add_waits(&self, add: &mut impl FnMut(&'static str, Self, Event)) {
        add("no answer", self.clone(), Event::NotAnswered);
        add("an error", self.clone(), Event::Failed);
        add("an interrupt", self.clone(), Event::Interrupted);
        add("the timeout", self.clone(), Event::TimedOut);
    }

    fn report(&self, run: usize) -> Report {
        let succeeded = match self.runs[run] {
            Truth::Going { .. } => None,
            Truth::Over { succeeded } => Some(succeeded),
        };
        let status = match succeeded {
            None => "running",
            Some(true) => DONE,
            Some(false) => BAD,
        };
        Report {
            status: status.to_owned(),
            succeeded,
        }
    }

    /// Ends the apply where its part is over, and stores what it leaves.
    fn settle(mut self) -> Self {
        let apply = self.apply.clone().unwrap();
        let ending = match apply.actions.last() {
            None => None,
            Some(Action::Finish(ending)) => Some(*ending),
            Some(_) => return self,
        };
        assert_ne!(ending, Some(Ending::Unexpected), "an event has no rule");
        if ending == Some(Ending::Unknown) {
            // Nothing is started any more before the user asks for it.
            self.is_done = true;
        }
        if ending == Some(Ending::Done) {
            assert!(
                self.is_satisfied(),
                "an apply ends well, and the work is not done"
            );
            self.is_done = true;
        }
        let is_error = ending.is_some_and(Ending::is_error);
        let fits = apply.machine.is_wanted();
        let started_for = if fits {
            Some(self.config)
        } else {
            apply.started_for
        };
        let is_tainted = (is_error && apply.creates)
            || (!apply.creates && self.object.as_ref().is_some_and(|object| object.is_tainted));
        let run = kept(&apply.machine, started_for, is_error && apply.creates);
        if !(self.is_satisfied() || is_tainted) {
            assert!(run.is_some(), "work that is not done is forgotten");
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
            if let Truth::Going { is_young, .. } = run {
                *is_young = false;
            }
        }
        self
    }
}

impl Object {
    /// What its replacement gets to see: state, and no private state.
    fn left(&self, world: &World) -> Option<Kept> {
        let status = self.status?;
        if [DONE, BAD, LOST].contains(&status) {
            return None;
        }
        let state = Remembered::read(status, self.id.map(name), world.says() == Some(true))?;
        Some(Kept {
            state,
            started_for: (status != WAITING).then_some(self.config),
            tainted: false,
        })
    }
}

/// What state says of a run, after what it said before.
fn written(
    state: &State,
    status: Option<&'static str>,
    id: Option<usize>,
) -> (Option<&'static str>, Option<usize>) {
    match state {
        State::Succeeded(end) => (Some(DONE), Some(index(&end.id))),
        State::Done => (Some(DONE), id),
        State::Lost => (Some(LOST), id),
        state => match state.remembered() {
            None => (status, id),
            Some(Remembered::NotStarted) => (None, id),
            Some(remembered) => (remembered.status().map(word), remembered.id().map(index)),
        },
    }
}

/// A status that state can have.
fn word(status: &str) -> &'static str {
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
        .find(|word| *word == status)
        .expect("a known status")
}

/// What private state keeps of it.
fn kept(state: &State, started_for: Option<u8>, tainted: bool) -> Option<Kept> {
    Some(Kept {
        state: state.remembered()?,
        started_for,
        tainted,
    })
}

impl Seen {
    fn next(&mut self, state: State, event: Event) -> (State, Vec<Action>) {
        let known = self.0.entry((state, event));
        let of = |(state, event): &(State, Event)| next(state.clone(), event.clone());
        known.or_insert_with_key(of).clone()
    }
}

/// Whether objects say that work is to be done, and whether the machine has its roles already.
const BEGINNINGS: [(bool, bool); 3] = [(true, false), (true, true), (false, true)];

/// All situations that can be reached.
struct Explored {
    situations: usize,
    /// The steps between them.
    edges: Vec<(usize, usize)>,
    /// What the machine did.
    seen: Seen,
}

/// How many events a sequence has: ten, or as many as `EXPLORE_DEPTH` says; `all` goes on until no new situation
/// appears, which takes minutes.
fn depth() -> usize {
    match std::env::var("EXPLORE_DEPTH") {
        Ok(depth) if depth == "all" => usize::MAX,
        Ok(depth) => depth.parse().expect("a number, or `all`"),
        Err(_) => 10,
    }
}

fn explored() -> &'static Explored {
    static EXPLORED: OnceLock<Explored> = OnceLock::new();
    EXPLORED.get_or_init(explore)
}

fn explore() -> Explored {
    let mut seen = Seen::default();
    let depth = depth();
    // Each situation, the one before it, what led to it, and after how many events.
    let mut reached: Vec<(Rc<World>, usize, &str, usize)> = Vec::new();
    let mut known: HashMap<Rc<World>, usize> = HashMap::new();
    let mut edges = Vec::new();
    for (tells, is_installed) in BEGINNINGS {
        let world = Rc::new(World::new(tells, is_installed));
        known.insert(Rc::clone(&world), reached.len());
        reached.push((world, usize::MAX, "the beginning", 0));
    }
    let mut at = 0;
    while at < reached.len() && reached[at].3 < depth {
        let events = reached[at].3 + 1;
        let world = Rc::clone(&reached[at].0);
        let moves = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.moves(&mut seen)));
        let Ok(moves) = moves else {
            let path = std::iter::successors(reached.get(at), |(_, before, ..)| reached.get(*before));
            let mut path: Vec<&str> = path.map(|(_, _, what, _)| *what).collect();
            path.reverse();
            panic!("after {path:#?}");
        };
        for (what, mut following) in moves {
            following.forget();
            let number = *known.entry(Rc::new(following)).or_insert_with_key(|following| {
                reached.push((Rc::clone(following), at, what, events));
                reached.len() - 1
            });
            edges.push((at, number));
        }
        at += 1;
    }
    Explored {
        situations: reached.len(),
        edges,
        seen,
    }
}

impl Explored {
    /// How many sequences of so many events there are.
    fn sequences(&self, length: usize) -> u64 {
        let mut ways = vec![0; self.situations];
        ways[..BEGINNINGS.len()].fill(1);
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
fn no_sequence_of_events_starts_a_second_run_forgets_one_or_waits_for_ever() {
    let explored = explored();
    every_wait_ends(&explored.seen);
    every_state_is_read_by_the_next_process(&explored.seen);
    println!(
        "{} situations, {} steps, {} transitions, {} sequences of 8 events",
        explored.situations,
        explored.edges.len(),
        explored.seen.0.len(),
        explored.sequences(8)
    );
}

/// What is remembered of each state is what the next process reads, and as far as it goes on, state alone tells of it.
fn every_state_is_read_by_the_next_process(seen: &Seen) {
    for state in seen.0.keys().filter_map(|(state, _)| state.remembered()) {
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
            let read = Remembered::read(status, state.id().cloned(), false);
            let read = read.expect("state tells of it");
            assert_eq!(read.id(), state.id());
            let fits = |state: &Remembered| State::Resting(Some(state.clone())).is_wanted();
            assert_eq!(fits(&read), fits(&state), "a run for something else stays one");
        }
    }
}

/// An interrupt and the timeout end each wait, and no machine goes round without a pause.
fn every_wait_ends(seen: &Seen) {
    let mut without_pause: BTreeMap<&State, BTreeSet<&State>> = BTreeMap::new();
    for ((state, event), (following, actions)) in &seen.0 {
        if matches!(event, Event::Interrupted | Event::TimedOut | Event::Withdrawn) {
            assert!(
                matches!(following, State::Resting(_)) && matches!(actions[..], [Action::Finish(_)]),
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
                assert_ne!(following, start, "it goes round without a pause");
                if reached.insert(*following) {
                    queue.push(following);
                }
            }
        }
    }
}

/// ARCHITECTURE.md has the drawing of all transitions but those that end a wait or repeat a look.
#[test]
fn the_drawing_is_that_of_the_code() {
    let seen = &explored().seen;
    let mut edges: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for ((state, event), (following, _)) in &seen.0 {
        let (from, to) = (kind(state), kind(following));
        if let (Some(label), true) = (label(event), from != to) {
            edges.entry((from, to)).or_default().insert(label);
        }
    }
    let mut drawing = "stateDiagram-v2\n".to_owned();
    for ((from, to), labels) in edges {
        let labels: Vec<&str> = labels.into_iter().collect();
        drawing.extend(["    ", from, " --> ", to, ": ", &labels.join(", "), "\n"]);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, drawn) = text.split_once("```mermaid\n").unwrap();
    let (drawn, _) = drawn.split_once("```").unwrap();
    assert!(
        drawn == drawing,
        "ARCHITECTURE.md should have this drawing:\n{drawing}"
    );
}

fn kind(state: &State) -> &'static str {
    match state {
        State::Resting(None) => "[*]",
        State::Resting(Some(Remembered::NotStarted)) => "NotStarted",
        State::Resting(Some(Remembered::Unconfirmed { .. })) => "Unconfirmed",
        State::Resting(Some(Remembered::Going(_))) => "Going",
        State::Resting(Some(Remembered::Failed { .. })) => "Failed",
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
        Event::StartedWithoutId => "started without a name",
        Event::Refused(Some(_)) => "refused, run named",
        Event::Refused(None) => "refused",
        Event::Unanswered => "no answer",
        Event::NotStarted => "start failed",
        Event::Polled(Report { succeeded: None, .. }) => "goes on",
        Event::Polled(Report {
            succeeded: Some(true),
            ..
        }) => "succeeded",
        Event::Polled(Report {
            succeeded: Some(false),
            ..
        }) => "failed",
        Event::Missing => "unknown run",
        Event::Looked(Some(true)) => "needed",
        Event::Looked(Some(false)) => "not needed",
        Event::Looked(None) => "object silent",
        Event::Waited { is_late: true } => "too late",
        Event::Waited { is_late: false } => "waited",
        Event::NotAnswered | Event::Failed | Event::Withdrawn | Event::Interrupted | Event::TimedOut => {
            return None;
        }
    })
}
