//! The rules of the board, and a simulation of Terraform that runs whole rollouts against it.

use std::collections::VecDeque;
use std::iter::repeat_with;

use fastrand::Rng;

use super::*;
use crate::rollout::policy::Share;

const SECOND: Duration = Duration::from_secs(1);

fn policy(group: &str, unavailable: usize) -> Policy {
    Policy {
        group: group.to_owned(),
        unavailable: Share::Count(unavailable),
        members: BTreeSet::new(),
        failures: 0,
        healthy: Duration::ZERO,
        canary: None,
        is_provisional: false,
    }
}

fn key(number: usize) -> String {
    format!("server/{number}")
}

/// A board with a clock, and without other processes.
struct Table {
    board: Board<()>,
    now: Instant,
    limit: Option<usize>,
}

impl Table {
    fn new() -> Self {
        Self {
            board: Board::default(),
            now: Instant::now(),
            limit: None,
        }
    }

    fn arrive(&mut self, number: usize, policy: &Policy, change: impl FnOnce(&mut Arrival)) -> Ticket {
        let mut arrival = Arrival {
            key: key(number),
            title: format!("server {number}"),
            policy: Some(policy.clone()),
            is_delete: false,
            rank: Rank::Sound,
            has_run: false,
        };
        change(&mut arrival);
        self.board.arrive(arrival, self.now)
    }

    fn create(&mut self, number: usize, policy: &Policy) -> Ticket {
        self.arrive(number, policy, |_| ())
    }

    fn delete(&mut self, number: usize, policy: &Policy) -> Ticket {
        self.arrive(number, policy, |arrival| arrival.is_delete = true)
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.board.advance(self.now, self.limit, |_, _| Some(()));
    }

    fn end(&mut self, ticket: Ticket, end: End) {
        self.board.end(ticket, end, format!("ticket {ticket}"), self.now);
        self.pass(Duration::ZERO);
    }

    fn admitted(&self, tickets: &[Ticket]) -> Vec<bool> {
        let verdicts = tickets.iter().map(|ticket| self.board.verdict(*ticket));
        verdicts.map(|verdict| verdict == Verdict::Admitted).collect()
    }

    fn is_refused(&self, ticket: Ticket) -> bool {
        matches!(self.board.verdict(ticket), Verdict::Refused(_))
    }

    /// Lists the members, with these unavailable.
    fn list(&mut self, unavailable: &[usize]) {
        let policy = self.board.begin_list(self.now).expect("a list is due");
        let unavailable = unavailable.iter().map(|number| key(*number)).collect();
        self.board
            .end_list(&policy.group, self.now, Some(Ok(unavailable)));
        self.pass(Duration::ZERO);
    }
}

#[test]
fn group_admits_as_many_as_may_be_unavailable() {
    let mut table = Table::new();
    let policy = policy("web", 2);
    let tickets: Vec<_> = (0..4).map(|number| table.create(number, &policy)).collect();
    table.pass(Duration::ZERO);
    assert_eq!(table.admitted(&tickets), [false; 4], "others may arrive");
    table.pass(QUIET);
    assert_eq!(table.admitted(&tickets), [true, true, false, false]);
    table.end(tickets[0], End::Succeeded);
    assert_eq!(table.admitted(&tickets[1..]), [true, true, false]);
    table.end(tickets[1], End::Neither);
    assert_eq!(table.admitted(&tickets[2..]), [true, true]);
}

#[test]
fn those_that_failed_last_time_go_first() {
    let mut table = Table::new();
    let policy = policy("web", 1);
    let sound = table.create(0, &policy);
    let new = table.arrive(1, &policy, |arrival| arrival.rank = Rank::New);
    let failed = table.arrive(2, &policy, |arrival| arrival.rank = Rank::Broken);
    table.pass(QUIET);
    assert_eq!(table.admitted(&[sound, new, failed]), [false, false, true]);
    table.end(failed, End::Succeeded);
    assert_eq!(table.admitted(&[sound, new]), [false, true]);
}

