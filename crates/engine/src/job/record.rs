//! Records a run in state and private state, and reads it back from state alone.

use schema::{Job, Resource};
use serde_json::Value as Json;
use value::Value;

use super::machine::State;
use super::trigger::trigger;
use crate::object::Known;
use crate::run::{Id, LOST, Run, RunState, WAITING, given_back_status};

/// Writes the run of a machine's state into Terraform's state and private state. `trigger` is that of the run.
pub fn record(known: &mut Known, job: &Job, state: &State, trigger: &Json) {
    let remembered = state.run_state();
    match state {
        State::Succeeded(end) => write(known, job, Some(&end.status), Some(&end.id)),
        State::Done => write(known, job, job.done.first().map(AsRef::as_ref), None),
        State::Lost => write(known, job, Some(LOST), None),
        _ => match &remembered {
            None => {}
            Some(RunState::NotStarted) => write(known, job, None, None),
            Some(remembered) => {
                let id = remembered.id().cloned().unwrap_or_default();
                write(known, job, remembered.status(), Some(&id));
            }
        },
    }
    known.private.run = remembered.map(|state| Run {
        state,
        trigger: trigger.clone(),
        tainted: false,
    });
}

/// Writes the status, and the identity unless `id` is `None`: state then keeps the one it has.
fn write(known: &mut Known, job: &Job, status: Option<&str>, id: Option<&Id>) {
    let string = |string: Option<&str>| string.map_or(Value::Null, Value::string);
    known.state.set_attribute(&job.into, string(status));
    for (attribute, _) in job.save.iter().filter(|_| id.is_some()) {
        let value = id.and_then(|id| id.get(attribute.as_ref()));
        known
            .state
            .set_attribute(attribute, string(value.map(String::as_str)));
    }
}

/// Returns the run that state shows as active, if there is one.
pub fn run_in_state(job: &Job, resource: &Resource, object: &Value) -> Option<Run> {
    let status = object.get(&job.into).as_str()?;
    let is_final = |status: &str| {
        let ends = job.done.iter().chain(job.failed.iter());
        status == LOST || given_back_status(status).is_some() || ends.into_iter().any(|end| end == status)
    };
    if is_final(status) {
        return None;
    }
    let id_fields = job.save.iter().map(|(name, _)| {
        let value = object.get(name).as_str()?;
        Some((name.to_string(), value.to_owned()))
    });
    let id: Option<Id> = id_fields.collect();
    Some(Run {
        state: RunState::read(status, id, is_needed(job, object) == Some(true))?,
        // State does not have the trigger of an outdated run.
        trigger: match status {
            WAITING => Json::Null,
            _ => trigger(resource, object),
        },
        tainted: false,
    })
}

/// Whether the object needs the work (the attribute `needed` of the declaration); `None` if it does not show that.
pub fn is_needed(job: &Job, object: &Value) -> Option<bool> {
    object.get(job.needed.as_deref()?).as_bool()
}
