//! What ends the process, and how long that may take.

use std::io;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::Mode;

/// How long the first connection may take; go-plugin itself waits as long for the handshake.
const ARRIVAL: Duration = Duration::from_mins(1);

/// How long a process stays without a client: a Terraform that was killed says no `Shutdown`.
const ABSENCE: Duration = Duration::from_secs(5);

/// Why the process ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    /// Terraform said so.
    Shutdown,
    /// A SIGTERM, as from a CI system that stops the job or a service manager that stops the unit.
    Terminated,
    /// Ctrl-C in debug mode.
    Interrupted,
    /// The client is gone.
    Abandoned,
}

impl Ending {
    /// How long operations may still run. Terraform kills a process two seconds after `Shutdown`; by then
    /// this one must have removed its socket. After a SIGTERM, Terraform still waits for the
    /// results of what runs, or loses the objects.
    pub(super) fn patience(self) -> Duration {
        match self {
            Self::Terminated => Duration::from_secs(30),
            Self::Shutdown | Self::Interrupted | Self::Abandoned => Duration::from_millis(1500),
        }
    }
}

/// Returns once there has been no client for a while.
pub(super) async fn abandoned(mut clients: watch::Receiver<usize>) {
    let mut patience = ARRIVAL;
    // Waiting fails only when nobody accepts any more, and then nobody will come.
    while let Ok(true) = timeout(patience, clients.wait_for(|count| *count > 0))
        .await
        .map(|found| found.is_ok())
    {
        if clients.wait_for(|count| *count == 0).await.is_err() {
            return;
        }
        patience = ABSENCE;
    }
}

/// The signals, of which none does any more what it does by default.
///
/// Ctrl-C goes to every process of the terminal. Terraform takes it and calls `StopProvider`, and the plugin must live
/// to return what it has, or an object that was just made is lost.
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
    /// Replaces what the signals do, for the rest of the process.
    #[cfg(unix)]
    pub(super) fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Replaces what the signals do, for the rest of the process.
    #[cfg(windows)]
    pub(super) fn install() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_c, ctrl_shutdown};
        Ok(Self {
            interrupt: ctrl_c()?,
            terminate: ctrl_shutdown()?,
        })
    }

    /// Returns once a signal ends the process.
    pub(super) async fn ending(&mut self, mode: Mode) -> Ending {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => match mode {
                    Mode::Managed => tracing::debug!("ignored an interrupt signal, waiting for Terraform to shut down the provider"),
                    Mode::Debug => return Ending::Interrupted,
                },
                _ = self.terminate.recv() => return Ending::Terminated,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_comes_is_waited_for_a_minute() {
        let count = watch::Sender::new(0);
        let start = Instant::now();
        abandoned(count.subscribe()).await;
        assert_eq!(start.elapsed(), ARRIVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_client_to_go_starts_the_clock_and_one_that_comes_stops_it() {
        let count = watch::Sender::new(2);
        let waiting = tokio::spawn(abandoned(count.subscribe()));
        advance(Duration::from_hours(2)).await;
        count.send_replace(1);
        advance(Duration::from_hours(2)).await;
        assert!(!waiting.is_finished());

        count.send_replace(0);
        tokio::task::yield_now().await;
        advance(ABSENCE.saturating_sub(Duration::from_millis(10))).await;
        count.send_replace(1);
        tokio::task::yield_now().await;
        advance(Duration::from_hours(2)).await;
        assert!(!waiting.is_finished());

        let start = Instant::now();
        count.send_replace(0);
        waiting.await.unwrap();
        assert_eq!(start.elapsed(), ABSENCE);
    }
}
