//! Many machines deployed at once, against a control plane that takes only so many requests a second.

#![expect(
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a harness of tests: what does not work ends the test"
)]

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::control_plane::{ControlPlane, StartError};
use nix::unistd::Pid;

use crate::processes::{finish, providers, start};
use crate::terraform::Workspace;

/// How many machines, and what the control plane takes.
#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    /// Machines that are deployed, all at once.
    pub machines: u32,
    /// Requests a second that the control plane takes; it refuses more.
    pub requests_per_second: usize,
    /// How long one installation takes.
    pub install_time: Duration,
}

/// What it took to deploy them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// From the start of Terraform to its end.
    pub wall: Duration,
    /// Requests, those that were refused included.
    pub requests: usize,
    /// Requests that were refused for their rate.
    pub refused: usize,
    /// Requests under way at the same time, at most.
    pub in_flight: usize,
    /// Connections that were opened.
    pub connections: usize,
    /// Memory of the provider, at most.
    pub resident_kib: u64,
    /// Threads of the provider, at most.
    pub threads: u64,
}

impl Fleet {
    /// Deploys all of them with the provider `binary`, and asserts that each was installed, once.
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
        // Terraform writes much more to a log of everything than the provider does.
        let workspace = Workspace::new(binary, &control_plane, &text).with("TF_LOG", "OFF");
        let began = Instant::now();
        let parallelism = format!("-parallelism={}", self.machines);
        let apply = start(&workspace, &["apply", "-auto-approve", &parallelism]);
        let terraform = apply.id();
        let ended = finish(apply);
        tokio::pin!(ended);
        let mut figures = Figures::default();
        let (status, said) = loop {
            tokio::select! {
                ended = &mut ended => break ended,
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    terraform.map(providers).into_iter().flatten().for_each(|pid| figures.look_at(pid));
                }
            }
        };
        figures.wall = began.elapsed();
        assert_eq!(status, Some(0), "{said}");
        let log = control_plane.log();
        let entries = log.all();
        figures.requests = entries.len();
        figures.refused = entries.iter().filter(|entry| entry.status == Some(429)).count();
        figures.in_flight = log.peak_in_flight();
        figures.connections = log.connections();

        let runs = control_plane.runs();
        let mut machines: Vec<&str> = runs.iter().map(|run| run.machine_uuid.as_str()).collect();
        machines.sort_unstable();
        machines.dedup();
        let wanted = usize::try_from(self.machines).unwrap_or(usize::MAX);
        assert_eq!(
            (runs.len(), machines.len()),
            (wanted, wanted),
            "each is installed, once"
        );
        if let Some(other) = runs.iter().find(|run| run.status != "completed") {
            panic!("{} is {}", other.hostname, other.status);
        }
        assert_eq!(workspace.instances().len(), wanted, "each is in state");
        Ok(figures)
    }
}

impl Figures {
    fn look_at(&mut self, pid: Pid) {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let number = |key: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            let number = line.and_then(|line| line.split_whitespace().next());
            number.and_then(|number| number.parse().ok()).unwrap_or_default()
        };
        self.resident_kib = self.resident_kib.max(number("VmHWM:"));
        self.threads = self.threads.max(number("Threads:"));
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            wall,
            requests,
            refused,
            in_flight,
            connections,
            resident_kib,
            threads,
        } = self;
        write!(
            formatter,
            "{:.1} s, {requests} requests ({refused} of them refused), {in_flight} in flight and {connections} \
             connections at most; the provider took {resident_kib} KiB and {threads} threads at most",
            wall.as_secs_f64()
        )
    }
}
