//! The request to reset a connection.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Resets the connection of a request instead of sending a response.
#[derive(Clone, Default)]
pub struct Reset(Arc<AtomicBool>);

impl Reset {
    /// Makes the next write fail, so that the server drops the connection.
    pub fn reset(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Fails after [`Reset::reset`].
    ///
    /// # Errors
    /// If the reset was requested.
    pub fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) {
            Err(io::ErrorKind::ConnectionReset.into())
        } else {
            Ok(())
        }
    }
}
