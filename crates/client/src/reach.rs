//! Whether the endpoint can be reached at all.
//!
//! A request whose connection fails is retried. While no attempt of the process has got any response, the endpoint is probably wrong or
//! down: then a request has only half of the retries, with the longest waits (three seconds by default), and the first one that gives up
//! ends the waits of all others. After any response, each request has all its retries: an apply in progress survives an outage.
//!
//! Tests: `crates/client/src/tests/reach.rs`.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::api::{Effect, ErrorKind};
use tokio_util::sync::CancellationToken;

use super::error::Error;

/// Whether the endpoint has responded, and whether a request has given up before.
#[derive(Default)]
pub(super) struct Reach {
    has_responded: AtomicBool,
    given_up: CancellationToken,
}

impl Reach {
    /// Records a response with any status.
    pub fn note_response(&self) {
        self.has_responded.store(true, Ordering::Relaxed);
    }

    /// Whether an attempt failed to connect to an endpoint that has never responded.
    pub fn is_in_doubt(&self, error: &Error) -> bool {
        !self.has_responded.load(Ordering::Relaxed)
            && error.effect == Effect::None
            && error.status.is_none()
            && matches!(
                error.kind,
                ErrorKind::UnknownHost
                    | ErrorKind::Unreachable
                    | ErrorKind::Proxy
                    | ErrorKind::RequestTimeout
            )
    }

    /// Records that a request gives up.
    pub fn give_up(&self) {
        self.given_up.cancel();
    }

    /// Whether a request has given up.
    pub fn is_given_up(&self) -> bool {
        self.given_up.is_cancelled()
    }

    /// Waits until a request gives up.
    pub async fn given_up(&self) {
        self.given_up.cancelled().await;
    }
}