#[test]
fn arrivals_delay_an_admission_for_a_short_time() {
    let mut table = Table::new();
    let policy = policy("web", 1);
    let first = table.create(0, &policy);
    let mut number = 0;
    while table.now < table.board.entries[&first].arrived + PATIENCE - QUIET / 2 {
        number += 1;
        table.create(number, &policy);
        table.pass(QUIET / 2);
        assert_eq!(table.admitted(&[first]), [false]);
    }
    table.create(number + 1, &policy);
    table.pass(QUIET / 2);
    assert_eq!(table.admitted(&[first]), [true]);
}

#[test]
fn one_that_has_a_run_takes_its_place_at_once() {
    let mut table = Table::new();
    let policy = policy("web", 1);
    let first = table.create(0, &policy);
    table.pass(QUIET);
    let running = table.arrive(1, &policy, |arrival| arrival.has_run = true);
    let waiting = table.create(2, &policy);
    table.pass(QUIET);
    assert_eq!(table.admitted(&[first, running, waiting]), [true, true, false]);
    table.end(first, End::Failed);
    assert!(table.is_refused(waiting));
    let running = table.arrive(3, &policy, |arrival| arrival.has_run = true);
    table.pass(Duration::ZERO);
    assert_eq!(
        table.admitted(&[running]),
        [true],
        "its run is active, whatever stopped"
    );
}

#[test]
fn delete_half_keeps_its_place_for_its_create_half() {
    let mut table = Table::new();
    let policy = policy("web", 1);
    let delete = table.delete(0, &policy);
    let other = table.delete(1, &policy);
    table.pass(QUIET);
    assert_eq!(table.admitted(&[delete, other]), [true, false]);
    table.board.end_delete(delete, true, table.now);
    table.pass(ARRIVAL * 9 / 10);
    assert_eq!(table.admitted(&[other]), [false]);
    let create = table.create(0, &policy);
    assert_eq!(table.admitted(&[create]), [true], "without waiting");
    table.pass(ARRIVAL * 2);
    assert_eq!(table.admitted(&[other]), [false]);
    table.end(create, End::Succeeded);
    assert_eq!(table.admitted(&[other]), [true]);
}

#[test]
fn settings_of_the_first_create_half_replace_those_that_were_not_known() {
    let mut table = Table::new();
    let provisional = Policy {
        is_provisional: true,
        ..policy("web", 1)
    };
    let known = policy("web", 2);
    let deletes: Vec<_> = (0..3).map(|number| table.delete(number, &provisional)).collect();
    table.pass(QUIET);
    assert_eq!(table.admitted(&deletes), [true, false, false]);
    table.board.end_delete(deletes[0], true, table.now);
    let create = table.create(0, &known);
    assert_eq!(table.admitted(&[create]), [true]);
    table.pass(QUIET);
    assert_eq!(table.admitted(&deletes[1..]), [true, false]);

    // Not even the group was known.
    let mut table = Table::new();
    let unknown = Policy {
        is_provisional: true,
        ..policy("", 1)
    };
    let deletes: Vec<_> = (0..2).map(|number| table.delete(number, &unknown)).collect();
    table.pass(QUIET);
    table.board.end_delete(deletes[0], true, table.now);
    let with_members = Policy {
        members: (0..2).map(key).collect(),
        ..known
    };
    let create = table.create(0, &with_members);
    table.pass(QUIET);
    assert_eq!(
        table.admitted(&[create, deletes[1]]),
        [false, true],
        "its place is free"
    );
    table.list(&[]);
    assert_eq!(table.admitted(&[create]), [true]);
}

#[test]
fn delete_that_fails_leaves_no_place() {
    let mut table = Table::new();
    let policy = policy("web", 1);
    let delete = table.delete(0, &policy);
    let other = table.delete(1, &policy);
    table.pass(QUIET);
    table.board.end_delete(delete, false, table.now);
    table.pass(Duration::ZERO);
    assert_eq!(table.admitted(&[other]), [true]);
}

