//! Creates, changes and destroys every resource repeatedly while a quarter of all responses is faulty.
//!
//! `SOAK_ROUNDS` sets the number of rounds, `SOAK_SEED` the first seed. Both are printed.

use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, machine_uuid};
use harness::fake_core::{Action, Core, Error};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

const NAME: &str = "it";

/// The highest number of failed commands for one resource.
const MAX_FAILURES: usize = 25;

const SECRETS: [&str; 3] = ["hunter2-secret", "hunter2-password", "hunter2-token"];

/// The first and the changed configuration of each resource.
fn configurations() -> Vec<(&'static str, Json, Json)> {
    let rules = |sequences: &[i64]| -> Json {
        let rule = |sequence: &i64| json!({ "sequence": sequence, "action": "reject" });
        sequences.iter().map(rule).collect()
    };
    vec![
        (
            "variable",
            json!({ "name": "a", "value": "1" }),
            json!({ "name": "a", "value": "2" }),
        ),
        (
            "secret",
            json!({ "name": "a", "value": SECRETS[0] }),
            json!({ "name": "a", "value": SECRETS[0], "description": "d" }),
        ),
        (
            "registry_credential",
            json!({ "name": "a", "registry_url": "r.example.com", "username": "u", "password": SECRETS[1] }),
            json!({ "name": "a", "registry_url": "r.example.com", "username": "v", "password": SECRETS[1] }),
        ),
        (
            "secrets_backend",
            json!({ "name": "a", "backend_type": "vault", "url": "https://v.example.com", "config": { "token": SECRETS[2] } }),
            json!({ "name": "b", "backend_type": "vault", "url": "https://v.example.com", "config": { "token": SECRETS[2] } }),
        ),
        (
            "mesh_network",
            json!({ "name": "a", "network_cidr": "10.77.0.0/24" }),
            json!({ "name": "b", "network_cidr": "10.77.0.0/24" }),
        ),
        (
            "machine_role",
            json!({ "name": "a" }),
            json!({ "name": "a", "merge_priority": 7 }),
        ),
        (
            "route",
            json!({ "name": "a", "prefixes": ["10.1.0.0/16"] }),
            json!({ "name": "a", "prefixes": ["10.2.0.0/16"] }),
        ),
        (
            "vip",
            json!({ "name": "a", "address": "10.9.9.1" }),
            json!({ "name": "a", "address": "10.9.9.2" }),
        ),
        (
            "route_policy_set",
            json!({ "name": "a", "rules": rules(&[10, 20]) }),
            json!({ "name": "a", "rules": rules(&[5, 20, 30]) }),
        ),
        (
            "machine_config",
            json!({ "machine_uuid": machine_uuid(2), "stun_enabled": true }),
            json!({ "machine_uuid": machine_uuid(2), "stun_enabled": false }),
        ),
        (
            "machine_deployment",
            json!({ "machine_uuid": machine_uuid(1), "role_names": ["base"] }),
            json!({ "machine_uuid": machine_uuid(1), "role_names": ["base"], "stun_enabled": false }),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn faulty_responses_lose_duplicate_and_leak_nothing() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let (rounds, first) = (number("SOAK_ROUNDS", 3), number("SOAK_SEED", 1));
    println!("SOAK_ROUNDS={rounds} SOAK_SEED={first}");
    let (mut failures, mut requests) = (0, 0);
    for seed in first..first + rounds {
        let control_plane = ControlPlane::builder().fault_seed(seed).start().await.unwrap();
        let before = object_counts(&control_plane);
        let definition = &provider::durantic::DEFINITION;
        let core = Core::start(definition, control_plane.endpoint(), control_plane.token());
        let core = core.await.unwrap();
        control_plane.fault(Fault::new("*", FaultKind::Any).probability(0.25));
        let mut lifecycles = JoinSet::new();
        for (resource, first, changed) in configurations() {
            let mut core = core.fresh();
            lifecycles.spawn(async move { run_lifecycle(&mut core, resource, &first, &changed).await });
        }
        while let Some(lifecycle) = lifecycles.join_next().await {
            failures += lifecycle
                .unwrap()
                .unwrap_or_else(|text| panic!("seed {seed}: {text}"));
        }
        assert_eq!(
            object_counts(&control_plane),
            before,
            "seed {seed}: all created objects are deleted"
        );
        assert_eq!(
            control_plane.runs().len(),
            1,
            "seed {seed}: one installation\n{}",
            requests_about(&control_plane, &machine_uuid(1))
        );
        assert_eq!(control_plane.violations(), Vec::<String>::new(), "seed {seed}");
        requests += control_plane.log().all().len();
    }
    println!("{rounds} rounds, {requests} requests, {failures} commands repeated");
}

/// The requests for an object, one per line.
fn requests_about(control_plane: &ControlPlane, uuid: &str) -> String {
    let entries = control_plane.log().all();
    let lines = entries.iter().filter(|entry| entry.path.contains(uuid));
    let lines: Vec<String> = lines.map(|entry| format!("{:?} {entry:?}", entry.time)).collect();
    lines.join("\n")
}

/// The number of objects in each collection.
fn object_counts(control_plane: &ControlPlane) -> Vec<usize> {
    Collection::ALL
        .iter()
        .map(|collection| control_plane.objects(*collection).len())
        .collect()
}

/// Creates, changes and destroys a resource. Returns the number of repeated commands.
async fn run_lifecycle(
    core: &mut Core,
    resource: &str,
    first: &Json,
    changed: &Json,
) -> Result<usize, String> {
    let type_name = format!("durantic_{resource}");
    let mut failures = 0;
    for config in [first, changed] {
        loop {
            match apply(core, &type_name, config).await {
                Ok(Action::NoOp) => break,
                Ok(_) => {}
                Err(error) => check_failure(&error, &type_name, &mut failures)?,
            }
        }
    }
    while let Err(error) = core.destroy(&type_name, NAME).await {
        check_failure(&error, &type_name, &mut failures)?;
    }
    Ok(failures)
}

async fn apply(core: &mut Core, type_name: &str, config: &Json) -> Result<Action, Error> {
    let plan = core.plan(type_name, NAME, config).await?;
    let action = plan.action;
    core.apply(plan).await?;
    Ok(action)
}

/// Counts a failed command. Fails if there are too many, or if the error is a violation or contains a secret.
fn check_failure(error: &Error, type_name: &str, failures: &mut usize) -> Result<(), String> {
    let text = error.to_string();
    *failures += 1;
    if SECRETS.iter().any(|secret| text.contains(secret)) {
        return Err(format!("{type_name}: a diagnostic shows a secret"));
    }
    if error.is_violation() || *failures > MAX_FAILURES {
        return Err(format!("{type_name}: {text}"));
    }
    Ok(())
}
