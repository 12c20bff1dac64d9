//! Panics as values, and the crash report.
//!
//! A panic in a handler must become a diagnostic: otherwise the user only reads that the request was cancelled, and an apply
//! loses its object. [`catch`] turns it into a value. A caught panic writes a line to the log, and nothing else to standard
//! error: Terraform treats a line that begins with `panic: ` as the [crash of the plugin], so that line is only written if
//! the process ends.
//!
//! A message that is formatted at run time may contain a secret: `unwrap`, for example, prints the value. Therefore only
//! messages that are literals in the source are shown or logged.
//!
//! [crash of the plugin]: https://github.com/hashicorp/terraform/blob/main/internal/logging/panic.go

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::pin::pin;
use std::task::Poll;

/// The exit code after a panic, the same as Rust's own.
pub(super) const EXIT_CODE: u8 = 101;

thread_local! {
    /// The last panic of the thread, from the hook to the function that catches it. Both run on the thread that panicked, one
    /// right after the other.
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// A caught panic. `Display` writes its location, and its message if that is a literal in the source.
#[derive(Debug)]
pub struct Panic {
    location: Option<String>,
    message: Option<&'static str>,
    backtrace: Option<Backtrace>,
}

impl Panic {
    /// The location in the source, such as `crates/engine/src/plan.rs:3:7`.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The message, if it is a literal in the source.
    pub fn message(&self) -> Option<&'static str> {
        self.message
    }

    /// The report that Terraform shows to the user after the process has ended.
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

    fn from_hook(info: &PanicHookInfo<'_>) -> Self {
        Self {
            location: info.location().map(ToString::to_string),
            message: info.payload().downcast_ref::<&'static str>().copied(),
            backtrace: Some(Backtrace::force_capture()),
        }
    }

    /// Takes the panic that the hook stored; without location and message if [`install`] was not called.
    fn take_last() -> Self {
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

/// Installs a hook that logs panics and stores them for [`catch`], instead of printing them.
pub fn install() {
    set_hook(Box::new(|info| {
        let panic = Panic::from_hook(info);
        tracing::error!(
            target: "provider::panic",
            location = panic.location(),
            message_in_source = panic.message(),
            "the provider panicked, which is a bug"
        );
        let _ = LAST.try_with(|last| last.replace(Some(panic)));
    }));
}

/// Runs a future and catches its panic.
///
/// Call [`install`] before, or the location and message are unknown. Data that the future shares may be left half changed, as
/// by any future that is dropped.
///
/// # Errors
///
/// The panic of the future.
pub async fn catch<F: Future>(future: F) -> Result<F::Output, Panic> {
    let mut future = pin!(future);
    std::future::poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(_) => Poll::Ready(Err(Panic::take_last())),
        },
    )
    .await
}

/// Runs a function and catches its panic, as [`catch`] does for a future.
///
/// # Errors
///
/// The panic of the function.
pub fn catch_blocking<T>(function: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(function)).map_err(|_| Panic::take_last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_begins_with_panic_and_withholds_formatted_messages() {
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
