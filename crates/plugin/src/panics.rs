//! Panics as values, and the report of a crash.
//!
//! A panic in a handler must become a diagnostic: gRPC would tell the user only that the request was cancelled,
//! and in an apply the object would be lost. [`catch`] makes it a value. Nothing of it reaches standard error but
//! a line of the log, because Terraform takes a raw line that begins with `panic: ` for the death of the plugin;
//! such a line is only written when the process does end by it.
//!
//! A message made at run time may hold a secret, as `unwrap` prints the value it found, so only messages that
//! stand in the source as they are get any further than the hook.

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::pin::pin;
use std::task::Poll;

/// The exit code of a process that ends by a panic, as Rust has it.
pub(super) const EXIT_CODE: u8 = 101;

thread_local! {
    /// The last panic of the thread, between the hook that sees it and the catcher that wants it: both run on the
    /// thread that panicked, and nothing else of ours runs between them.
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// A panic that was caught. It prints as where it happened, with its message if that is known to hold no value.
#[derive(Debug)]
pub struct Panic {
    location: Option<String>,
    message: Option<&'static str>,
    backtrace: Option<Backtrace>,
}

impl Panic {
    /// Where in the source, as `crates/engine/src/plan.rs:3:7`.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The message, if it stands in the source as it is.
    pub fn message(&self) -> Option<&'static str> {
        self.message
    }

    /// The report that Terraform shows to the user after the process has died.
    pub(super) fn report(&self) -> String {
        let message = self
            .message
            .unwrap_or("(message withheld because it may contain values)");
        let location = self.location().unwrap_or("an unknown location");
        let backtrace = self
            .backtrace
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        format!("panic: {message}\n\nat {location}\n{backtrace}\n")
    }

    fn of(info: &PanicHookInfo<'_>) -> Self {
        Self {
            location: info.location().map(ToString::to_string),
            message: info.payload().downcast_ref::<&'static str>().copied(),
            backtrace: Some(Backtrace::force_capture()),
        }
    }

    /// What the hook left behind, or nothing where another hook is in place.
    fn last() -> Self {
        let last = LAST.try_with(RefCell::take).ok().flatten();
        last.unwrap_or(Self {
            location: None,
            message: None,
            backtrace: None,
        })
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "panic at `{}`",
            self.location().unwrap_or("an unknown location")
        )?;
        match self.message {
            Some(message) => write!(formatter, ": {message}"),
            None => Ok(()),
        }
    }
}

/// Replaces the hook that prints panics by one that logs them and keeps them for who catches them.
pub fn install() {
    set_hook(Box::new(|info| {
        let panic = Panic::of(info);
        tracing::error!(
            target: "provider::panic",
            location = panic.location(),
            message_in_source = panic.message(),
            "the provider panicked, which is a bug"
        );
        let _ = LAST.try_with(|last| last.replace(Some(panic)));
    }));
}

/// Runs a future, making a panic a value.
///
/// Needs [`install`] to know anything of the panic. What the future shares with others must bear
/// being left half done, as with any future that is dropped.
pub async fn catch<F: Future>(future: F) -> Result<F::Output, Panic> {
    let mut future = pin!(future);
    std::future::poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(_) => Poll::Ready(Err(Panic::last())),
        },
    )
    .await
}

/// Runs a function, making a panic a value.
pub fn catch_blocking<T>(function: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(function)).map_err(|_| Panic::last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_begins_as_terraform_expects_and_withholds_what_was_made_at_run_time() {
        let location = Some("provider/src/x.rs:1:2".to_owned());
        let known = Panic {
            location: location.clone(),
            message: Some("a table is empty"),
            backtrace: None,
        };
        assert_eq!(
            known.report(),
            "panic: a table is empty\n\nat provider/src/x.rs:1:2\n\n"
        );
        let made = Panic {
            location,
            message: None,
            backtrace: None,
        };
        assert!(made.report().starts_with("panic: (message withheld"));
    }
}
