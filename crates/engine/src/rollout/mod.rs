//! `rollout` of a job: how many objects have their runs at once, and when no other is started.
//!
//! A change that starts a run [`enter`]s before its first request, and before its timeout begins: it waits for its place, and leaves it when
//! the run has ended and the object is available. What holds it back is decided by `board`, as plain data. A place is no guarantee: the
//! control plane shows what others do, and `lease` what other processes on this host do.
//!
//! Tests: `board/table.rs`, `crates/engine/tests/tables/rollout.rs`, `tests/terraform/rollout.rs`.

pub mod board;
pub mod lease;
mod messages;
pub mod policy;
pub mod shared;

use std::collections::BTreeSet;
use std::env::temp_dir;
use std::time::Duration;

use board::{Arrival, End, Rank, Stop, Ticket, Verdict};
use lease::Lease;
use messages::{Kept, Obstacle, Subject};
use policy::{Policy, Problem};
use schema::{Phase, Resource, Rollout};
use tokio::time::Instant;
use value::Value;

use crate::api::{Error, Retry};
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::job::handover;
use crate::naming::title;
use crate::object::{ApplyRequest, Creation, Known, Plan, Progress, Walk};
use crate::private::Turn;
use crate::process::{Handover, Process};
use crate::report::is_temporary;
use crate::run::HELD;
use crate::session::Session;
use crate::{collection, identity, protection, takeover, wire};

/// Pause between two looks of an object that waits.
const PAUSE: Duration = Duration::from_secs(1);

/// The same while objects arrive.
const SHORT_PAUSE: Duration = Duration::from_millis(20);

/// Pause between two reads of an object that is to be available.
const POLL_PAUSE: Duration = Duration::from_secs(2);

/// Returns the rollout of a declaration.
pub fn declared(resource: &Resource) -> Option<&Rollout> {
    resource.job.as_ref()?.rollout.as_ref()
}

/// Checks the settings of a group, and reports a problem at the setting. Unknown values pass.
pub fn validate(resource: &Resource, config: &Value, diagnostics: &mut Diagnostics) {
    if let Some(rollout) = declared(resource)
        && let Err(problem) = Policy::read(resource, rollout, config)
    {
        messages::report_problem(rollout, problem, diagnostics);
    }
}

/// Takes the settings out of a configuration that Terraform has validated again, once something was applied: that may be between the two halves
/// of a replacement, and an error would lose the object. [`enter`] reports it and keeps the object.
pub fn leave_to_apply(process: &Process, resource: &Resource, config: &mut Value) {
    if let Some(rollout) = declared(resource).filter(|_| process.has_applied()) {
        config.set_attribute(&rollout.argument, Value::Null);
    }
}

/// Checks a plan against the other plans of this process, and leaves what the delete half of a replacement needs to know.
pub fn plan(process: &Process, resource: &Resource, walk: Walk, plan: &mut Plan) {
    let Some(rollout) = declared(resource).filter(|_| !plan.config.is_null()) else {
        return;
    };
    // The validation has reported a problem.
    let policy = Policy::planned(resource, rollout, &plan.config);
    if let Some(policy) = policy.as_ref().filter(|policy| !policy.is_provisional)
        && walk == Walk::Plan
        && !process.has_applied()
    {
        let object = if plan.prior.is_null() {
            &plan.planned
        } else {
            &plan.prior
        };
        let (key, title) = (identity::key(resource, object), title(resource, object));
        if let Some((clash, other, other_title)) = process.rollouts().plan(policy, &key, &title) {
            let titles = [other_title, title];
            let groups = [other, policy.group.clone()];
            messages::report_clash(rollout, clash, &groups, &titles, &mut plan.diagnostics);
        }
    }
    let is_limited = policy.is_some() || process.limit(&rollout.limit).is_some();
    let starts_run = plan.prior.is_null()
        && plan.creation != Creation::TakesOver
        && identity::is_identified(resource, &plan.planned)
        && !protection::is_given_back(process, resource, plan);
    if let Some(change) = plan.private.change.as_mut().filter(|_| is_limited && starts_run) {
        change.turn = Some(Turn {
            key: identity::key(resource, &plan.planned),
            policy,
        });
    }
}

/// How a change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It succeeded.
    Done,
    /// It failed.
    Failed,
    /// It was refused before its first request, because the object is protected.
    Refused,
}

