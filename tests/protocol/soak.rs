//! Every resource is made, changed and destroyed again and again while a quarter of all answers is faulty.
//!
//! `SOAK_ROUNDS` sets how often, `SOAK_SEED` from which seed; both are printed.

use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, machine_uuid};
use harness::fake_core::{Action, Core, Error};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

const NAME: &str = "it";

/// Applies that one change may take.
const MOST_APPLIES: usize = 25;

const SECRETS: [&str; 3] = ["hunter2-secret", "hunter2-password", "hunter2-token"];

/// Each resource as it is made, and as it is changed.
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
async fn nothing_is_lost_doubled_or_leaked_while_a_quarter_of_all_answers_is_faulty() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let (rounds, first) = (number("SOAK_ROUNDS", 3), number("SOAK_SEED", 1));
    println!("SOAK_ROUNDS={rounds} SOAK_SEED={first}");
    let (mut repeats, mut requests) = (0, 0);
    for seed in first..first + rounds {
        let control_plane = ControlPlane::builder().fault_seed(seed).start().await.unwrap();
        let before = census(&control_plane);
        let definition = &provider::durantic::DEFINITION;
        let core = Core::start(definition, control_plane.endpoint(), control_plane.token());
        let core = core.await.unwrap();
        control_plane.fault(Fault::new("*", FaultKind::Any).probability(0.25));
        let mut lives = JoinSet::new();
        for (resource, made, changed) in configurations() {
            let mut core = core.fresh();
            lives.spawn(async move { live(&mut core, resource, &made, &changed).await });
        }
        while let Some(life) = lives.join_next().await {
            repeats += life.unwrap().unwrap_or_else(|text| panic!("seed {seed}: {text}"));
        }
        assert_eq!(
            census(&control_plane),
            before,
            "seed {seed}: what was made is gone"
        );
        assert_eq!(
            control_plane.runs().len(),
            1,
            "seed {seed}: one installation\n{}",
            about(&control_plane, &machine_uuid(1))
        );
        assert_eq!(control_plane.violations(), Vec::<String>::new(), "seed {seed}");
        requests += control_plane.log().all().len();
    }
    println!("{rounds} rounds, {requests} requests, {repeats} commands run again");
}

/// The requests about an object, one a line.
fn about(control_plane: &ControlPlane, uuid: &str) -> String {
    let entries = control_plane.log().all();
    let lines = entries.iter().filter(|entry| entry.path.contains(uuid));
    let lines: Vec<String> = lines.map(|entry| format!("{:?} {entry:?}", entry.time)).collect();
    lines.join("\n")
}

/// How many objects there are of each kind.
fn census(control_plane: &ControlPlane) -> Vec<usize> {
    Collection::ALL
        .iter()
        .map(|collection| control_plane.objects(*collection).len())
        .collect()
}

/// Makes, changes and destroys it; how often a command had to be run again.
async fn live(core: &mut Core, resource: &str, made: &Json, changed: &Json) -> Result<usize, String> {
    let type_name = format!("durantic_{resource}");
    let mut repeats = 0;
    for config in [made, changed] {
        loop {
            match apply(core, &type_name, config).await {
                Ok(Action::NoOp) => break,
                Ok(_) => {}
                Err(error) => again(&error, &type_name, &mut repeats)?,
            }
        }
    }
    while let Err(error) = core.destroy(&type_name, NAME).await {
        again(&error, &type_name, &mut repeats)?;
    }
    Ok(repeats)
}

async fn apply(core: &mut Core, type_name: &str, config: &Json) -> Result<Action, Error> {
    let plan = core.plan(type_name, NAME, config).await?;
    let action = plan.action;
    core.apply(plan).await?;
    Ok(action)
}

fn again(error: &Error, type_name: &str, repeats: &mut usize) -> Result<(), String> {
    let text = error.to_string();
    *repeats += 1;
    if SECRETS.iter().any(|secret| text.contains(secret)) {
        return Err(format!("{type_name}: a diagnostic shows a secret"));
    }
    if error.is_violation() || *repeats > MOST_APPLIES {
        return Err(format!("{type_name}: {text}"));
    }
    Ok(())
}
