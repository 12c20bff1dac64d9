//! Terraform and its providers as processes that can be interrupted, killed and measured.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "test support: a failure ends the test"
)]

use std::process::Stdio;

use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::terraform::Workspace;

/// Starts a command in a process group of its own, as a terminal does.
pub fn start(workspace: &Workspace, arguments: &[&str]) -> Child {
    spawn(workspace.command(arguments))
}

/// Starts a command as [`start`] does.
pub fn spawn(mut command: Command) -> Child {
    command
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("terraform starts")
}

/// The process group of a command, as the target of signals.
pub fn group(child: &Child) -> Pid {
    let pid = child
        .id()
        .and_then(|pid| i32::try_from(pid).ok())
        .expect("the process runs");
    Pid::from_raw(-pid)
}

/// Kills Terraform and removes its state lock.
pub async fn kill_terraform(workspace: &Workspace, mut command: Child) {
    command.start_kill().expect("terraform is killed");
    command.wait().await.expect("terraform is gone");
    std::fs::remove_file(workspace.path().join(".terraform.tfstate.lock.info")).ok();
}

/// The provider processes that the Terraform with this process id has started.
pub fn providers(terraform: u32) -> Vec<Pid> {
    let parent = terraform.to_string();
    let program = |pid: &str| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    let terraform = program(&parent);
    let entries = std::fs::read_dir("/proc").expect("a process table");
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let after_name = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
            let is_child = after_name.split_whitespace().nth(1) == Some(parent.as_str());
            // At first, a new process still has the program and the memory of Terraform.
            is_child && program(&pid.to_string()) != terraform
        })
        .map(Pid::from_raw)
        .collect()
}

/// A number in the status of a process, such as that of `VmHWM:` in KiB; 0 if the process has ended.
pub fn number_of(pid: Pid, key: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The exit status of a command, and all its output in one line.
pub async fn finish(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().await.expect("terraform ends");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let text = text
        .replace(['│', '╷', '╵'], " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    (output.status.code(), text)
}
