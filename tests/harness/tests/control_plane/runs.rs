//! Provision runs: their progress, their outcomes, and their effects on the machine.

use std::time::Duration;

use harness::control_plane::{Collection, ControlPlane, Outcome, machine_uuid};
use serde_json::{Value, json};

use crate::client::{Client, start, stored};

const START: &str = "provisioning_api_provision_machine";
const GET: &str = "provisioning_api_get_machine_provision";

/// A control plane with a stopped clock and installations of 100 s.
async fn slow() -> (ControlPlane, Client) {
    let control_plane = ControlPlane::builder()
        .stopped_clock()
        .install_time(Duration::from_secs(100))
        .start()
        .await
        .unwrap();
    let client = Client::new(&control_plane);
    (control_plane, client)
}

async fn begin(client: &Client, machine: &str) -> String {
    let started = client
        .ok(START, &[machine], Some(json!({ "mode": "rebuild" })))
        .await;
    started["provision_uuid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn rebuild_goes_through_its_steps() {
    let (control_plane, client) = slow().await;
    let machine = machine_uuid(1);
    let image = json!({ "name": "web", "image_uuid": "10000000-0000-4000-8000-000000000001" });
    client
        .ok("controlplane_api_create_machine_role", &[], Some(image))
        .await;
    let roles = json!({ "role_names": ["web"] });
    client
        .ok("provisioning_api_update_machine", &[&machine], Some(roles))
        .await;
    let run = begin(&client, &machine).await;
    let mut seen = Vec::new();
    for second in 0..=100 {
        let response = client.ok(GET, &[&machine, &run], None).await;
        assert_eq!(response["progress_percent"], second, "{response}");
        assert_eq!(response["is_terminal"], second == 100, "{response}");
        assert_eq!(response["is_active"], second < 100, "{response}");
        let online = client.ok("provisioning_api_get_machine", &[&machine], None).await["is_online"].clone();
        let row = json!([
            response["status"],
            response["current_step"],
            response["current_message"],
            online
        ]);
        if seen.last().map(|(_, last)| last) != Some(&row) {
            seen.push((second, row));
        }
        control_plane.advance(Duration::from_secs(1));
    }
    let expected = [
        (0, json!(["pending", "pending", "Waiting for the machine", true])),
        (
            5,
            json!([
                "running",
                "rebooting",
                "Rebooting into the installer (kexec)",
                false
            ]),
        ),
        (
            15,
            json!([
                "running",
                "downloading_image",
                "Downloading ghcr.io/durantic/ubuntu:24.04",
                false
            ]),
        ),
        (
            45,
            json!(["running", "partitioning", "Partitioning the target disk", false]),
        ),
        (
            50,
            json!([
                "running",
                "extracting",
                "Extracting ghcr.io/durantic/ubuntu:24.04",
                false
            ]),
        ),
        (
            75,
            json!([
                "running",
                "injecting_configuration",
                "Injecting the configuration",
                false
            ]),
        ),
        (
            80,
            json!([
                "running",
                "rebooting_into_system",
                "Rebooting into the installed system",
                false
            ]),
        ),
        (90, json!(["running", "cloud_init", "Running cloud-init", false])),
        (100, json!(["completed", "completed", "Done", true])),
    ];
    assert_eq!(seen, expected);
    let machine = client.ok("provisioning_api_get_machine", &[&machine], None).await;
    assert_eq!(machine["needs_provisioning"], false);
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn active_run_rejects_another_start() {
    let (control_plane, client) = slow().await;
    let machine = machine_uuid(1);
    let mode = || Some(json!({ "mode": "rebuild" }));
    let first = begin(&client, &machine).await;
    let detail = client.rejected(START, &[&machine], mode(), 409).await;
    assert_eq!(
        detail,
        format!("the machine 'node-1' has an active provision run: {first}")
    );
    begin(&client, &machine_uuid(2)).await;
    control_plane.advance(Duration::from_secs(100));
    begin(&client, &machine).await;
    assert_eq!(control_plane.runs().len(), 3);
    client.rejected(GET, &[&machine_uuid(2), &first], None, 404).await;
}

#[tokio::test]
async fn locked_machine_rejects_a_start() {
    let (control_plane, client) = slow().await;
    let machine = machine_uuid(1);
    let detail = "the machine is locked for maintenance until Monday";
    control_plane.lock_machine(&machine, detail);
    let mode = || Some(json!({ "mode": "rebuild" }));
    assert_eq!(client.rejected(START, &[&machine], mode(), 409).await, detail);
    begin(&client, &machine_uuid(2)).await;
    control_plane.unlock_machine(&machine);
    begin(&client, &machine).await;
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn script_run_reaches_every_outcome() {
    let (control_plane, client) = slow().await;
    let machine = machine_uuid(1);
    let cases = [
        (Outcome::Degraded, "degraded", "completed", 100, true, false),
        (Outcome::Error, "error", "extracting", 60, false, true),
        (Outcome::Timeout, "timeout", "cloud_init", 100, false, true),
        (
            Outcome::Canceled,
            "canceled",
            "downloading_image",
            30,
            false,
            true,
        ),
        (
            Outcome::Other("mislaid".to_owned()),
            "mislaid",
            "cloud_init",
            100,
            false,
            true,
        ),
        (Outcome::Completed, "completed", "completed", 100, true, false),
        (Outcome::RenderFailed, "render_failed", "pending", 4, true, true),
    ];
    for (outcome, status, step, percent, online, needs_provisioning) in cases {
        control_plane
            .update(Collection::Machines, &machine, |machine| {
                machine.insert("is_online".to_owned(), json!(true));
                machine.insert("needs_provisioning".to_owned(), json!(true));
            })
            .unwrap();
        control_plane.script_run(&machine, outcome.clone());
        let run = begin(&client, &machine).await;
        control_plane.advance(Duration::from_secs(100));
        let response = client.ok(GET, &[&machine, &run], None).await;
        assert_eq!(
            (
                &response["status"],
                &response["is_terminal"],
                &response["current_step"],
                &response["progress_percent"]
            ),
            (&json!(status), &json!(true), &json!(step), &json!(percent)),
        );
        assert_eq!(
            response["error_message"].is_null(),
            outcome == Outcome::Completed,
            "{response}"
        );
        let machine = client.ok("provisioning_api_get_machine", &[&machine], None).await;
        assert_eq!(
            (&machine["is_online"], &machine["needs_provisioning"]),
            (&json!(online), &json!(needs_provisioning)),
            "{status}"
        );
    }
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn end_run_ends_a_never_ending_run() {
    let (control_plane, client) = slow().await;
    let machine = machine_uuid(1);
    control_plane.script_run(&machine, Outcome::NeverEnding);
    let run = begin(&client, &machine).await;
    control_plane.advance(Duration::from_hours(24));
    let response = client.ok(GET, &[&machine, &run], None).await;
    assert_eq!(
        (&response["status"], &response["progress_percent"]),
        (&json!("running"), &json!(60))
    );
    client
        .rejected(START, &[&machine], Some(json!({ "mode": "rebuild" })), 409)
        .await;
    control_plane.end_run(&run, Outcome::Completed).unwrap();
    control_plane.end_run(&run, Outcome::Error).unwrap();
    let response = client.ok(GET, &[&machine, &run], None).await;
    assert_eq!(
        (&response["status"], &response["progress_percent"]),
        (&json!("completed"), &json!(100))
    );
    assert_eq!(
        stored(&control_plane.machine(&machine).unwrap(), "is_online"),
        true
    );
}

#[tokio::test]
async fn install_time_of_zero_completes_at_the_first_poll() {
    let (_control_plane, client) = start().await;
    let run = begin(&client, &machine_uuid(1)).await;
    assert_eq!(
        client.ok(GET, &[&machine_uuid(1), &run], None).await["status"],
        "completed"
    );
}

#[tokio::test]
async fn requires_mesh_fails_the_run_of_a_machine_without_mesh() {
    let (_control_plane, client) = start().await;
    let machine = machine_uuid(1);
    let role = json!({ "name": "web", "requires_mesh": true });
    client
        .ok("controlplane_api_create_machine_role", &[], Some(role))
        .await;
    client
        .ok(
            "provisioning_api_update_machine",
            &[&machine],
            Some(json!({ "role_names": ["web"] })),
        )
        .await;
    let run = begin(&client, &machine).await;
    let response = client.ok(GET, &[&machine, &run], None).await;
    assert_eq!(
        (&response["status"], &response["current_step"]),
        (&json!("error"), &json!("pending"))
    );
    assert_eq!(
        response["error_message"],
        "the role 'web' requires a mesh network, but the machine has not joined one"
    );

    let mesh = json!({ "name": "prod", "network_cidr": "10.0.0.0/24" });
    let mesh = client
        .ok("controlplane_api_create_mesh_network", &[], Some(mesh))
        .await;
    let join = json!({ "mesh_network_uuid": mesh["uuid"] });
    client
        .ok("provisioning_api_update_machine", &[&machine], Some(join))
        .await;
    let run = begin(&client, &machine).await;
    assert_eq!(
        client.ok(GET, &[&machine, &run], None).await["status"],
        "completed"
    );
}

#[tokio::test]
async fn undefined_secret_in_a_template_is_render_failed() {
    let (_control_plane, client) = start().await;
    let machine = machine_uuid(1);
    let role = json!({ "name": "web", "template_data": "#cloud-config\npassword: {{ secrets.ROOT }}\n" });
    client
        .ok("controlplane_api_create_machine_role", &[], Some(role))
        .await;
    client
        .ok(
            "provisioning_api_update_machine",
            &[&machine],
            Some(json!({ "role_names": ["web"] })),
        )
        .await;
    let run = begin(&client, &machine).await;
    let response = client.ok(GET, &[&machine, &run], None).await;
    assert_eq!(response["status"], "render_failed");
    assert_eq!(
        response["error_message"],
        "the template of the role 'web' uses 'secrets.ROOT', which is not defined"
    );

    let secret = json!({ "name": "ROOT", "value": "hunter2" });
    client
        .ok("controlplane_api_create_account_secret", &[], Some(secret))
        .await;
    let run = begin(&client, &machine).await;
    assert_eq!(
        client.ok(GET, &[&machine, &run], None).await["status"],
        "completed"
    );
}

#[tokio::test]
async fn image_is_that_of_the_role_with_the_highest_priority() {
    let (control_plane, client) = slow().await;
    let machine = machine_uuid(3);
    for (name, priority, image) in [
        ("low", 10, json!(1)),
        ("high", 20, json!(2)),
        ("highest", 30, Value::Null),
    ] {
        let image = image
            .as_u64()
            .map(|number| format!("10000000-0000-4000-8000-{number:012}"));
        let role = json!({ "name": name, "merge_priority": priority, "image_uuid": image });
        client
            .ok("controlplane_api_create_machine_role", &[], Some(role))
            .await;
    }
    let roles = json!({ "role_names": ["highest", "low", "high"] });
    client
        .ok("provisioning_api_update_machine", &[&machine], Some(roles))
        .await;
    let run = begin(&client, &machine).await;
    control_plane.advance(Duration::from_secs(10));
    let response = client.ok(GET, &[&machine, &run], None).await;
    assert_eq!(
        response["current_message"],
        "Rebooting into the installer (full reboot)"
    );
    control_plane.advance(Duration::from_secs(10));
    let response = client.ok(GET, &[&machine, &run], None).await;
    assert_eq!(
        response["current_message"],
        "Downloading ghcr.io/durantic/debian:13"
    );
}

#[tokio::test]
async fn discover_and_clear_have_steps_of_their_own() {
    let (control_plane, client) = slow().await;
    for (machine, mode, step) in [(1, "discover", "discovering"), (2, "clear", "clearing")] {
        let machine = machine_uuid(machine);
        let started = client.ok(START, &[&machine], Some(json!({ "mode": mode }))).await;
        control_plane.advance(Duration::from_secs(50));
        let run = started["provision_uuid"].as_str().unwrap();
        assert_eq!(client.ok(GET, &[&machine, run], None).await["current_step"], step);
    }
}
