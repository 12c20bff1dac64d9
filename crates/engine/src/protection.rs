//! `protection` of a job: whether a plan may repeat the run of an object that has had one.
//!
//! Terraform does not say that it replaces an object because of `-replace`, a trigger or a taint: it plans a create then. So the first
//! plan of a sound object leaves its mark, and a create of an object that state has is the replacement of a tainted one:
//! <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! Tests: below, and `tests/terraform/protection.rs`.

use schema::{Attribute, Phase, Protection, Resource};
use serde_json::Value as Json;
use value::{Path, Value, msgpack};

use crate::api::{Error, Retry};
use crate::context::Context;
use crate::declarations::Declarations;
use crate::diagnostic::{Diagnostics, Reported};
use crate::equal::is_equivalent;
use crate::job::handover;
use crate::naming::title;
use crate::object::{Creation, Plan, Walk};
use crate::process::Process;
use crate::report::{Action, is_gone};
use crate::session::Session;
use crate::survey::{Existing, Scope, Survey};
use crate::{identity, shape, summaries, wire};

/// Number of objects that a diagnostic names.
const MAX_NAMES: usize = 20;

/// Why an update starts a run.
const RESUMED: &str = "an interrupted apply has yet to start its run, once an earlier one has ended";

/// Number of characters of a value that a diagnostic shows.
const MAX_VALUE: usize = 80;

/// Why a plan repeats the run of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// Changed arguments, or a run that failed, force a replacement.
    Forced,
    /// Arguments whose values are not known yet force a replacement.
    Unknown,
    /// The user asked for the replacement, or another resource triggers it.
    Demanded,
    /// State has the object, and Terraform plans to create it: it is tainted, or has another address.
    Stored,
    /// The object has had a run, and state does not have it.
    Present,
    /// A run follows each change.
    Changed,
    /// An interrupted apply has not started the run yet.
    Resumed,
    /// State does not have the object, and it needs no run: it may be in use. This only counts for the warning.
    Idle,
}

/// What a plan does to an object of the state.
#[derive(Clone, Copy)]
enum Change {
    /// Nothing, or a change that no run follows.
    InPlace,
    /// A change that a run follows.
    WithRun,
    /// An update that waits for the run of an earlier configuration, and then starts one.
    Resumed,
    /// A replacement that arguments force; whether any of them is known.
    Replaced { is_known: bool },
}

/// What is known about a plan.
#[derive(Clone, Copy, Default)]
struct Facts {
    /// Of a plan with a prior object.
    change: Option<Change>,
    /// Whether an earlier plan of the same object has left its mark, and whether arguments forced the replacement in it.
    marked: Option<bool>,
    /// Whether state has the object.
    is_stored: bool,
    /// Whether the control plane's object has had a run.
    is_present: bool,
    /// Whether the control plane's object needs no run.
    is_idle: bool,
}

fn cause(facts: Facts) -> Option<Cause> {
    match facts {
        Facts {
            change: Some(change), ..
        } => match change {
            Change::InPlace => None,
            Change::WithRun => Some(Cause::Changed),
            Change::Resumed => Some(Cause::Resumed),
            Change::Replaced { is_known: true } => Some(Cause::Forced),
            Change::Replaced { is_known: false } => Some(Cause::Unknown),
        },
        // The earlier plan would have failed if the arguments were known.
        Facts {
            marked: Some(is_forced),
            ..
        } => Some(if is_forced {
            Cause::Unknown
        } else {
            Cause::Demanded
        }),
        Facts { is_stored: true, .. } => Some(Cause::Stored),
        Facts { is_present: true, .. } => Some(Cause::Present),
        Facts { is_idle, .. } => is_idle.then_some(Cause::Idle),
    }
}

/// A run that a plan repeats, for a warning.
pub struct Repeated {
    /// How diagnostics name the object.
    pub title: String,
    /// Why the plan repeats the run, as a clause.
    pub reason: String,
    /// The titles of the objects whose repeated runs were planned before.
    pub earlier: Vec<String>,
}

