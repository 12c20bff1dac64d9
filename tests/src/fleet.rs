//! Deploys many machines at once, against a control plane with a rate limit.

#![expect(
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "test support: a failure ends the test"
)]

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::control_plane::{ControlPlane, StartError};
use nix::unistd::Pid;

use crate::processes::{finish, number_of, providers, start};
use crate::terraform::Workspace;

/// The machines to deploy, and the limits of the control plane.
#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    /// The number of machines, all deployed at once.
    pub machines: u32,
    /// The rate limit of the control plane, in requests per second.
    pub requests_per_second: usize,
    /// The duration of one installation.
    pub install_time: Duration,
}

/// The measurements of a deployment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// From the start of Terraform to its end.
    pub wall: Duration,
    /// All requests, including the rejected ones.
    pub requests: usize,
    /// Requests rejected with status 429.
    pub rejected: usize,
    /// The highest number of requests at the same time.
    pub in_flight: usize,
    /// Opened connections.
    pub connections: usize,
    /// The peak memory of the provider, in KiB.
    pub resident_kib: u64,
    /// The highest number of threads of the provider.
    pub threads: u64,
}

impl Fleet {
    /// Deploys all machines with the provider `binary`, and asserts that each was installed exactly once.
    ///
    /// # Errors
    /// If the control plane fails to start.
    pub async fn deploy(self, binary: &Path) -> Result<Figures, StartError> {
        let control_plane = ControlPlane::builder()
            .machines(self.machines)
            .rate_limit(self.requests_per_second)
            .install_time(self.install_time)
            .start()
            .await?;
        let text = format!(
            "resource \"durantic_machine_deployment\" \"node\" {{\n  count = {}\n  \
             machine_uuid = format(\"00000000-0000-4000-8000-%012d\", count.index + 1)\n  role_names = [\"base\"]\n}}\n",
            self.machines
        );
        // At TRACE, Terraform itself logs much more than the provider.
        let workspace = Workspace::new(binary, &control_plane, &text).with("TF_LOG", "OFF");
        let began = Instant::now();
        let parallelism = format!("-parallelism={}", self.machines);
        let apply = start(&workspace, &["apply", "-auto-approve", &parallelism]);
        let terraform = apply.id();
        let ended = finish(apply);
        tokio::pin!(ended);
        let mut figures = Figures::default();
        let (status, output) = loop {
            tokio::select! {
                ended = &mut ended => break ended,
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    terraform.map(providers).into_iter().flatten().for_each(|pid| figures.sample(pid));
                }
            }
        };
        figures.wall = began.elapsed();
        assert_eq!(status, Some(0), "{output}");
        let log = control_plane.log();
        let entries = log.all();
        figures.requests = entries.len();
        figures.rejected = entries.iter().filter(|entry| entry.status == Some(429)).count();
        figures.in_flight = log.peak_in_flight();
        figures.connections = log.connections();

        let runs = control_plane.runs();
        let mut machines: Vec<&str> = runs.iter().map(|run| run.machine_uuid.as_str()).collect();
        machines.sort_unstable();
        machines.dedup();
        let expected = usize::try_from(self.machines).unwrap_or(usize::MAX);
        assert_eq!(
            (runs.len(), machines.len()),
            (expected, expected),
            "each machine is installed exactly once"
        );
        if let Some(other) = runs.iter().find(|run| run.status != "completed") {
            panic!("{} is {}", other.hostname, other.status);
        }
        assert_eq!(workspace.instances().len(), expected, "each machine is in state");
        Ok(figures)
    }
}

impl Figures {
    fn sample(&mut self, pid: Pid) {
        self.resident_kib = self.resident_kib.max(number_of(pid, "VmHWM:"));
        self.threads = self.threads.max(number_of(pid, "Threads:"));
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            wall,
            requests,
            rejected,
            in_flight,
            connections,
            resident_kib,
            threads,
        } = self;
        write!(
            formatter,
            "{:.1} s, {requests} requests ({rejected} of them rejected), at most {in_flight} in flight, {connections} \
             connections; the provider took at most {resident_kib} KiB and {threads} threads",
            wall.as_secs_f64()
        )
    }
}
