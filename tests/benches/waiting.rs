//! Measures machines that wait for their turn in a rollout: memory and CPU of the provider, and how long an interrupt takes.
//! Prints the figures, without and with `members`.
//!
//! ```sh
//! WAITING_MACHINES=1000 cargo bench --package acceptance --bench waiting
//! ```

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures, and stops if it cannot measure"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use acceptance::processes::{finish, group, number_of, providers, start};
use acceptance::terraform::Workspace;
use harness::control_plane::{ControlPlane, Outcome};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long Terraform may take to begin all creates.
const ARRIVAL: Duration = Duration::from_secs(30);

/// How long the processes are measured.
const PERIOD: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() {
    let machines = std::env::var("WAITING_MACHINES");
    let machines: u32 = machines.map_or(1000, |text| text.parse().expect("a number"));
    for (kind, members) in [("alone", ""), ("with members", ", members = local.uuids")] {
        let figures = wait(machines, members).await;
        println!("{machines} machines, {kind}: {figures}");
    }
}

/// Starts the creates of all machines, of which one may be installed at once, and measures the others.
async fn wait(machines: u32, members: &str) -> String {
    let control_plane = ControlPlane::builder().machines(machines).start().await;
    let control_plane = control_plane.expect("the control plane starts");
    for number in 1..=machines {
        control_plane.script_run(
            &harness::control_plane::machine_uuid(number),
            Outcome::NeverEnding,
        );
    }
    let configuration = format!(
        "locals {{\n  uuids = [for number in range(1, {machines} + 1) : format(\"00000000-0000-4000-8000-%012d\", number)]\n}}\n\
         resource \"durantic_machine_deployment\" \"node\" {{\n  count = {machines}\n  machine_uuid = local.uuids[count.index]\n  \
         role_names = [\"base\"]\n  rollout = {{ group = \"web\"{members} }}\n}}\n"
    );
    let provider = Path::new(env!("CARGO_BIN_EXE_provider-under-test"));
    let workspace = Workspace::new(provider, &control_plane, &configuration);
    let parallelism = format!("-parallelism={machines}");
    let command = start(&workspace, &["apply", "-auto-approve", &parallelism]);
    let (terraform, group) = (command.id().expect("terraform runs"), group(&command));
    // Terraform stops if its output is not read.
    let ended = tokio::spawn(finish(command));
    control_plane
        .log()
        .wait_for("provisioning_api_provision_machine", 1)
        .await;
    tokio::time::sleep(ARRIVAL).await;
    let [pid] = providers(terraform)[..] else {
        return "no single provider process".to_owned();
    };
    let (requests, before) = (control_plane.log().all().len(), cpu_ms(pid));
    tokio::time::sleep(PERIOD).await;
    let (requests, after) = (control_plane.log().all().len() - requests, cpu_ms(pid));
    let (resident, threads) = (number_of(pid, "VmRSS:"), number_of(pid, "Threads:"));
    let interrupted = Instant::now();
    kill(group, Signal::SIGINT).expect("an interrupt is sent");
    let (_, output) = ended.await.expect("terraform ends");
    let ended = interrupted.elapsed();
    let waited = output.matches("Interrupted before its turn").count();
    format!(
        "{waited} waited; {:.1} % of a CPU, {} MiB, {threads} threads, {requests} requests in {} s; Terraform ended {:.1} s after an \
         interrupt",
        f64::from(after.saturating_sub(before)) / PERIOD.as_secs_f64() / 10.0,
        resident / 1024,
        PERIOD.as_secs(),
        ended.as_secs_f64()
    )
}

/// The CPU time of a process so far, in milliseconds.
fn cpu_ms(pid: Pid) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    // Linux counts 100 ticks a second.
    ticks.filter_map(|ticks| ticks.parse::<u32>().ok()).sum::<u32>() * 10
}