/// Checks that a plan repeats no run of a protected object, and not more runs than the limit of the provider block. Returns the run that
/// the plan repeats. Terraform does not show warnings of the second plan of a replacement, so that returns none:
/// <https://github.com/hashicorp/terraform/blob/main/internal/terraform/node_resource_abstract_instance.go>.
pub async fn check(
    context: Option<&Context>,
    process: &Process,
    declarations: &Declarations,
    resource: &Resource,
    walk: Walk,
    plan: &mut Plan,
) -> Option<Repeated> {
    let protection = declared(resource).filter(|_| !plan.config.is_null())?;
    let configured = plan.config.get(&protection.argument);
    let is_protected = configured.is_unknown() || configured.as_bool() == Some(true);
    let is_limited = process.limit(&protection.limit).is_some();
    let target = Target::of(resource, process, plan);
    // The delete half of this apply has decided.
    let is_replaced = plan.prior.is_null() && process.has_half(&target.key);
    if walk == Walk::Apply || is_replaced || plan.creation == Creation::TakesOver {
        return None;
    }
    let mut object = target.object.clone();
    let mut facts = facts(process, resource, plan, &target);
    if is_given_back(process, resource, plan) {
        return None;
    }
    if cause(facts).is_none() && facts.change.is_none() {
        if is_protected || is_limited {
            match read(context, resource, &plan.planned).await {
                Ok(Some(response)) => {
                    facts.is_present = is_present(resource, protection, &response);
                    facts.is_idle = is_idle(resource, &response);
                    object = identity::labelled(resource, &object, &response);
                }
                Ok(None) => {}
                Err(error) => plan.diagnostics.warning_at(
                    Path::root(),
                    &summaries::READ_FAILED,
                    format!(
                        "The plan cannot tell whether it would {} {}: {error} The apply checks again.",
                        protection.verb,
                        title(resource, &object)
                    ),
                ),
            }
        } else if let Some(adopted) = adopted(context, process, declarations, resource, plan).await {
            facts.is_present = is_set(&adopted.get(&protection.present));
            let needed = resource.job.as_ref().and_then(|job| job.needed.as_deref());
            facts.is_idle = needed.is_some_and(|needed| adopted.get(needed) == Value::Bool(false));
            if let Some(label) = resource.label.as_deref() {
                object.set_attribute(label, adopted.get(label));
            }
        }
    }
    // The create takes the object over, or looks again before it starts a run.
    let is_open = plan.creation == Creation::Undecided;
    let cause = cause(facts).filter(|cause| !is_open || !matches!(cause, Cause::Present | Cause::Idle));
    let title = title(resource, &object);
    let counted = cause.filter(|cause| *cause != Cause::Idle);
    let is_unknown_target = plan.prior.is_null() && !identity::is_identified(resource, &plan.planned);
    // With `create_before_destroy`, the apply knows the object only as the control plane has it.
    let shows_run = is_set(plan.prior.get(&protection.present));
    let is_undecided = match counted {
        None => is_unknown_target,
        Some(Cause::Unknown) => plan.prior.is_null() || shows_run,
        Some(_) => false,
    };
    if let Some(change) = &mut plan.private.change
        && (is_protected || is_limited)
    {
        change.is_undecided = is_protected && is_undecided;
        change.may_repeat = counted.is_some() || is_undecided;
    }
    match counted {
        None => {}
        Some(_) if is_protected && is_undecided => {}
        Some(cause) if is_protected => {
            let detail = refusal(resource, protection, plan, cause, &title);
            let path = Path::root().attribute(&protection.argument);
            plan.diagnostics.error_at(path, &summaries::PROTECTED, detail);
        }
        Some(cause) => {
            let remedy = match cause {
                Cause::Stored => " If it is as it should be, run `terraform untaint ADDRESS`.",
                _ => "",
            };
            let mut exceeded = Diagnostics::default();
            let _ = count(process, protection, target.key.clone(), &title, &mut exceeded);
            let exceeded = exceeded.map_details(|found| format!("{}{remedy}", found.detail));
            plan.diagnostics.append(exceeded);
        }
    }
    let is_second = plan.prior.is_null() && plan.private.plan_of().is_some();
    let cause = cause.filter(|_| !is_second)?;
    let before = stored(process, resource, &target.key).into_iter().next();
    Some(Repeated {
        reason: reason(resource, protection, plan, cause, before.as_ref()),
        earlier: process.note_warned(target.key, title.clone()),
        title,
    })
}

