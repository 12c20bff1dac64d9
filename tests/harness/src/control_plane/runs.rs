//! Provision runs: where one stands is computed from the time since it started, whenever somebody asks.

mod provisioning;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many percent of an install are done when a run fails that cannot begin.
const BEFORE_ANYTHING: u32 = 4;

/// Every run there ever was, and how the next ones are to end.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Runs {
    all: BTreeMap<String, Run>,
    order: Vec<String>,
    active: BTreeMap<String, String>,
    scripts: BTreeMap<String, VecDeque<Outcome>>,
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The only success.
    Completed,
    /// Installed, but cloud-init did not do all it was told.
    Degraded,
    /// Fails while the image is extracted.
    Error,
    /// Fails at the end, waiting for the machine to come back.
    Timeout,
    /// Ends while the image is downloaded, because somebody canceled it.
    Canceled,
    /// Fails before the machine is touched.
    RenderFailed,
    /// Never ends: the machine hangs while the image is extracted.
    NeverEnding,
    /// Ends with a status that no version of the documentation names; only `is_terminal` tells.
    Other(String),
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunView {
    /// The run's uuid.
    pub uuid: String,
    /// The machine's uuid.
    pub machine_uuid: String,
    /// The machine's host name.
    pub hostname: String,
    /// `rebuild`, `discover` or `clear`.
    pub mode: String,
    /// `pending`, `running` or how it ended.
    pub status: String,
    /// Whether it has ended.
    pub is_terminal: bool,
    /// The step it is in, or was in when it failed; `completed` after the last.
    pub current_step: String,
    /// The step in words.
    pub current_message: String,
    /// How far it is, 0 to 100.
    pub progress_percent: u32,
    /// Why it failed.
    pub error_message: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// When it last moved.
    pub updated_at: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Run {
    uuid: String,
    machine_uuid: String,
    hostname: String,
    mode: String,
    image: String,
    kexec: bool,
    started: Duration,
    length: Duration,
    /// The roles that it installs, whatever the machine is given while it goes on.
    role_names: Value,
    outcome: Outcome,
    stops_at: u32,
    error_message: Option<String>,
    /// When somebody ended it before its time.
    ended: Option<Duration>,
}

impl Outcome {
    /// The status of a run that ended so.
    pub fn status(&self) -> &str {
        match self {
            Self::Completed => "completed",
            Self::Degraded => "degraded",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Canceled => "canceled",
            Self::RenderFailed => "render_failed",
            Self::NeverEnding => "never_ending",
            Self::Other(status) => status,
        }
    }

    /// Whether the machine runs its new system afterwards.
    fn is_installed(&self) -> bool {
        matches!(self, Self::Completed | Self::Degraded)
    }

    fn message(&self) -> Option<&'static str> {
        match self {
            Self::Completed | Self::NeverEnding => None,
            Self::Degraded => Some("cloud-init finished with errors: 1 of 4 modules failed"),
            Self::Error => Some("extracting the image failed: no space left on device"),
            Self::Timeout => Some("the machine did not come back after its reboot"),
            Self::Canceled => Some("canceled by an operator"),
            Self::RenderFailed => Some("a template did not render"),
            Self::Other(_) => Some("the run ended in an unusual way"),
        }
    }

    /// How many percent of the install are done when the run stops to move.
    fn stops_at(&self) -> u32 {
        match self {
            Self::Completed | Self::Degraded | Self::Timeout | Self::Other(_) => 100,
            Self::Error | Self::NeverEnding => 60,
            Self::Canceled => 30,
            Self::RenderFailed => BEFORE_ANYTHING,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.status())
    }
}

impl FromStr for Outcome {
    type Err = std::convert::Infallible;

    fn from_str(status: &str) -> Result<Self, Self::Err> {
        let known = [
            Self::Completed,
            Self::Degraded,
            Self::Error,
            Self::Timeout,
            Self::Canceled,
            Self::RenderFailed,
            Self::NeverEnding,
        ];
        let outcome = known.into_iter().find(|outcome| outcome.status() == status);
        Ok(outcome.unwrap_or_else(|| Self::Other(status.to_owned())))
    }
}

impl Run {
    /// How many percent of the install are done.
    fn percent(&self, now: Duration) -> u32 {
        let ran = self.ended.unwrap_or(now).min(now).saturating_sub(self.started);
        let percent = ran
            .as_nanos()
            .saturating_mul(100)
            .checked_div(self.length.as_nanos());
        percent
            .and_then(|percent| u32::try_from(percent).ok())
            .unwrap_or(u32::MAX)
            .min(self.stops_at)
    }

    /// When it ends, if it ever does.
    fn end(&self) -> Option<Duration> {
        let planned = self
            .started
            .saturating_add(self.length.saturating_mul(self.stops_at) / 100);
        self.ended
            .or((self.outcome != Outcome::NeverEnding).then_some(planned))
    }
}