/// A place among the objects that have their runs. When it is dropped, the run counts as failed.
pub struct Place {
    process: Process,
    ticket: Ticket,
    title: String,
    is_delete: bool,
    policy: Option<Policy>,
    has_ended: bool,
}

impl Place {
    fn end(mut self, end: End) {
        self.end_as(end);
    }

    fn end_as(&mut self, end: End) {
        self.has_ended = true;
        let title = std::mem::take(&mut self.title);
        let (ticket, is_delete) = (self.ticket, self.is_delete);
        let now = Instant::now();
        self.process.rollouts().change(|board| {
            if is_delete {
                board.end_delete(ticket, end == End::Succeeded, now);
            } else {
                board.end(ticket, end, title, now);
            }
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.has_ended {
            self.end_as(End::Failed);
        }
    }
}

/// Waits until a change may start its run. `None` if it needs no place: it starts no run, or nothing limits it. `handover` is what the
/// replaced object left.
///
/// # Errors
///
/// [`Reported`] if it must not start, or was interrupted. State then has the object as it was, if Terraform would otherwise lose it.
pub async fn enter(
    context: &Context,
    resource: &Resource,
    phase: Phase,
    request: &ApplyRequest,
    handover: Option<&Handover>,
    progress: &Progress,
    diagnostics: &mut Diagnostics,
) -> Result<Option<Place>, Reported> {
    let Some(rollout) = declared(resource) else {
        return Ok(None);
    };
    let (obstacle, group) = match arrival(context, resource, rollout, phase, request, handover) {
        Ok(None) => return Ok(None),
        Ok(Some(arrival)) => {
            let (policy, title) = (arrival.policy.clone(), arrival.title.clone());
            let (is_delete, is_new) = (arrival.is_delete, arrival.rank == Rank::New);
            let rollouts = context.process.rollouts();
            let ticket = rollouts.change(|board| board.arrive(arrival, Instant::now()));
            let place = Place {
                process: context.process.clone(),
                ticket,
                title,
                is_delete,
                policy,
                has_ended: false,
            };
            if is_new && is_broken(context, resource, rollout, request).await {
                rollouts.change(|board| board.set_rank(ticket, Rank::Broken));
            }
            match wait(context, resource, rollout, ticket).await {
                Ok(()) => return Ok(Some(place)),
                Err(stop) => {
                    let group = place.policy.as_ref().map(|policy| policy.group.clone());
                    let obstacle = match stop {
                        Some(stop) => Obstacle::Stopped(stop),
                        None => Obstacle::Interrupted(rollouts.queue(group.as_deref(), Instant::now())),
                    };
                    place.end(End::Neither);
                    (obstacle, group)
                }
            }
        }
        Err(problem) => (Obstacle::Invalid(problem), None),
    };
    let half = handover.filter(|handover| handover.half.is_some());
    let (known, kept) = match (phase, half) {
        (Phase::Update | Phase::Delete, _) => (progress.lock().clone(), Kept::AsItWas),
        (Phase::Create, None) => (Known::default(), Kept::AsBefore),
        (Phase::Create, Some(half)) => {
            let known = handover::given_back(resource, half, Some(HELD));
            let is_held = handover::has_given_back_status(resource, &known.state);
            (known, if is_held { Kept::Held } else { Kept::Tainted })
        }
    };
    let subject = Subject {
        resource,
        object: if known.state.is_null() {
            request.object()
        } else {
            &known.state
        },
        change: request.private.change.as_ref().filter(|_| phase == Phase::Delete),
        kept,
        group: group.as_deref(),
    };
    let reported = messages::report(rollout, &subject, &obstacle, diagnostics);
    *progress.lock() = known;
    Err(reported)
}

/// Whether the object that a create adopts is not available, or needs the run: a killed apply may have started one. Terraform shows nothing
/// of it to such a create.
async fn is_broken(
    context: &Context,
    resource: &Resource,
    rollout: &Rollout,
    request: &ApplyRequest,
) -> bool {
    let Some(operation) = resource
        .api
        .read
        .as_deref()
        .filter(|_| resource.creates_by_update())
    else {
        return false;
    };
    let read = context.perform(resource, operation, &request.planned, None, Retry::Safe);
    let Ok(response) = read.await else {
        return false;
    };
    let flag = |name: &str| wire::flag(resource, name, &response.body);
    let needed = resource.job.as_ref().and_then(|job| job.needed.as_deref());
    flag(&rollout.available) == Some(false) || needed.and_then(flag) == Some(true)
}

/// What arrives at the board for a change; `None` if it starts no run, or nothing limits it.
fn arrival(
    context: &Context,
    resource: &Resource,
    rollout: &Rollout,
    phase: Phase,
    request: &ApplyRequest,
    handover: Option<&Handover>,
) -> Result<Option<Arrival>, Problem> {
    let Some(job) = &resource.job else {
        return Ok(None);
    };
    let before = match (phase, handover) {
        (Phase::Create, Some(handover)) => &handover.object.state,
        _ => &request.prior,
    };
    let status = before.get(&job.into).as_str();
    let arrival = Arrival {
        key: identity::key(resource, request.object()),
        title: title(
            resource,
            if before.is_null() {
                request.object()
            } else {
                before
            },
        ),
        policy: None,
        is_delete: false,
        rank: match status {
            Some(status) if handover::has_failed(job, status) => Rank::Broken,
            _ if before.is_null() => Rank::New,
            _ => Rank::Sound,
        },
        has_run: false,
    };
    let arrival = match phase {
        Phase::Delete => {
            let Some(turn) = request
                .private
                .change
                .as_ref()
                .and_then(|change| change.turn.clone())
            else {
                return Ok(None);
            };
            Arrival {
                key: turn.key,
                policy: turn.policy,
                is_delete: true,
                has_run: handover::pending_run(job, resource, &request.prior, &request.private).is_some(),
                ..arrival
            }
        }
        Phase::Create => {
            if !job.after.contains(&phase) || is_without_run(resource, request, handover) {
                return Ok(None);
            }
            Arrival {
                policy: Policy::read(resource, rollout, &request.config)?,
                has_run: handover.is_some_and(|handover| handover.run.is_some()),
                ..arrival
            }
        }
        Phase::Update => {
            let run = request.private.run.as_ref();
            let has_run = run.is_some_and(|run| run.state.is_pending());
            if !has_run && !job.after.contains(&phase) {
                return Ok(None);
            }
            Arrival {
                policy: Policy::read(resource, rollout, &request.config)?,
                has_run,
                ..arrival
            }
        }
    };
    let is_limited = arrival.policy.is_some() || context.process.limit(&rollout.limit).is_some();
    Ok(is_limited.then_some(arrival))
}

/// Whether a create takes its object over, or puts the earlier status of an object back that was given back.
fn is_without_run(resource: &Resource, request: &ApplyRequest, handover: Option<&Handover>) -> bool {
    let ApplyRequest {
        planned,
        config,
        private,
        ..
    } = request;
    let is_marked = private.plan_of() == Some(identity::key(resource, planned).as_str());
    let is_held = handover.is_some_and(|handover| {
        !handover.is_on_purpose && handover::is_given_back(resource, &handover.object.state, planned, config)
    });
    is_held || takeover::is_applied(resource, config, handover, is_marked)
}

/// Waits until the board admits an object.
///
/// # Errors
///
/// Why it must not start; `None` after an interrupt.
async fn wait(
    context: &Context,
    resource: &Resource,
    rollout: &Rollout,
    ticket: Ticket,
) -> Result<(), Option<Stop>> {
    let rollouts = context.process.rollouts();
    let limit = context.process.limit(&rollout.limit);
    let limit = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    loop {
        let changed = rollouts.changed();
        if context.cancel.is_cancelled() {
            return Err(None);
        }
        let now = Instant::now();
        match rollouts.look(ticket, now, limit, |group, places| lease(context, group, places)) {
            Verdict::Admitted => return Ok(()),
            Verdict::Refused(stop) => return Err(Some(stop)),
            Verdict::Waiting => {}
        }
        for queue in rollouts.to_log(now) {
            messages::log(&queue);
        }
        if let Some(policy) = rollouts.begin_list(now) {
            tokio::select! {
                biased;
                () = context.cancel.cancelled() => {}
                () = list(context, resource, rollout, &policy) => {}
            }
            continue;
        }
        let pause = if rollouts.is_settling(now) {
            SHORT_PAUSE
        } else {
            PAUSE
        };
        tokio::select! {
            biased;
            () = context.cancel.cancelled() => {}
            () = changed => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Takes one of the places of a group that the processes of this host share; `None` if all of them are taken.
fn lease(context: &Context, group: &str, places: usize) -> Option<Lease> {
    let endpoint = context.api.place("").endpoint;
    let acquired = Lease::acquire(&temp_dir(), context.declarations.prefix, &endpoint, group, places);
    acquired.unwrap_or_else(|error| {
        tracing::warn!(%error, group, "cannot lock a file in the directory for temporary files; other processes on this host do not wait");
        Some(Lease::unshared())
    })
}

/// Lists the members of a group. A list that fails for a moment is repeated later: until then, the group waits.
async fn list(context: &Context, resource: &Resource, rollout: &Rollout, policy: &Policy) {
    let listed = unavailable(context, resource, rollout, policy).await;
    let listed = match listed {
        Ok(unavailable) => Some(Ok(unavailable)),
        Err(error) if !is_temporary(&error) && !context.cancel.is_cancelled() => Some(Err(error.to_string())),
        Err(error) => {
            tracing::warn!(%error, group = policy.group, "failed to list the members of a group; it waits");
            None
        }
    };
    let now = Instant::now();
    let rollouts = context.process.rollouts();
    rollouts.change(|board| board.end_list(&policy.group, now, listed));
}

/// The keys of the members that the control plane shows as unavailable.
async fn unavailable(
    context: &Context,
    resource: &Resource,
    rollout: &Rollout,
    policy: &Policy,
) -> Result<BTreeSet<String>, Error> {
    let mut unavailable = BTreeSet::new();
    let Some(lister) = context.declarations.lister(resource) else {
        return Ok(unavailable);
    };
    let Some(list) = collection::objects(context, lister, Some(Instant::now())).await else {
        return Ok(unavailable);
    };
    let mut missing = policy.members.clone();
    for object in list?.objects() {
        let Some(key) = identity::key_of_response(resource, &object).filter(|key| missing.remove(key)) else {
            continue;
        };
        if wire::flag(resource, &rollout.available, &object) != Some(true) {
            unavailable.insert(key);
        }
    }
    if !missing.is_empty() {
        tracing::warn!(
            ?missing,
            group = policy.group,
            "the control plane does not have all members of a group"
        );
    }
    Ok(unavailable)
}

/// Leaves a place after the change. Waits until the object was available for as long as its group wants it.
pub async fn leave(session: &mut Session<'_>, mut place: Place, applied: Applied) {
    let known = session.progress.lock().state.clone();
    if !known.is_null() {
        place.title = title(session.resource, &known);
    }
    let policy = place.policy.take().filter(|_| !place.is_delete);
    let run = session.progress.lock().private.run.clone();
    let end = match (applied, policy) {
        (Applied::Refused, _) => End::Neither,
        (Applied::Failed, _) if session.context.cancel.is_cancelled() => End::Neither,
        (Applied::Failed, _) if run.is_some_and(|run| run.state.is_pending()) => End::Unfinished,
        (Applied::Failed, _) => End::Failed,
        (Applied::Done, Some(policy)) => is_available(session, &policy).await,
        (Applied::Done, None) => End::Succeeded,
    };
    place.end(end);
}

/// Waits until the object was available for as long as the policy wants it, within the timeout of the change.
async fn is_available(session: &mut Session<'_>, policy: &Policy) -> End {
    let resource = session.resource;
    let (Some(rollout), Some(operation)) = (declared(resource), &resource.api.read) else {
        return End::Succeeded;
    };
    // An object that is available when the timeout ends has the time that its group wants.
    let context = Context {
        deadline: None,
        ..session.context.clone()
    };
    let object = session.progress.lock().state.clone();
    let mut since: Option<Instant> = None;
    loop {
        let now = Instant::now();
        match context
            .perform(resource, operation, &object, None, Retry::Safe)
            .await
        {
            Ok(response) => {
                if wire::flag(resource, &rollout.available, &response.body) == Some(true) {
                    since.get_or_insert(now);
                } else {
                    since = None;
                }
            }
            Err(error) => tracing::warn!(%error, "failed to read an object after its run; retrying"),
        }
        let now = Instant::now();
        let missing = match since {
            Some(since) if now >= since + policy.healthy => return End::Succeeded,
            Some(since) => since + policy.healthy - now,
            None if now >= session.deadline => {
                messages::warn_unavailable(session, rollout, policy);
                return End::Failed;
            }
            None => POLL_PAUSE,
        };
        tokio::select! {
            biased;
            () = context.cancel.cancelled() => return End::Neither,
            () = tokio::time::sleep(missing.min(POLL_PAUSE)) => {}
        }
    }
}