/// Whether the plan of a tainted object starts no run, because an earlier create gave the object back as it was.
pub fn is_given_back(process: &Process, resource: &Resource, plan: &Plan) -> bool {
    let is_first = plan.prior.is_null() && plan.private.plan_of().is_none();
    let key = identity::key(resource, &plan.planned);
    is_first
        && stored(process, resource, &key)
            .iter()
            .any(|stored| handover::is_given_back(resource, stored, &plan.planned, &plan.config))
}

/// The object of the account that a create adopts, as its list has it: what the attribute that identifies it names.
async fn adopted(
    context: Option<&Context>,
    process: &Process,
    declarations: &Declarations,
    resource: &Resource,
    plan: &mut Plan,
) -> Option<Existing> {
    let mut identity = identity::attributes(resource);
    let identity = identity.next().filter(|_| resource.creates_by_update())?;
    let mut survey = Survey::new(context, process, declarations, resource, plan, Scope::All);
    survey.referenced(&identity.name).await.into_iter().next()
}

/// Why a plan repeats the run of an object, as a clause. `before` is the object as Terraform stored it, before the refresh.
fn reason(
    resource: &Resource,
    protection: &Protection,
    plan: &Plan,
    cause: Cause,
    before: Option<&Value>,
) -> String {
    match cause {
        Cause::Forced | Cause::Unknown => {
            let status = resource.job.as_ref().map(|job| Path::root().attribute(&job.into));
            let reasons: Vec<String> = plan
                .requires_replace
                .iter()
                .map(|path| {
                    let mut attributes = resource.attributes.iter();
                    let attribute =
                        attributes.find(|attribute| Path::root().attribute(&attribute.name) == *path);
                    match attribute {
                        _ if status.as_ref() == Some(path) => of_run(plan),
                        Some(attribute) => change_of(attribute, plan, before),
                        None => format!("`{path}` changes"),
                    }
                })
                .collect();
            reasons.join(", and ")
        }
        Cause::Changed => "a run follows each change".to_owned(),
        Cause::Resumed => RESUMED.to_owned(),
        Cause::Demanded => "`-replace` or `replace_triggered_by` demands it".to_owned(),
        Cause::Stored => "state has it as tainted, or under another address".to_owned(),
        Cause::Present => format!("it has `{}`, and state does not have it", protection.present),
        Cause::Idle => format!(
            "state does not have it, and it needs no {} run, so it may be in use",
            resource.job.as_ref().map_or("", |job| job.noun.as_ref())
        ),
    }
}

/// Why the last run of an object requires another one, as a clause.
fn of_run(plan: &Plan) -> String {
    let run = plan.private.run.as_ref();
    let has_failed = outdated(plan).is_empty() || run.is_some_and(|run| !run.state.is_pending());
    let failed = has_failed.then(|| "its last run failed or was not started".to_owned());
    let outdated = outdated(plan).iter().cloned();
    let reasons: Vec<String> = failed.into_iter().chain(outdated).collect();
    reasons.join(", and ")
}

/// The named objects that have changed since the last run, as clauses.
fn outdated(plan: &Plan) -> &[String] {
    let change = plan.private.change.as_ref();
    change.map_or(&[], |change| &change.outdated)
}

