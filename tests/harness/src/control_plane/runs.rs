//! Provision runs. Their progress is computed from the time since the start, at each request.

mod provisioning;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The progress of a run that fails before the machine is touched, in percent.
const PERCENT_BEFORE_REBOOT: u32 = 4;

/// All runs so far, and the scripted outcomes of later runs.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Runs {
    all: BTreeMap<String, Run>,
    order: Vec<String>,
    active: BTreeMap<String, String>,
    scripts: BTreeMap<String, VecDeque<Outcome>>,
    /// At the start of each run: the machines that are offline or have an active run.
    #[serde(default)]
    unavailable: Vec<BTreeSet<String>>,
}

/// The outcome of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Success.
    Completed,
    /// Installed, but cloud-init finished with errors.
    Degraded,
    /// Fails while the image is extracted.
    Error,
    /// Fails at the end, because the machine does not come back.
    Timeout,
    /// Ends while the image is downloaded, because an operator canceled it.
    Canceled,
    /// Fails before the machine is touched.
    RenderFailed,
    /// Never ends: the machine hangs while the image is extracted.
    NeverEnding,
    /// Ends with an undocumented status. Only `is_terminal` shows that it has ended.
    Other(String),
}

/// The current status of a run.
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
    /// `pending`, `running` or the status of its [`Outcome`].
    pub status: String,
    /// Whether it has ended.
    pub is_terminal: bool,
    /// The current step, or the one in which it failed; `completed` after a success.
    pub current_step: String,
    /// The description of the step.
    pub current_message: String,
    /// The progress, from 0 to 100.
    pub progress_percent: u32,
    /// The cause of a failure.
    pub error_message: Option<String>,
    /// The time of the start.
    pub created_at: String,
    /// The time of the last progress.
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
    /// The roles that it installs. The machine's own roles may change during the run.
    role_names: Value,
    outcome: Outcome,
    stops_at: u32,
    error_message: Option<String>,
    /// The time at which a test ended it early.
    ended: Option<Duration>,
}

impl Outcome {
    /// The status of a run with this outcome.
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

    /// Whether the machine runs the new system afterwards.
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

    /// The final progress of the run, in percent.
    fn stops_at(&self) -> u32 {
        match self {
            Self::Completed | Self::Degraded | Self::Timeout | Self::Other(_) => 100,
            Self::Error | Self::NeverEnding => 60,
            Self::Canceled => 30,
            Self::RenderFailed => PERCENT_BEFORE_REBOOT,
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
    /// The progress, in percent.
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

    /// The time of the end; `None` if it never ends.
    fn end(&self) -> Option<Duration> {
        let planned = self
            .started
            .saturating_add(self.length.saturating_mul(self.stops_at) / 100);
        self.ended
            .or((self.outcome != Outcome::NeverEnding).then_some(planned))
    }
}
