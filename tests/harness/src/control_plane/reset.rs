//! The order to tear a connection down.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Resets the connection of a request instead of answering it.
#[derive(Clone, Default)]
pub struct Reset(Arc<AtomicBool>);

impl Reset {
    /// Lets the next write fail, which makes the server drop the connection.
    pub fn reset(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Fails once it was used.
    pub fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) {
            Err(io::ErrorKind::ConnectionReset.into())
        } else {
            Ok(())
        }
    }
}