/// How an argument that forces a replacement changes, and who changed it.
fn change_of(attribute: &Attribute, plan: &Plan, before: Option<&Value>) -> String {
    let name = &attribute.name;
    let (prior, planned) = (plan.prior.get(name), plan.planned.get(name));
    if !planned.is_wholly_known() {
        return format!("`{name}` is only known after apply");
    }
    let is_drift = before.is_some_and(|before| !is_equivalent(attribute, before.get(name), prior));
    let is_configured = before.is_none_or(|before| !is_equivalent(attribute, before.get(name), planned));
    let origin = match (is_drift, is_configured) {
        (true, false) => "it was changed outside of Terraform",
        (true, true) => "it was changed outside of Terraform and in the configuration",
        (false, _) => "the configuration changes it",
    };
    // Terraform does not show which values the configuration has marked as sensitive. Names of objects are not sensitive.
    if attribute.is_secret() || attribute.reference.is_none() {
        return format!("`{name}` changes: {origin}");
    }
    let shown = |value: &Value| shorten(wire::to_json(value).to_string());
    format!(
        "`{name}` changes from {} to {}: {origin}",
        shown(prior),
        shown(planned)
    )
}

/// A value for a diagnostic, cut if it is long.
fn shorten(text: String) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The object whose run a plan may repeat.
struct Target {
    /// [`identity::key`]
    key: String,
    /// As state has it, else as it is planned.
    object: Value,
    /// Whether a replacement moves to another object than that of the state.
    is_other: bool,
}

impl Target {
    fn of(resource: &Resource, process: &Process, plan: &Plan) -> Self {
        let planned = identity::key(resource, &plan.planned);
        let before = if plan.prior.is_null() {
            plan.private.plan_of().map(str::to_owned)
        } else {
            Some(identity::key(resource, &plan.prior))
        };
        let is_other = identity::is_identified(resource, &plan.planned)
            && before.as_ref().is_some_and(|before| *before != planned);
        let key = match before {
            Some(before) if !is_other => before,
            _ => planned,
        };
        let object = if plan.prior.is_null() || is_other {
            let stored = stored(process, resource, &key).into_iter().next();
            stored.unwrap_or_else(|| plan.planned.clone())
        } else {
            plan.prior.clone()
        };
        Self {
            key,
            object,
            is_other,
        }
    }
}

/// Counts an object whose run is repeated.
///
/// # Errors
///
/// [`Reported`] if it is one more than the limit of the provider block.
fn count(
    process: &Process,
    protection: &Protection,
    key: String,
    title: &str,
    diagnostics: &mut Diagnostics,
) -> Result<(), Reported> {
    let Protection {
        limit: argument,
        verb,
        ..
    } = protection;
    let Some(limit) = process.limit(argument) else {
        return Ok(());
    };
    let earlier = process.note_repeated(key, title.to_owned());
    if u64::try_from(earlier.len()).is_ok_and(|count| count < limit) {
        return Ok(());
    }
    let detail = format!(
        "`{argument}` is {limit}, and this plan would also {verb} {title}. {}. `terraform destroy` needs `-refresh=false` then.",
        counted(&earlier)
    );
    Err(diagnostics.error(&summaries::TOO_MANY_RUNS, detail))
}

/// Records an object that state has, if plans depend on it.
pub fn note_stored(process: &Process, resource: &Resource, object: &Value) {
    if declared(resource).is_some() || resource.release.is_some() {
        let encoded = msgpack::encode(object, &shape::object_type(&resource.attributes));
        process.note_stored(
            identity::key(resource, object),
            encoded.unwrap_or_default().into(),
        );
    }
}

