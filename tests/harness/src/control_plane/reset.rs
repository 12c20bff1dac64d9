//! The end of a connection that a fault asks for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const CLOSING: u8 = 1;
const CLOSED: u8 = 2;
const RESET: u8 = 3;

/// Ends the connection of a request: instead of sending a response, or right after it.
#[derive(Clone, Default)]
pub struct Reset(Arc<AtomicU8>);

impl Reset {
    /// Makes the next write fail, so that the server drops the connection.
    pub fn reset(&self) {
        self.0.store(RESET, Ordering::SeqCst);
    }

    /// Ends the connection after the next write. The response does not announce that.
    pub fn close_after_response(&self) {
        self.0.store(CLOSING, Ordering::SeqCst);
    }

    /// Records that a response was written.
    pub fn written(&self) {
        // It is an error if the connection is not closing, and then nothing changes.
        let _ = self
            .0
            .compare_exchange(CLOSING, CLOSED, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Whether a response was written after [`Reset::close_after_response`].
    pub fn is_closed(&self) -> bool {
        self.0.load(Ordering::SeqCst) == CLOSED
    }

    /// Fails after [`Reset::reset`].
    ///
    /// # Errors
    /// If the reset was requested.
    pub fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) == RESET {
            Err(io::ErrorKind::ConnectionReset.into())
        } else {
            Ok(())
        }
    }
}
