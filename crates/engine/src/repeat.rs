//! Repeats a create whose effect is unknown. Before each repetition, the caller looks for the object that an earlier attempt may
//! have created.
//!
//! Tests: `crates/engine/tests/tables/recover.rs`, `provider/tests/route_policy_set.rs`.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::api::{Effect, Error, ErrorKind, Response};
use crate::context::Context;

/// The attempts of one create whose responses were lost.
pub struct LostAttempts {
    started: Instant,
    /// From the request of each attempt until it failed, since `started`.
    spans: Vec<(Duration, Duration)>,
    /// Whether an attempt was carried out: it succeeded, but its response has no usable body.
    pub is_carried_out: bool,
}

impl LostAttempts {
    /// Creates the record of a create that starts now.
    fn new() -> Self {
        Self {
            started: Instant::now(),
            spans: Vec::new(),
            is_carried_out: false,
        }
    }

    /// Creates the record of a create that was carried out, but whose response does not identify the object.
    pub fn carried_out() -> Self {
        Self {
            is_carried_out: true,
            ..Self::new()
        }
    }

    /// Records an attempt that has just failed.
    pub fn note(&mut self, error: &Error) {
        let end = self.started.elapsed();
        let start = end.saturating_sub(Duration::from_millis(error.attempt_ms.into()));
        self.spans.push((start, end));
        self.is_carried_out |= error.effect == Effect::Done;
    }

    /// Returns the time since the create started.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether an attempt was in progress at a time between these two, since the create started, give or take `tolerance`.
    pub fn was_in_progress(&self, earliest: Duration, latest: Duration, tolerance: Duration) -> bool {
        let mut spans = self.spans.iter();
        spans.any(|(start, end)| *start <= latest + tolerance && earliest <= *end + tolerance)
    }
}

/// A create that can be looked for.
#[async_trait]
pub trait Create: Sync {
    /// Sends the create, after a number of earlier attempts.
    async fn send(&self, attempts: u32) -> Result<Response, Error>;

    /// Looks for the object of the lost attempts; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// The error of the create, if a repetition could create a second object.
    async fn search(&self, error: &Error, lost: &LostAttempts) -> Result<Option<Response>, Error>;
}

/// Sends a create until it succeeds, fails with a known effect, or no attempt is left.
///
/// # Errors
///
/// The error of the last attempt or of the search. Its effect is unknown if the object may exist.
pub async fn repeat(context: &Context, create: &dyn Create) -> Result<Response, Error> {
    let mut lost = LostAttempts::new();
    let mut attempts = 0;
    loop {
        let mut error = match create.send(attempts).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        if error.effect != Effect::None {
            lost.note(&error);
        } else if lost.spans.is_empty() {
            return Err(error);
        } else {
            error.effect = Effect::Unknown;
            // If the name is in use now, an earlier attempt may have taken it.
            if error.kind != ErrorKind::Conflict {
                return Err(error);
            }
        }
        attempts = error.attempts;
        if let Some(response) = search(context, create, error, &lost).await? {
            return Ok(response);
        }
    }
}

/// Looks for the object of a create that was carried out, but whose response does not identify it.
///
/// # Errors
///
/// `error` if no attempt is left, or the error of the search.
pub async fn find(context: &Context, create: &dyn Create, error: Error) -> Result<Response, Error> {
    let lost = LostAttempts::carried_out();
    let found = search(context, create, error.clone(), &lost).await?;
    found.ok_or(error)
}

/// Looks for the object after a pause; `None` if it does not exist, so that the create can be repeated.
async fn search(
    context: &Context,
    create: &dyn Create,
    mut error: Error,
    lost: &LostAttempts,
) -> Result<Option<Response>, Error> {
    loop {
        let pause = context.api.pause(&error);
        if error.kind == ErrorKind::Cancelled || !context.sleep(pause.unwrap_or_default()).await {
            return Err(error);
        }
        let found = create.search(&error, lost).await?;
        if pause.is_none() && found.is_none() {
            return Err(error);
        }
        // An object that was created exists, but not every part of the control plane may have it yet.
        if found.is_some() || !lost.is_carried_out {
            return Ok(found);
        }
        error.attempts += 1;
    }
}