/// The objects that state has with this key.
fn stored(process: &Process, resource: &Resource, key: &str) -> Vec<Value> {
    let r#type = shape::object_type(&resource.attributes);
    let stored = process.stored(key);
    let decoded = stored
        .iter()
        .map(|object| msgpack::decode(object, &r#type).unwrap_or_default());
    decoded.collect()
}

fn declared(resource: &Resource) -> Option<&Protection> {
    resource.job.as_ref()?.protection.as_ref()
}

fn facts(process: &Process, resource: &Resource, plan: &Plan, target: &Target) -> Facts {
    let is_known = |path: &Path| {
        let mut attributes = resource.attributes.iter();
        let attribute = attributes.find(|attribute| Path::root().attribute(&attribute.name) == *path);
        attribute.is_none_or(|attribute| plan.planned.get(&attribute.name).is_wholly_known())
    };
    let runs_after_update = resource
        .job
        .as_ref()
        .is_some_and(|job| job.after.contains(&Phase::Update));
    let status = resource.job.as_ref().map(|job| Path::root().attribute(&job.into));
    let mut paths = plan.requires_replace.iter();
    let change = if !plan.requires_replace.is_empty() {
        // The status of a run that failed becomes unknown, but the failure is known.
        let is_known = paths.any(|path| Some(path) == status.as_ref() || is_known(path));
        Change::Replaced { is_known }
    } else if runs_after_update && plan.planned != plan.prior {
        Change::WithRun
    } else if plan
        .private
        .run
        .as_ref()
        .is_some_and(|run| run.state.starts_another())
    {
        Change::Resumed
    } else {
        Change::InPlace
    };
    Facts {
        change: (!plan.prior.is_null() && !target.is_other).then_some(change),
        marked: (plan.private.change.as_ref())
            .filter(|change| plan.prior.is_null() && !target.is_other && change.of.is_some())
            .map(|change| change.is_forced),
        is_stored: (plan.prior.is_null() || target.is_other) && !process.stored(&target.key).is_empty(),
        is_present: false,
        is_idle: false,
    }
}

/// Reads the object that a create adopts; `None` if it is unknown which one that is, or if it does not exist.
async fn read(
    context: Option<&Context>,
    resource: &Resource,
    planned: &Value,
) -> Result<Option<Json>, Error> {
    let operation = resource
        .api
        .read
        .as_deref()
        .filter(|_| identity::is_identified(resource, planned));
    let (Some(context), Some(operation)) = (context, operation) else {
        return Ok(None);
    };
    let response = context
        .perform(resource, operation, planned, None, Retry::Safe)
        .await;
    match response {
        Ok(response) => Ok(Some(response.body)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_set(value: &Value) -> bool {
    !value.is_null()
        && value.as_str() != Some("")
        && (value.as_str().is_some() || !value.elements().is_empty())
}

fn is_present(resource: &Resource, protection: &Protection, response: &Json) -> bool {
    let attribute = resource.attribute(&protection.present);
    let field = attribute.and_then(|attribute| wire::field(attribute, response));
    field.is_some_and(|field| match &field {
        Json::Null => false,
        Json::String(text) => !text.is_empty(),
        Json::Array(elements) => !elements.is_empty(),
        Json::Object(entries) => !entries.is_empty(),
        Json::Bool(_) | Json::Number(_) => true,
    })
}

/// Whether a response says that the object needs no run.
fn is_idle(resource: &Resource, response: &Json) -> bool {
    let needed = resource.job.as_ref().and_then(|job| job.needed.as_deref());
    needed.and_then(|needed| wire::flag(resource, needed, response)) == Some(false)
}

/// Why the protection refuses a plan, and what to do.
fn refusal(resource: &Resource, protection: &Protection, plan: &Plan, cause: Cause, title: &str) -> String {
    let Protection { argument, verb, .. } = protection;
    let allow = format!("set `{argument}` to false to {verb} it");
    let (reason, remedy) = match cause {
        Cause::Forced | Cause::Unknown => {
            let status = resource.job.as_ref().map(|job| Path::root().attribute(&job.into));
            let changed: Vec<String> = plan
                .requires_replace
                .iter()
                .map(|path| match &status {
                    Some(status) if status == path => of_run(plan),
                    _ if cause == Cause::Unknown => format!("`{path}` is only known after apply"),
                    _ => format!("`{path}` changes"),
                })
                .collect();
            let follow = resource.job.as_ref().and_then(|job| job.follow.as_ref());
            let remedy = match follow.filter(|_| !outdated(plan).is_empty()) {
                _ if cause == Cause::Unknown => {
                    format!("Apply the origin of the value first, with `-target`, or {allow}.")
                }
                Some(follow) => format!("Undo the change, set `{}` to false, or {allow}.", follow.argument),
                None => format!("Undo the change, or {allow}."),
            };
            (changed.join(", and "), remedy)
        }
        Cause::Changed => (
            "a run follows each change".to_owned(),
            format!("Undo the change, or {allow}."),
        ),
        Cause::Resumed => (RESUMED.to_owned(), format!("To {verb} it, {allow}.")),
        Cause::Demanded => (
            "`-replace` or `replace_triggered_by` demands it".to_owned(),
            format!("Plan without that, or {allow}."),
        ),
        Cause::Stored => (
            "state has it as tainted, or under another address".to_owned(),
            format!(
                "If it is as it should be, run `terraform untaint ADDRESS`, or add a `moved` block for the earlier address. Otherwise, \
                 {allow}."
            ),
        ),
        Cause::Idle => ("it may be in use".to_owned(), format!("To {verb} it, {allow}.")),
        Cause::Present => {
            let id = identity::import_id(resource, &plan.planned).unwrap_or_default();
            (
                format!("it has `{}`, so it may have had a run", protection.present),
                format!(
                    "If it is as it should be, and state does not have it yet, run `terraform import ADDRESS {id}` to manage it as it is. If an argument is only \
                     known after apply, apply its origin first, with `-target`. Otherwise, {allow}."
                ),
            )
        }
    };
    let unknown = if plan.config.get(argument).is_unknown() {
        "is not known before the apply"
    } else {
        "is true"
    };
    format!(
        "`{argument}` {unknown}, and this plan would {verb} {title}: {reason}. {remedy} To destroy the resource instead, run `terraform \
         destroy -refresh=false`."
    )
}

/// The titles of objects, as `a, b and 3 more`.
pub fn listed(titles: &[String]) -> String {
    let named: Vec<&str> = titles.iter().take(MAX_NAMES).map(String::as_str).collect();
    let more = match titles.len().saturating_sub(MAX_NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}

fn counted(titles: &[String]) -> String {
    if titles.is_empty() {
        return "It is the first one".to_owned();
    }
    format!("Counted so far: {}", listed(titles))
}

/// Refuses the delete half of a replacement of a protected object: the plan could not know yet whether it would repeat a run.
///
/// # Errors
///
/// [`Reported`] if the object is protected, or one more than the limit of the provider block. State keeps it.
pub fn refuse_delete(session: &mut Session<'_>) -> Result<(), Reported> {
    let (resource, request) = (session.resource, session.request);
    let (Some(change), Some(protection)) = (&request.private.change, declared(resource)) else {
        return Ok(());
    };
    if change.is_undecided {
        return Err(refuse(session, protection, &request.prior));
    }
    if !change.may_repeat {
        return Ok(());
    }
    // The plan has counted it, unless it could not know which object it is.
    let title = title(resource, &request.prior);
    let key = identity::key(resource, &request.prior);
    let process = &session.context.process;
    count(process, protection, key, &title, &mut session.diagnostics)
}

/// Refuses a create that would repeat a run, if the object is protected or the limit of the provider block is reached: the plan could
/// not know yet which object it is, or that it replaces one.
///
/// # Errors
///
/// [`Reported`] if it is refused, or the object cannot be read.
pub async fn refuse_create(session: &mut Session<'_>, is_replaced: bool) -> Result<(), Reported> {
    let (context, resource, request) = (session.context, session.resource, session.request);
    // The delete half has decided. An error would lose the object.
    let Some(protection) = declared(resource).filter(|_| !is_replaced) else {
        return Ok(());
    };
    let is_protected = request.config.get(&protection.argument).as_bool() == Some(true);
    if !is_protected && context.process.limit(&protection.limit).is_none() {
        return Ok(());
    }
    let is_itself = request.private.plan_of() == Some(identity::key(resource, &request.planned).as_str());
    if is_protected && is_itself {
        return Err(refuse(session, protection, &request.planned));
    }
    // The delete half of another identity may wait for this create, and counts already.
    if !is_protected && context.process.has_any_half(&resource.name) {
        return Ok(());
    }
    let response = match read(Some(context), resource, &request.planned).await {
        Ok(Some(response)) if is_present(resource, protection, &response) => response,
        Ok(_) => return Ok(()),
        Err(error) => return Err(session.fail(Action::Read, &error)),
    };
    let object = identity::labelled(resource, &request.planned, &response);
    if is_protected {
        return Err(refuse(session, protection, &object));
    }
    let key = identity::key(resource, &object);
    let title = title(resource, &object);
    count(
        &context.process,
        protection,
        key,
        &title,
        &mut session.diagnostics,
    )
}

fn refuse(session: &mut Session<'_>, protection: &Protection, object: &Value) -> Reported {
    let Protection { argument, verb, .. } = protection;
    session.diagnostics.error_at(
        Path::root().attribute(argument),
        &summaries::PROTECTED,
        format!(
            "`{argument}` is true, or was not known in the plan, and this apply would {verb} {}. Nothing was sent, and the object stays \
             as it was. If an argument is only known after apply, apply its origin first, with `-target`. Otherwise, undo the change, or \
             set `{argument}` to false to {verb} it.",
            title(session.resource, object)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_repeat_a_run_has_a_cause() {
        let change = |change| Facts {
            change: Some(change),
            ..Facts::default()
        };
        let replaced = |is_known| change(Change::Replaced { is_known });
        let create = |marked, is_stored, is_present| Facts {
            marked,
            is_stored,
            is_present,
            ..Facts::default()
        };
        #[rustfmt::skip]
        let rows = [
            ("no change, or one in place", change(Change::InPlace), None),
            ("an argument forces a replacement", replaced(true), Some(Cause::Forced)),
            ("an unknown argument may force it", replaced(false), Some(Cause::Unknown)),
            ("a run follows each change", change(Change::WithRun), Some(Cause::Changed)),
            ("an update that has yet to start its run", change(Change::Resumed), Some(Cause::Resumed)),
            ("a first create", create(None, false, false), None),
            ("second plan of a demanded replacement", create(Some(false), true, true), Some(Cause::Demanded)),
            ("the same without stored state", create(Some(false), false, false), Some(Cause::Demanded)),
            ("second plan of a forced replacement", create(Some(true), true, true), Some(Cause::Unknown)),
            ("a tainted object", create(None, true, false), Some(Cause::Stored)),
            ("a tainted object that has had a run", create(None, true, true), Some(Cause::Stored)),
            ("a create over an object that has had a run", create(None, false, true), Some(Cause::Present)),
        ];
        for (rule, facts, expected) in rows {
            assert_eq!(cause(facts), expected, "{rule}");
        }
    }

    #[test]
    fn counted_names_a_limited_number_of_objects() {
        let titles = |count: usize| (1..=count).map(|number| format!("m{number}")).collect::<Vec<_>>();
        assert_eq!(counted(&[]), "It is the first one");
        assert_eq!(counted(&titles(2)), "Counted so far: m1, m2");
        assert!(counted(&titles(MAX_NAMES + 3)).ends_with(", m20 and 3 more"));
    }
}
