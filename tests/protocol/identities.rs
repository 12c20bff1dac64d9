//! Identities of objects, in every request and response. The fake core checks each response of all tests in this folder.

use harness::control_plane::{Collection, ControlPlane, Fault};
use harness::fake_core::{Core, Identities, Named, Stored};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};
use value::Value;

use super::MACHINE;

const NETWORK: &str = "durantic_mesh_network";
const DEPLOYMENT: &str = "durantic_machine_deployment";

async fn started() -> (ControlPlane, Core) {
    let builder = ControlPlane::builder().install_time(std::time::Duration::ZERO);
    let control_plane = builder.start().await.unwrap();
    let core = Core::start(&DEFINITION, control_plane.endpoint(), control_plane.token());
    let core = core.await.unwrap();
    (control_plane, core)
}

fn network() -> Json {
    json!({"name": "it", "network_cidr": "10.42.0.0/24"})
}

fn deployment() -> Json {
    json!({"machine_uuid": MACHINE, "role_names": ["base"]})
}

fn identity(name: &str, value: &str) -> Value {
    Value::object([(name.to_owned(), Value::string(value))])
}

fn stored(core: &Core, type_name: &str) -> Stored {
    core.stored(type_name, "it").unwrap().clone()
}

#[tokio::test]
async fn state_without_an_identity_gets_one_at_the_next_refresh() {
    let (_control_plane, mut core) = started().await;
    for (type_name, config) in [(NETWORK, network()), (DEPLOYMENT, deployment())] {
        core.converge(type_name, "it", &config).await.unwrap();
        let before = stored(&core, type_name);
        assert!(before.identity.is_some());
        let without = Stored {
            identity: None,
            ..before.clone()
        };
        core.store(type_name, "it", without);
        core.refresh(type_name, "it").await.unwrap();
        assert_eq!(stored(&core, type_name).identity, before.identity);
    }
}

/// Terraform before 1.12 has no identities.
#[tokio::test]
async fn core_without_identities_manages_objects() {
    let (_control_plane, core) = started().await;
    let mut core = core.with_identities(Identities::Dropped);
    for (type_name, config, change) in [
        (
            NETWORK,
            network(),
            json!({"name": "renamed", "network_cidr": "10.42.0.0/24"}),
        ),
        (
            NETWORK,
            network(),
            json!({"name": "it", "network_cidr": "10.43.0.0/24"}),
        ),
        (
            DEPLOYMENT,
            deployment(),
            json!({"machine_uuid": MACHINE, "role_names": []}),
        ),
    ] {
        core.converge(type_name, "it", &config).await.unwrap();
        core.converge(type_name, "it", &change).await.unwrap();
        core.destroy(type_name, "it").await.unwrap();
    }
}

#[tokio::test]
async fn object_that_is_gone_still_has_its_identity() {
    let (control_plane, mut core) = started().await;
    core.converge(NETWORK, "it", &network()).await.unwrap();
    let uuid = core.state(NETWORK, "it")["uuid"].as_str().unwrap().to_owned();
    control_plane.delete(Collection::MeshNetworks, &uuid).unwrap();
    // The core checks that the response has it.
    assert!(core.refresh(NETWORK, "it").await.unwrap().is_null());
}