#[test]
fn late_create_half_opens_the_gate_and_creates_wait() {
    let mut table = Table::new();
    let policy = policy("web", 1);
    let deletes: Vec<_> = (0..3).map(|number| table.delete(number, &policy)).collect();
    table.pass(QUIET);
    assert_eq!(table.admitted(&deletes), [true, false, false]);
    table.board.end_delete(deletes[0], true, table.now);
    table.pass(ARRIVAL * 999 / 1000);
    assert_eq!(table.admitted(&deletes[1..]), [false, false]);
    table.pass(ARRIVAL / 1000);
    assert_eq!(table.admitted(&deletes[1..]), [true, true]);
    for delete in &deletes[1..] {
        table.board.end_delete(*delete, true, table.now);
    }
    let creates: Vec<_> = (0..3).map(|number| table.create(number, &policy)).collect();
    table.pass(QUIET);
    assert_eq!(
        table.admitted(&creates),
        [true, false, false],
        "each waits for its place"
    );
    table.end(creates[0], End::Failed);
    assert!(table.is_refused(creates[1]) && table.is_refused(creates[2]));
    let late = table.delete(3, &policy);
    table.pass(QUIET);
    assert!(table.is_refused(late), "a stopped group has no open gate");
}

#[test]
fn create_half_of_a_stopped_group_is_refused() {
    let mut table = Table::new();
    let policy = policy("web", 2);
    let failing = table.create(0, &policy);
    let delete = table.delete(1, &policy);
    table.pass(QUIET);
    table.board.end_delete(delete, true, table.now);
    table.end(failing, End::Failed);
    let create = table.create(1, &policy);
    assert!(table.is_refused(create));
}

#[test]
fn more_failures_than_allowed_stop_a_group() {
    let mut table = Table::new();
    let web = Policy {
        failures: 1,
        ..policy("web", 1)
    };
    let db = policy("db", 1);
    let tickets: Vec<_> = (0..3).map(|number| table.create(number, &web)).collect();
    let other = [table.create(3, &db), table.create(4, &db)];
    table.pass(QUIET);
    table.end(tickets[0], End::Failed);
    assert_eq!(table.admitted(&tickets[1..]), [true, false]);
    table.end(tickets[1], End::Failed);
    let expected = Stop::Failures {
        failed: vec!["ticket 1".to_owned(), "ticket 2".to_owned()],
        allowed: 1,
    };
    assert_eq!(table.board.verdict(tickets[2]), Verdict::Refused(expected));
    table.end(other[0], End::Succeeded);
    assert_eq!(table.admitted(&other[1..]), [true], "another group goes on");
}

#[test]
fn run_that_may_be_active_keeps_its_object_unavailable() {
    let mut table = Table::new();
    let policy = Policy {
        failures: 5,
        ..policy("web", 2)
    };
    let tickets: Vec<_> = (0..5).map(|number| table.create(number, &policy)).collect();
    table.pass(QUIET);
    table.end(tickets[0], End::Failed);
    assert_eq!(
        table.admitted(&tickets[1..]),
        [true, true, false, false],
        "its run has ended"
    );
    table.end(tickets[1], End::Unfinished);
    assert_eq!(table.admitted(&tickets[2..]), [true, false, false]);
    table.end(tickets[2], End::Unfinished);
    table.pass(ARRIVAL);
    assert_eq!(table.admitted(&tickets[3..]), [false, false]);
    table.pass(ARRIVAL);
    let failed = vec!["ticket 2".to_owned(), "ticket 3".to_owned()];
    assert_eq!(
        table.board.verdict(tickets[3]),
        Verdict::Refused(Stop::NoRoom { failed })
    );
}

