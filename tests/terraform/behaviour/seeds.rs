//! Random faults, 10 to 20 % of all requests, while everything is applied, changed and destroyed.
//!
//! `FAULT_SEEDS` sets the number of seeds, `FAULT_SEED` the first one. Both are printed.

use std::fmt::Write as _;
use std::sync::Arc;

use acceptance::terraform::Workspace;
use harness::control_plane::{ControlPlane, Fault, FaultKind};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{
    EVERYTHING, RUNS, assert_nothing_left, changed, expected_objects, objects, release_machines, started,
    workspace,
};

/// The default of `max_retries`.
const MAX_RETRIES: usize = 4;

/// The number of seeds at once. They mostly wait.
const CONCURRENT: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn random_faults_lose_and_double_nothing() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let (seeds, first) = (number("FAULT_SEEDS", 3), number("FAULT_SEED", 1));
    println!("FAULT_SEEDS={seeds} FAULT_SEED={first}");
    let permits = Arc::new(Semaphore::new(CONCURRENT));
    let mut running = JoinSet::new();
    for seed in first..first + seeds {
        let permits = Arc::clone(&permits);
        running.spawn(async move {
            let _permit = permits.acquire().await.expect("a permit");
            run_seed(seed).await
        });
    }
    let mut failed = Vec::new();
    while let Some(result) = running.join_next().await {
        match result {
            Ok(summary) => println!("{summary}"),
            Err(error) => failed.push(error.to_string()),
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {seeds} seeds failed: {failed:#?}",
        failed.len()
    );
}

/// The share of faulty requests of a seed: from 10 to 20 %.
fn probability(seed: u64) -> f64 {
    let step = fastrand::Rng::with_seed(seed).u8(0..=10);
    0.10 + f64::from(step) / 100.0
}

/// Applies, changes and destroys everything with the faults of a seed, and returns a line about it.
async fn run_seed(seed: u64) -> String {
    let expected = expected_objects().await;
    let control_plane = started(|builder| builder.fault_seed(seed)).await;
    let workspace = workspace(&control_plane, EVERYTHING);
    let mut summary = format!("seed {seed}, {:.0} %:", probability(seed) * 100.0);
    for (step, configuration) in [EVERYTHING.to_owned(), changed()].iter().enumerate() {
        workspace.configure(configuration);
        let outcome = run(&control_plane, &workspace, seed, "apply").await;
        let _ = write!(summary, " {outcome}");
        assert_eq!(
            objects(&control_plane),
            expected[step],
            "seed {seed}, apply {step}"
        );
        let runs = control_plane.runs().len();
        assert_eq!(runs, RUNS[step], "seed {seed}: {}", requests(&control_plane));
        workspace.plans_empty().await;
    }
    release_machines(&control_plane);
    let outcome = run(&control_plane, &workspace, seed, "destroy").await;
    let _ = write!(summary, " {outcome}");
    assert_nothing_left(&control_plane);
    assert_eq!(control_plane.runs().len(), RUNS[1], "seed {seed}");
    assert_eq!(workspace.instances(), [], "seed {seed}");
    summary
}

/// Runs a command with faults. If it fails, some call had more faults in a row than retries; the next run converges.
async fn run(control_plane: &ControlPlane, workspace: &Workspace, seed: u64, command: &str) -> String {
    control_plane.log().clear();
    let fault = Fault::new("*", FaultKind::Any).probability(probability(seed));
    control_plane.fault(fault);
    let run = workspace.run(&[command, "-auto-approve"]).await;
    control_plane.clear_faults();
    let faults = control_plane.log().failures_in_a_row();
    let most = faults.values().copied().max().unwrap_or_default();
    let total: usize = control_plane
        .log()
        .all()
        .iter()
        .filter(|entry| entry.has_failed)
        .count();
    if run.status == Some(0) {
        return format!("{command} ({total} faults, {most} in a row)");
    }
    let output = run.printed();
    assert!(
        most > MAX_RETRIES,
        "seed {seed}: {command} failed after {most} faults in a row:\n{}\n{}\n{}",
        run.stdout,
        run.stderr,
        requests(control_plane)
    );
    assert!(output.contains("Error: "), "{output}");
    for unclear in [
        "has a bug",
        "panicked",
        "inconsistent result",
        "Plugin did not respond",
    ] {
        assert!(!output.contains(unclear), "seed {seed}: {output}");
    }
    converge(workspace, command).await;
    format!("{command} failed as expected ({total} faults, {most} in a row)")
}

/// Runs a command without faults. An object that exists under its name is imported, as the error says.
async fn converge(workspace: &Workspace, command: &str) {
    let run = workspace.run(&[command, "-auto-approve"]).await;
    if run.status == Some(0) {
        return;
    }
    let output = run.printed();
    let mut imports = 0;
    for error in output.split("Error: ").skip(1) {
        let uuid = error.split("terraform import ADDRESS ").nth(1);
        let address = error.split("with durantic_").nth(1);
        let (Some(uuid), Some(address)) = (uuid, address) else {
            panic!("an error without an import command: {output}");
        };
        let word = |text: &str| {
            let end =
                text.find(|character: char| !(character.is_alphanumeric() || "-_.".contains(character)));
            text[..end.unwrap_or(text.len())].trim_end_matches('.').to_owned()
        };
        let address = format!("durantic_{}", word(address));
        workspace.run(&["import", &address, &word(uuid)]).await.succeeds();
        imports += 1;
    }
    assert!(imports > 0, "{output}");
    workspace.run(&[command, "-auto-approve"]).await.succeeds();
}

/// The requests so far, one a line, for the message of a failure.
fn requests(control_plane: &ControlPlane) -> String {
    let entries = control_plane.log().all();
    entries
        .iter()
        .fold(String::new(), |text, entry| format!("{text}{entry:?}\n"))
}

#[test]
fn probability_is_from_ten_to_twenty_percent() {
    assert!((0..1000).all(|seed| (0.10..=0.20).contains(&probability(seed))));
}
