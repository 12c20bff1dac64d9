//! How a wait for a run ended.

use serde_json::Value as Json;

use crate::api::Error;
use crate::private::Run;

/// How a wait ended.
pub enum Outcome {
    /// The run is over.
    Ended { run: Run, report: Json },
    /// Terraform was interrupted; the run goes on.
    Interrupted(Run),
    /// The timeout is over; the run goes on.
    TimedOut(Run),
    /// The run cannot be followed any more.
    Lost(Run, Error),
}