#[tokio::test]
async fn failed_changes_return_the_identity() {
    let (control_plane, mut core) = started().await;
    let update = "provisioning_api_update_machine";
    core.converge(DEPLOYMENT, "it", &deployment()).await.unwrap();
    let before = stored(&core, DEPLOYMENT);
    assert_eq!(before.identity, Some(identity("machine_uuid", MACHINE)));
    control_plane.fault(Fault::status(update, 422));
    for change in [
        json!({"machine_uuid": MACHINE, "role_names": ["base"], "tunnel_type": "geneve"}),
        json!({"machine_uuid": MACHINE, "role_names": []}),
    ] {
        let plan = core.plan(DEPLOYMENT, "it", &change).await.unwrap();
        let failed = core.apply(plan).await.unwrap_err();
        assert!(!failed.is_violation(), "{failed}");
        assert_eq!(stored(&core, DEPLOYMENT).identity, before.identity);
    }
    control_plane.clear_faults();

    core.converge(NETWORK, "it", &network()).await.unwrap();
    let before = stored(&core, NETWORK);
    control_plane.fault(Fault::status("controlplane_api_delete_mesh_network", 409));
    let replaced = json!({"name": "it", "network_cidr": "10.43.0.0/24"});
    let plan = core.plan(NETWORK, "it", &replaced).await.unwrap();
    let failed = core.apply(plan).await.unwrap_err();
    assert!(!failed.is_violation(), "{failed}");
    assert_eq!(stored(&core, NETWORK).identity, before.identity);
}

#[tokio::test]
async fn identity_of_an_import_must_be_valid() {
    let (control_plane, core) = started().await;
    let mut core = core.fresh();
    let wanted = |text: &str| identity("machine_uuid", text);
    let upper = MACHINE.to_uppercase();
    core.import_named(DEPLOYMENT, "it", Named::Identity(&wanted(&upper)))
        .await
        .unwrap();
    assert_eq!(stored(&core, DEPLOYMENT).identity, Some(wanted(MACHINE)));
    for (text, words) in [
        ("node-1", "has no valid `machine_uuid`"),
        ("", "has no valid `machine_uuid`"),
        (
            "00000000-0000-4000-8000-000000000009",
            "Cannot import non-existent remote object",
        ),
    ] {
        let text = wanted(text);
        let failed = core.import_named(DEPLOYMENT, "other", Named::Identity(&text));
        let failed = failed.await.unwrap_err();
        assert!(
            !failed.is_violation() && failed.to_string().contains(words),
            "{failed}"
        );
    }
    assert!(control_plane.log().changes().is_empty());
}

/// A deployment has a `durantic_machine_config` of the same machine as its origin, or becomes one.
#[tokio::test]
async fn moved_states_have_their_identity() {
    let (control_plane, mut core) = started().await;
    core.converge(DEPLOYMENT, "it", &deployment()).await.unwrap();
    let sent = control_plane.log().changes().len();
    let mut from = (DEPLOYMENT, stored(&core, DEPLOYMENT));
    let address = "registry.opentofu.org/durantic/durantic";
    for target in ["durantic_machine_config", DEPLOYMENT] {
        let (source, state) = &from;
        let parts = (state.version, state.json.as_str(), state.private.as_slice());
        let moved = core.plugin().move_state((address, source), parts, target).await;
        let moved = moved.unwrap();
        assert_eq!(moved.identity, Some(identity("machine_uuid", MACHINE)));
        core.forget(source, "it");
        let json = harness::fake_core::json::to_json(&moved.state).to_string();
        let stored = Stored {
            version: 0,
            json,
            private: moved.private,
            identity: moved.identity,
            status: harness::fake_core::Status::Ready,
        };
        core.store(target, "it", stored.clone());
        let plan = core.plan(target, "it", &deployment()).await.unwrap();
        assert_eq!(plan.action, harness::fake_core::Action::NoOp, "{target}");
        from = (target, stored);
    }
    let parts = (0, "{}", &b""[..]);
    let failed = core
        .plugin()
        .move_state((address, NETWORK), parts, DEPLOYMENT)
        .await;
    let failed = failed.unwrap_err();
    assert!(!failed.is_violation(), "{failed}");
    let future = (99, from.1.json.as_str(), &b""[..]);
    let failed = core
        .plugin()
        .move_state((address, from.0), future, DEPLOYMENT)
        .await;
    assert!(failed.unwrap_err().to_string().contains("Upgrade the provider"));
    assert_eq!(control_plane.log().changes().len(), sent);
}
