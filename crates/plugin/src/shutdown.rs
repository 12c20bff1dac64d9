//! The reasons for which the process ends, and the time that running operations have left.

use std::io;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::Mode;

/// The time until the first client must connect. go-plugin waits as long for the handshake.
const FIRST_CLIENT_TIMEOUT: Duration = Duration::from_mins(1);

/// The time after which a process without a client ends, because a Terraform that was killed does not call `Shutdown`.
const NO_CLIENT_TIMEOUT: Duration = Duration::from_secs(5);

/// The reason for which the process ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ShutdownReason {
    /// Terraform called `Shutdown`.
    Shutdown,
    /// The process received SIGTERM, for example from a CI system that stops the job.
    Terminated,
    /// A developer pressed Ctrl-C in debug mode.
    Interrupted,
    /// No client is connected any more.
    Abandoned,
}

impl ShutdownReason {
    /// The time that running operations have left.
    ///
    /// Terraform kills the process two seconds after `Shutdown`, and the process must have removed its socket by then. After
    /// SIGTERM, Terraform still waits for the results of running operations, and loses their objects if the process ends
    /// without them.
    pub(super) fn grace_period(self) -> Duration {
        match self {
            Self::Terminated => Duration::from_secs(30),
            Self::Shutdown | Self::Interrupted | Self::Abandoned => Duration::from_millis(1500),
        }
    }
}

/// Returns when no client has connected in time, or after all clients have disconnected.
pub(super) async fn wait_until_abandoned(mut clients: watch::Receiver<usize>) {
    let mut limit = FIRST_CLIENT_TIMEOUT;
    // Waiting fails only if the server no longer accepts connections.
    while let Ok(true) = timeout(limit, clients.wait_for(|count| *count > 0))
        .await
        .map(|found| found.is_ok())
    {
        if clients.wait_for(|count| *count == 0).await.is_err() {
            return;
        }
        limit = NO_CLIENT_TIMEOUT;
    }
}

/// Handlers of the signals that would end the process by default.
///
/// Ctrl-C sends SIGINT to every process of the terminal. Terraform then calls `StopProvider`, and the plugin must go on to
/// return its results: otherwise an object that was just created is missing in state. [go-plugin] ignores SIGINT, too.
///
/// [go-plugin]: https://github.com/hashicorp/go-plugin/blob/main/server.go
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Interrupt,
    terminate: Terminate,
}

#[cfg(unix)]
type Interrupt = tokio::signal::unix::Signal;
#[cfg(unix)]
type Terminate = tokio::signal::unix::Signal;
#[cfg(windows)]
type Interrupt = tokio::signal::windows::CtrlC;
#[cfg(windows)]
type Terminate = tokio::signal::windows::CtrlShutdown;

impl Signals {
    /// Installs the handlers for the rest of the process.
    #[cfg(unix)]
    pub(super) fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Installs the handlers for the rest of the process.
    #[cfg(windows)]
    pub(super) fn install() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_c, ctrl_shutdown};
        Ok(Self {
            interrupt: ctrl_c()?,
            terminate: ctrl_shutdown()?,
        })
    }

    /// Returns when a signal ends the process.
    pub(super) async fn wait(&mut self, mode: Mode) -> ShutdownReason {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => match mode {
                    Mode::Managed => tracing::debug!("ignored an interrupt signal, waiting for Terraform to shut down the provider"),
                    Mode::Debug => return ShutdownReason::Interrupted,
                },
                _ = self.terminate.recv() => return ShutdownReason::Terminated,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn wait_until_abandoned_waits_a_minute_for_the_first_client() {
        let count = watch::Sender::new(0);
        let start = Instant::now();
        wait_until_abandoned(count.subscribe()).await;
        assert_eq!(start.elapsed(), FIRST_CLIENT_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn wait_until_abandoned_starts_over_with_each_client() {
        let count = watch::Sender::new(2);
        let waiting = tokio::spawn(wait_until_abandoned(count.subscribe()));
        advance(Duration::from_hours(2)).await;
        count.send_replace(1);
        advance(Duration::from_hours(2)).await;
        assert!(!waiting.is_finished());

        count.send_replace(0);
        tokio::task::yield_now().await;
        advance(NO_CLIENT_TIMEOUT.saturating_sub(Duration::from_millis(10))).await;
        count.send_replace(1);
        tokio::task::yield_now().await;
        advance(Duration::from_hours(2)).await;
        assert!(!waiting.is_finished());

        let start = Instant::now();
        count.send_replace(0);
        waiting.await.unwrap();
        assert_eq!(start.elapsed(), NO_CLIENT_TIMEOUT);
    }
}
