//! What state and private state have of a run, and what state alone says of it.

use schema::{Job, Resource};
use serde_json::Value as Json;
use value::Value;

use super::machine::State;
use super::trigger::trigger;
use crate::object::Known;
use crate::run::{Id, LOST, Remembered, Run, WAITING};

/// Writes what is remembered of a run into state and private state. `trigger` is what it was started for.
pub fn record(known: &mut Known, job: &Job, state: &State, trigger: &Json) {
    let remembered = state.remembered();
    match state {
        State::Succeeded(end) => write(known, job, Some(&end.status), Some(&end.id)),
        State::Done => write(known, job, job.done.first().map(AsRef::as_ref), None),
        State::Lost => write(known, job, Some(LOST), None),
        _ => match &remembered {
            None => {}
            Some(Remembered::NotStarted) => write(known, job, None, None),
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

/// `id`: which run it is, where that is not what state has of it already.
fn write(known: &mut Known, job: &Job, status: Option<&str>, id: Option<&Id>) {
    let string = |text: Option<&str>| text.map_or(Value::Null, Value::string);
    known.state.set_attribute(&job.into, string(status));
    for (attribute, _) in job.save.iter().filter(|_| id.is_some()) {
        let value = id.and_then(|id| id.get(attribute.as_ref()));
        known
            .state
            .set_attribute(attribute, string(value.map(String::as_str)));
    }
}

/// The run that state tells of, where it goes on.
pub fn read(job: &Job, resource: &Resource, object: &Value) -> Option<Run> {
    let status = object.get(&job.into).as_str()?;
    let is_over = |status: &str| {
        let ends = job.done.iter().chain(job.failed.iter());
        status == LOST || ends.into_iter().any(|end| end == status)
    };
    if is_over(status) {
        return None;
    }
    let saved = job.save.iter().map(|(name, _)| {
        let value = object.get(name).as_str()?;
        Some((name.to_string(), value.to_owned()))
    });
    let id: Option<Id> = saved.collect();
    Some(Run {
        state: Remembered::read(status, id, is_needed(job, object) == Some(true))?,
        // What an outdated one was started for, state does not say.
        trigger: match status {
            WAITING => Json::Null,
            _ => trigger(resource, object),
        },
        tainted: false,
    })
}

/// Whether the object says that the work is still to be done; `None` where it does not say.
pub fn is_needed(job: &Job, object: &Value) -> Option<bool> {
    object.get(job.needed.as_deref()?).as_bool()
}