#[test]
fn canary_limits_until_enough_have_succeeded() {
    let mut table = Table::new();
    let policy = Policy {
        canary: Some(1),
        ..policy("web", 3)
    };
    let tickets: Vec<_> = (0..5).map(|number| table.create(number, &policy)).collect();
    table.pass(QUIET);
    assert_eq!(table.admitted(&tickets), [true, false, false, false, false]);
    table.end(tickets[0], End::Succeeded);
    assert_eq!(table.admitted(&tickets[1..]), [true, true, true, false]);
}

#[test]
fn limit_of_the_provider_counts_all_groups_and_objects_without_one() {
    let mut table = Table::new();
    table.limit = Some(2);
    let web = table.create(0, &policy("web", 5));
    let db = table.create(1, &policy("db", 5));
    let none = table.arrive(2, &policy("web", 5), |arrival| arrival.policy = None);
    table.pass(QUIET);
    assert_eq!(table.admitted(&[web, db, none]), [true, true, false]);
    table.end(web, End::Failed);
    assert_eq!(table.admitted(&[none]), [true], "it has no group that stops");
}

#[test]
fn policies_that_clash_stop_their_groups() {
    let mut table = Table::new();
    let one = table.create(0, &policy("web", 1));
    let other = table.create(1, &policy("web", 2));
    table.pass(QUIET);
    for ticket in [one, other] {
        assert!(
            matches!(
                table.board.verdict(ticket),
                Verdict::Refused(Stop::Differs {
                    setting: Setting::Unavailable,
                    ..
                })
            ),
            "never the first one wins"
        );
    }
    let mut table = Table::new();
    let with = |group: &str, members: [usize; 2]| Policy {
        members: members.map(key).into(),
        ..policy(group, 1)
    };
    let web = table.create(0, &with("web", [0, 1]));
    let db = table.create(2, &with("db", [1, 2]));
    let free = table.create(3, &with("free", [3, 4]));
    table.pass(QUIET);
    assert!(table.is_refused(web) && table.is_refused(db) && !table.is_refused(free));
}

#[test]
fn members_count_that_are_unavailable_for_any_reason() {
    let members = |unavailable: usize| Policy {
        members: (0..5).map(key).collect(),
        ..policy("web", unavailable)
    };
    // Unavailable members, and which of the objects 0, 1 and 2 are admitted if two may be unavailable.
    for (unavailable, expected) in [
        (&[][..], [true, true, false]),
        (&[4], [true, false, false]),
        (&[3, 4], [false, false, false]),
        // It makes no further one unavailable.
        (&[0, 3, 4], [true, false, false]),
        (&[1, 2, 3, 4], [false, true, true]),
    ] {
        let mut table = Table::new();
        let tickets: Vec<_> = (0..3).map(|number| table.create(number, &members(2))).collect();
        table.pass(QUIET);
        assert_eq!(table.admitted(&tickets), [false; 3], "there is no list");
        table.list(unavailable);
        assert_eq!(table.admitted(&tickets), expected, "{unavailable:?}");
    }
    // What this process saw later than the list counts.
    let mut table = Table::new();
    let policy = Policy {
        failures: 1,
        ..members(1)
    };
    let tickets: Vec<_> = (0..4).map(|number| table.create(number, &policy)).collect();
    table.pass(QUIET);
    table.list(&[]);
    table.now += SECOND;
    table.end(tickets[0], End::Succeeded);
    assert_eq!(table.admitted(&tickets[1..]), [true, false, false]);
    table.end(tickets[1], End::Failed);
    assert_eq!(
        table.admitted(&tickets[2..]),
        [false, false],
        "the failed one is unavailable"
    );
    assert!(table.board.begin_list(table.now).is_none(), "the list is not old");
    table.pass(LIST_AGE);
    table.list(&[]);
    assert_eq!(table.admitted(&tickets[2..]), [true, false]);
}

