//! What is remembered of a run, the long-running work of a declared job: in private state, and as far as its status
//! says it, in state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Attribute → value: what identifies a run, as the answer that started it said.
pub type Id = BTreeMap<String, String>;

/// A run that is not known to have done its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Run {
    /// How it stands.
    pub state: RunState,
    /// What it was started for: the values of the attributes that force a new object; null where that is not known.
    pub trigger: Json,
    /// Whether the object went into state with an error while the run went on: Terraform then replaces the object.
    pub tainted: bool,
}

/// How a run stands, between two processes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RunState {
    /// It is wanted, and was certainly not started.
    NotStarted,
    /// It was asked for, and no answer said whether it was started.
    Unconfirmed {
        /// Whether the object said, before, that the work was to be done: only then does it say the contrary when the
        /// run is over.
        was_needed: bool,
        /// Whether it was for what is wanted. One that was not has to end first, if it was started.
        is_current: bool,
    },
    /// It goes on, as far as is known.
    Active(ActiveRun),
    /// It is over, and did not succeed.
    Failed {
        /// Which run it is.
        id: Id,
        /// Its status, in the API's words.
        status: String,
    },
}

/// A run that goes on, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActiveRun {
    /// Which run it is.
    pub id: Id,
    /// Its last known status, in the API's words.
    pub status: String,
    /// Who started it.
    pub origin: Origin,
    /// Whether it was started for what is wanted. One that was not has to end first.
    pub is_current: bool,
}

/// Who started a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// This object.
    Own {
        /// Whether the object said, before, that the work was to be done.
        was_needed: bool,
    },
    /// Somebody else, perhaps, with other settings: when it is over, the object says whether the work is done.
    Other,
}

/// The stored form of a run in private state.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// Empty where no answer named the run.
    saved: Id,
    status: String,
    stage: Stage,
    #[serde(default)]
    purpose: Purpose,
    #[serde(default)]
    taints: bool,
    trigger: Json,
    #[serde(default)]
    was_needed: bool,
    /// Whether somebody else may have started an outdated run; a joined one, always.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    foreign: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Going,
    /// Over, or with an empty `saved` never begun.
    Failed,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Purpose {
    #[default]
    Wanted,
    Joined,
    Outdated,
}

/// The status of a run that was asked for without an answer; the object will say when it is over.
pub const STARTING: &str = "starting";

/// The same, where the object will not say.
pub const UNCONFIRMED: &str = "unconfirmed";

/// The status of a run of which nothing tells what became of it.
pub const LOST: &str = "lost";

/// The status while a run goes on that was started for something else: another follows when it has ended.
pub const WAITING: &str = "waiting";

/// The status while a run goes on that somebody else may have started.
pub const JOINED: &str = "joined";

/// The status of a run that goes on, where the API's own word would be taken for something else.
pub const RUNNING: &str = "running";

/// The status of a run that was not looked at yet.
pub const PENDING: &str = "pending";

/// Statuses that are the provider's own.
const OWN: [&str; 5] = [STARTING, UNCONFIRMED, WAITING, JOINED, LOST];

impl RunState {
    /// What state says of it; `None` where it was not started. [`RunState::read`] is the way back.
    pub fn status(&self) -> Option<&str> {
        Some(match self {
            Self::NotStarted => return None,
            Self::Unconfirmed {
                is_current: false, ..
            }
            | Self::Active(ActiveRun {
                is_current: false, ..
            }) => WAITING,
            Self::Unconfirmed { was_needed: true, .. } => STARTING,
            Self::Unconfirmed {
                was_needed: false, ..
            } => UNCONFIRMED,
            Self::Active(ActiveRun {
                origin: Origin::Other,
                ..
            }) => JOINED,
            Self::Active(going) if OWN.contains(&going.status.as_str()) => RUNNING,
            Self::Active(going) => &going.status,
            Self::Failed { status, .. } => status,
        })
    }

    /// Which run it is, where that is known.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Self::NotStarted | Self::Unconfirmed { .. } => None,
            Self::Active(ActiveRun { id, .. }) | Self::Failed { id, .. } => Some(id),
        }
    }

    /// What a status in state says of a run that is neither over nor lost. `id` is what state has of it, and `is_needed`
    /// whether the object says that the work is to be done. `None` where a run without an identity is told of.
    pub fn read(status: &str, id: Option<Id>, is_needed: bool) -> Option<Self> {
        Some(match status {
            STARTING => Self::Unconfirmed {
                was_needed: true,
                is_current: true,
            },
            UNCONFIRMED => Self::Unconfirmed {
                was_needed: false,
                is_current: true,
            },
            WAITING if id.is_none() => Self::Unconfirmed {
                was_needed: is_needed,
                is_current: false,
            },
            _ => Self::Active(ActiveRun {
                id: id?,
                status: status.to_owned(),
                origin: match status {
                    JOINED => Origin::Other,
                    _ => Origin::Own {
                        was_needed: is_needed,
                    },
                },
                is_current: status != WAITING,
            }),
        })
    }

    /// Whether an apply has something to do about it without a new object.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Unconfirmed { .. } | Self::Active(_))
    }
}

impl From<Run> for Stored {
    fn from(run: Run) -> Self {
        let stage = match &run.state {
            RunState::NotStarted | RunState::Failed { .. } => Stage::Failed,
            RunState::Unconfirmed { .. } | RunState::Active(_) => Stage::Going,
        };
        let purpose = match &run.state {
            RunState::Unconfirmed {
                is_current: false, ..
            }
            | RunState::Active(ActiveRun {
                is_current: false, ..
            }) => Purpose::Outdated,
            RunState::Active(ActiveRun {
                origin: Origin::Other,
                ..
            }) => Purpose::Joined,
            _ => Purpose::Wanted,
        };
        let (was_needed, is_other) = match &run.state {
            RunState::Unconfirmed { was_needed, .. } => (*was_needed, false),
            RunState::Active(ActiveRun { origin, .. }) => match origin {
                Origin::Own { was_needed } => (*was_needed, false),
                Origin::Other => (true, true),
            },
            RunState::NotStarted | RunState::Failed { .. } => (false, false),
        };
        let status = match &run.state {
            RunState::Active(going) => &going.status,
            other => other.status().unwrap_or(UNCONFIRMED),
        };
        Self {
            status: status.to_owned(),
            saved: run.state.id().cloned().unwrap_or_default(),
            stage,
            purpose,
            taints: run.tainted,
            trigger: run.trigger,
            was_needed,
            foreign: is_other && purpose == Purpose::Outdated,
        }
    }
}

impl From<Stored> for Run {
    fn from(stored: Stored) -> Self {
        let is_named = !stored.saved.is_empty();
        let state = match (stored.stage, is_named) {
            (Stage::Failed, false) => RunState::NotStarted,
            (Stage::Failed, true) => RunState::Failed {
                id: stored.saved,
                status: stored.status,
            },
            (Stage::Going, false) => RunState::Unconfirmed {
                was_needed: stored.was_needed,
                is_current: stored.purpose != Purpose::Outdated,
            },
            (Stage::Going, true) => RunState::Active(ActiveRun {
                id: stored.saved,
                status: stored.status,
                origin: if stored.purpose == Purpose::Joined || stored.foreign {
                    Origin::Other
                } else {
                    Origin::Own {
                        was_needed: stored.was_needed,
                    }
                },
                is_current: stored.purpose != Purpose::Outdated,
            }),
        };
        Self {
            state,
            trigger: stored.trigger,
            tainted: stored.taints,
        }
    }
}