#[test]
fn list_serves_for_a_short_time_and_may_fail() {
    let mut table = Table::new();
    let policy = Policy {
        members: (0..5).map(key).collect(),
        ..policy("web", 1)
    };
    assert!(table.board.begin_list(table.now).is_none(), "nothing waits");
    let first = table.create(0, &policy);
    table.pass(QUIET);
    assert!(table.board.begin_list(table.now).is_some());
    table.pass(LIST_AGE);
    assert!(table.board.begin_list(table.now).is_none(), "one at a time");
    table.board.end_list("web", table.now, None);
    table.list(&[4]);
    assert_eq!(table.admitted(&[first]), [false]);
    table.pass(LIST_AGE);
    table.list(&[]);
    assert_eq!(table.admitted(&[first]), [true]);
    let second = table.create(1, &policy);
    table.pass(LIST_AGE);
    table.end(first, End::Succeeded);
    assert_eq!(table.admitted(&[second]), [false], "the list is too old");
    let third = table.create(2, &policy);
    assert!(table.board.begin_list(table.now).is_some());
    table.pass(LIST_AGE * 2);
    table.board.end_list("web", table.now, Some(Ok(BTreeSet::new())));
    table.pass(LIST_AGE / 2);
    assert_eq!(
        table.admitted(&[second, third]),
        [true, false],
        "a slow list serves as long"
    );
    assert!(table.board.begin_list(table.now).is_some());
    table
        .board
        .end_list("web", table.now, Some(Err("403".to_owned())));
    assert!(table.is_refused(third));
}

#[test]
fn place_that_other_processes_have_is_waited_for() {
    let mut table = Table::new();
    let policy = policy("web", 5);
    let ticket = table.create(0, &policy);
    let running = table.arrive(1, &policy, |arrival| arrival.has_run = true);
    table.now += QUIET;
    table.board.advance(table.now, None, |group, places| {
        assert_eq!((group, places), ("web", 5));
        None
    });
    assert_eq!(table.admitted(&[ticket, running]), [false, true]);
    table.pass(SECOND);
    assert_eq!(table.admitted(&[ticket]), [true]);
}

#[test]
fn begin_keeps_what_is_in_progress() {
    let mut table = Table::new();
    let policy = policy("web", 1);
    let failing = table.create(0, &policy);
    table.pass(QUIET);
    let waiting = table.create(1, &policy);
    table.end(failing, End::Failed);
    table.board.begin();
    assert!(table.is_refused(waiting));
    table.end(waiting, End::Neither);
    table.board.begin();
    let next = table.create(1, &policy);
    table.pass(QUIET);
    assert_eq!(
        table.admitted(&[next]),
        [true],
        "another command begins from the start"
    );
}

/// A step of Terraform: a half of a replacement.
#[derive(Clone, Copy)]
struct Step {
    number: usize,
    is_delete: bool,
}

/// What a simulated apply did.
#[derive(Default)]
struct Applied {
    succeeded: usize,
    failed: usize,
    refused: usize,
    /// Creates that began after the group had stopped.
    late: usize,
    most_running: usize,
    /// The most objects that were unavailable because a run of an available one began.
    most_unavailable: usize,
}

/// Simulates Terraform's queue of steps: those that wait for a step are served in order, `parallelism` at once. `offline` has the objects that
/// are unavailable before.
fn apply(
    rng: &mut Rng,
    objects: usize,
    parallelism: usize,
    policy: &Policy,
    failing: &[usize],
    mut offline: BTreeSet<usize>,
) -> Applied {
    let mut table = Table::new();
    let mut applied = Applied::default();
    let mut queue: VecDeque<Step> = (0..objects)
        .map(|number| Step {
            number,
            is_delete: true,
        })
        .collect();
    let mut active: Vec<(Step, Ticket)> = Vec::new();
    let mut running: Vec<(usize, Ticket, Instant)> = Vec::new();
    let started = table.now;
    while !(queue.is_empty() && active.is_empty() && running.is_empty()) {
        assert!(table.now < started + SECOND * 100_000, "the rollout does not end");
        while active.len() + running.len() < parallelism
            && let Some(step) = queue.pop_front()
        {
            let ticket = table.arrive(step.number, policy, |arrival| arrival.is_delete = step.is_delete);
            active.push((step, ticket));
        }
        table.pass(Duration::from_millis(rng.u64(20..1500)));
        if let Some(policy) = table.board.begin_list(table.now) {
            let busy = running.iter().map(|(number, ..)| *number);
            let unavailable = busy.chain(offline.iter().copied()).map(key).collect();
            table
                .board
                .end_list(&policy.group, table.now, Some(Ok(unavailable)));
        }
        table.pass(Duration::ZERO);
        for (step, ticket) in std::mem::take(&mut active) {
            match table.board.verdict(ticket) {
                Verdict::Waiting => active.push((step, ticket)),
                Verdict::Refused(_) => {
                    applied.refused += 1;
                    if step.is_delete {
                        table.board.end_delete(ticket, false, table.now);
                    } else {
                        table.board.end(ticket, End::Neither, String::new(), table.now);
                    }
                }
                Verdict::Admitted if step.is_delete => {
                    table.board.end_delete(ticket, true, table.now);
                    queue.push_back(Step {
                        is_delete: false,
                        ..step
                    });
                }
                Verdict::Admitted => {
                    let allowed = usize::try_from(policy.failures).unwrap();
                    applied.late += usize::from(applied.failed > allowed);
                    if !policy.members.is_empty() && !offline.contains(&step.number) {
                        let others = running.iter().map(|(number, ..)| *number);
                        let others: BTreeSet<usize> = others.chain(offline.iter().copied()).collect();
                        applied.most_unavailable = applied.most_unavailable.max(others.len() + 1);
                    }
                    running.push((step.number, ticket, table.now + SECOND * rng.u32(1..60)));
                }
            }
        }
        applied.most_running = applied.most_running.max(running.len());
        let (ended, still) = running.into_iter().partition(|(.., end)| *end <= table.now);
        running = still;
        let ended: Vec<(usize, Ticket, Instant)> = ended;
        for (number, ticket, _) in ended {
            let end = if failing.contains(&number) {
                End::Failed
            } else {
                End::Succeeded
            };
            if end == End::Failed {
                applied.failed += 1;
                offline.insert(number);
            } else {
                applied.succeeded += 1;
                offline.remove(&number);
            }
            table.board.end(ticket, end, key(number), table.now);
        }
    }
    applied
}

#[test]
fn simulated_rollouts_keep_their_limit_and_end() {
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let objects = rng.usize(1..60);
        let parallelism = rng.usize(1..40);
        let unavailable = rng.usize(1..8);
        let policy = Policy {
            members: if rng.bool() {
                (0..objects).map(key).collect()
            } else {
                BTreeSet::new()
            },
            canary: rng.bool().then(|| rng.usize(1..4)),
            failures: rng.u64(0..3),
            ..policy("web", unavailable)
        };
        let failing: Vec<usize> = if rng.bool() {
            Vec::new()
        } else {
            repeat_with(|| rng.usize(0..objects)).take(2).collect()
        };
        let broken = if policy.members.is_empty() {
            0
        } else {
            rng.usize(0..4)
        };
        let offline: BTreeSet<usize> = repeat_with(|| rng.usize(0..objects)).take(broken).collect();
        let is_broken = !offline.is_empty();
        let applied = apply(&mut rng, objects, parallelism, &policy, &failing, offline);
        let case = format!("seed {seed}: {objects} objects, parallelism {parallelism}, {policy:?}");
        assert!(applied.most_running <= unavailable, "{case}");
        assert!(applied.most_unavailable <= unavailable, "{case}");
        assert_eq!(applied.late, 0, "nothing starts after a failure: {case}");
        assert_eq!(
            applied.succeeded + applied.failed + applied.refused,
            objects,
            "{case}"
        );
        if failing.is_empty() && !is_broken {
            assert_eq!(applied.succeeded, objects, "{case}");
        }
        assert!(
            applied.succeeded > 0 || !failing.is_empty(),
            "something goes on: {case}"
        );
    }
}
