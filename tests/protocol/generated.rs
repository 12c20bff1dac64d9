//! The configuration that `GenerateResourceConfig` returns for an object: for a few objects, and for any that the contract allows, a
//! plan with it changes nothing.
//!
//! `PROPTEST_CASES` sets the number of objects of each resource, `PROPTEST_RNG_SEED` the seed.

use std::sync::{Arc, Mutex};

use acceptance::resources::{self, Resource};
use engine::shape;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, machine_uuid, sample_uuid};
use harness::fake_core::json::to_json;
use harness::fake_core::{Action, Core, Query};
use proptest::test_runner::{TestCaseError, TestRunner};
use provider::durantic::DEFINITION;
use schema::Mode;
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;
use value::Value;

use super::contract_objects;
use super::properties::difference;

/// The number of objects of each resource without `PROPTEST_CASES`.
const CASES: u32 = 60;

/// The seed without `PROPTEST_RNG_SEED`.
const SEED: u64 = 1;

const NAME: &str = "it";

async fn started() -> (ControlPlane, Core) {
    let builder = ControlPlane::builder().machines(4).objects(36);
    let control_plane = builder.start().await.unwrap();
    let core = Core::start(&DEFINITION, control_plane.endpoint(), control_plane.token());
    let core = core.await.unwrap();
    (control_plane, core)
}

fn type_name(resource: &Resource) -> String {
    format!("durantic_{}", resource.name)
}

/// The configuration of an object, without the arguments that are not set.
async fn generated(core: &Core, type_name: &str, state: &Value) -> Json {
    let config = core
        .plugin()
        .generate_config(type_name, Some(state))
        .await
        .unwrap();
    without_null(to_json(&config))
}

fn without_null(json: Json) -> Json {
    match json {
        Json::Object(entries) => {
            let entries = entries.into_iter().filter(|(_, value)| !value.is_null());
            entries.map(|(name, value)| (name, without_null(value))).collect()
        }
        Json::Array(elements) => elements.into_iter().map(without_null).collect(),
        other => other,
    }
}

/// Terraform 1.14.0 sends no state; later versions send null for an object that a list has without its state.
#[tokio::test]
async fn nothing_is_set_without_a_state() {
    let (_control_plane, core) = started().await;
    for resource in resources::all() {
        let type_name = type_name(&resource);
        let empty = core.plugin().resource(&type_name).unwrap().block.empty();
        for state in [None, Some(&Value::Null)] {
            let config = core.plugin().generate_config(&type_name, state).await.unwrap();
            assert_eq!(config, empty, "{type_name}");
        }
    }
    let failed = core.plugin().generate_config("durantic_thing", None).await;
    assert!(failed.is_err());
}

#[tokio::test]
async fn configuration_has_what_an_object_needs() {
    let (control_plane, mut core) = started().await;
    let mut state = async |type_name: &str, name: &str, config: Json| {
        core.converge(type_name, name, &config).await.unwrap();
        let state = core.refresh(type_name, name).await.unwrap();
        generated(&core, type_name, &state).await
    };
    let machines = json!([machine_uuid(1), machine_uuid(2)]);
    let vip = state(
        "durantic_vip",
        "it",
        json!({
            "name": "web", "address": "192.0.2.1", "enabled": true, "health_check_type": "tcp", "health_check_target": ":80",
            "health_check_interval_seconds": 5, "health_check_timeout_seconds": 4, "machine_uuids": [machine_uuid(2), machine_uuid(1)],
        }),
    );
    assert_eq!(
        vip.await,
        json!({
            "name": "web", "address": "192.0.2.1", "health_check_type": "tcp", "health_check_target": ":80",
            "health_check_timeout_seconds": 4, "machine_uuids": machines,
        })
    );
    let secret = json!({"name": "KEY", "value": "concealed", "description": "d"});
    assert_eq!(
        state("durantic_secret", "it", secret).await,
        json!({"name": "KEY", "description": "d"})
    );
    let password =
        json!({"name": "r", "registry_url": "ghcr.io", "username": "u", "password": "well concealed"});
    assert_eq!(
        state("durantic_registry_credential", "it", password).await,
        json!({"name": "r", "registry_url": "ghcr.io", "username": "u"})
    );
    let backend = json!({
        "name": "b", "backend_type": "vault", "url": "https://vault.example.com", "config": {"token": "also concealed"},
    });
    assert_eq!(
        state("durantic_secrets_backend", "it", backend).await,
        json!({"name": "b", "backend_type": "vault", "url": "https://vault.example.com"})
    );
    let rules = json!([
        {"sequence": 20, "match_type": "community", "match_communities": ["65000:2", "65000:1"], "action": "reject"},
        {"sequence": 10, "description": "d", "enabled": true},
        {},
    ]);
    assert_eq!(
        state(
            "durantic_route_policy_set",
            "it",
            json!({"name": "s", "rules": rules})
        )
        .await,
        json!({
            "name": "s",
            "rules": [
                {"sequence": 20, "match_type": "community", "match_communities": ["65000:2", "65000:1"], "action": "reject"},
                {"sequence": 10, "description": "d"},
                {},
            ],
        })
    );
    let role =
        json!({"name": "r", "template_data": "#cloud-config\n", "image_uuid": null, "merge_priority": 100});
    assert_eq!(
        state("durantic_machine_role", "it", role).await,
        json!({"name": "r", "template_data": "#cloud-config\n"})
    );
    // What Terraform does to a machine is an argument, too, and not a setting of the machine.
    let settings = json!({"target_disk": "/dev/sda", "discovered_ip_addresses": ["192.0.2.7"]});
    let changed = control_plane.update(Collection::Machines, &machine_uuid(1), |machine| {
        machine.extend(settings.as_object().unwrap().clone());
    });
    changed.unwrap();
    let machine =
        json!({"machine_uuid": machine_uuid(1), "role_names": ["role-2", "role-1"], "on_destroy": "keep"});
    assert_eq!(
        state("durantic_machine_config", "it", machine).await,
        json!({
            "machine_uuid": machine_uuid(1), "role_names": ["role-2", "role-1"], "tunnel_type": "auto", "stun_enabled": true,
            "auto_update": true, "inject_agent": true, "kexec_installer": true, "target_disk": "/dev/sda", "on_destroy": "keep",
        })
    );
}

/// No configuration has a value that Terraform would refuse or redact, or that is the default.
fn assert_minimal(resource: &Resource, state: &Value, config: &Value) {
    for attribute in resource.schema().attributes.iter() {
        let name = attribute.name.as_ref();
        let (value, kept) = (config.get(name), state.get(name));
        let default = attribute.default.as_ref();
        let default = default.map(|default| shape::default_value(default, attribute));
        let is_left_out =
            attribute.mode == Mode::Computed || attribute.is_secret() || default.as_ref() == Some(kept);
        if is_left_out {
            assert!(value.is_null(), "{}.{name}: {}", resource.name, to_json(value));
        } else if attribute.attributes.is_empty() {
            assert_eq!(value, kept, "{}.{name}", resource.name);
        }
    }
}

/// `terraform query -generate-config-out`, then `terraform plan`.
#[tokio::test]
async fn written_file_imports_without_a_change() {
    let (control_plane, core) = started().await;
    for resource in resources::all() {
        let type_name = type_name(&resource);
        let written = core.query_to_file(&type_name, &Query::default()).await.unwrap();
        assert!(written.len() >= 4);
        for (listed, config) in written {
            let mut importer = core.fresh();
            let identity = harness::fake_core::Named::Identity(&listed.identity);
            let state = importer.import_named(&type_name, NAME, identity).await.unwrap();
            let plan = importer.plan(&type_name, NAME, &config).await.unwrap();
            assert_eq!(plan.action, Action::NoOp, "{type_name}: {}", difference(&plan));
            assert_eq!(plan.warnings, [], "{type_name}");
            let config = core
                .plugin()
                .generate_config(&type_name, Some(&state))
                .await
                .unwrap();
            assert_minimal(&resource, &state, &config);
        }
    }
    assert!(control_plane.log().changes().is_empty());
}

/// Any object that the contract allows: it can be listed and imported, its configuration is valid, and a plan with it changes nothing.
#[test]
fn any_object_imports_without_a_change() {
    std::thread::scope(|scope| {
        for resource in resources::all() {
            let thread = std::thread::Builder::new().name(resource.name.to_owned());
            thread.spawn_scoped(scope, move || check(&resource)).unwrap();
        }
    });
}

fn check(resource: &Resource) {
    let config = super::proptest_config(CASES, SEED);
    let (cases, seed) = (config.cases, config.rng_seed);
    let runtime = Runtime::new().unwrap();
    let (control_plane, core) = runtime.block_on(started());
    let uuid = match resource.collection {
        Collection::Machines => machine_uuid(1),
        collection => sample_uuid(collection, 1),
    };
    // The control plane has this object, whatever it would accept.
    let object = Arc::new(Mutex::new(Json::Null));
    for operation in operations(resource) {
        let (object, is_list) = (Arc::clone(&object), operation.contains("_list_"));
        let rewrite = move |body: &mut Json| {
            let object = object.lock().unwrap().clone();
            *body = if is_list { json!([object]) } else { object };
        };
        control_plane.fault(Fault::new(operation, FaultKind::Rewrite(Arc::new(rewrite))));
    }
    let objects = contract_objects::of(resource.name, &uuid);
    let result = TestRunner::new(config).run(&objects, |generated| {
        *object.lock().unwrap() = generated;
        let round_trip = round_trip(resource, &core, &uuid);
        runtime.block_on(round_trip).map_err(TestCaseError::fail)
    });
    if let Err(error) = result {
        panic!(
            "{}, PROPTEST_CASES={cases} PROPTEST_RNG_SEED={seed:?}: {error}",
            resource.name
        );
    }
    assert!(control_plane.log().changes().is_empty());
}

/// The operations that read the objects of a resource.
fn operations(resource: &Resource) -> Vec<String> {
    let api = &resource.schema().api;
    let list = api.list.as_deref().unwrap_or("provisioning_api_list_machines");
    let read = api.read.as_deref().unwrap();
    vec![list.to_owned(), read.to_owned()]
}

/// Lists and imports the object of the control plane, and plans with both configurations: the generated one, and what Terraform writes.
async fn round_trip(resource: &Resource, core: &Core, uuid: &str) -> Result<(), String> {
    let type_name = type_name(resource);
    let mut core = core.fresh();
    let state = core.import(&type_name, NAME, uuid).await;
    let state = state.map_err(|error| format!("import: {error}"))?;
    let listed = core.query(&type_name, &Query::default().whole()).await;
    let listed = listed.map_err(|error| format!("list: {error}"))?;
    let warnings = core.plugin().take_warnings();
    if !warnings.is_empty() {
        return Err(format!("list: {warnings:?}"));
    }
    match listed.as_slice() {
        [listed] if listed.state == state => {}
        // One that is not the account's own.
        [] if state.get("is_official") == &Value::Bool(true) => {}
        other => return Err(format!("list: {} objects", other.len())),
    }
    let config = core.plugin().generate_config(&type_name, Some(&state)).await;
    let config = config.map_err(|error| format!("generate: {error}"))?;
    assert_minimal(resource, &state, &config);
    let written = core.written_config(&type_name, Some(&state)).await;
    let written = written.map_err(|error| format!("generate: {error}"))?;
    for config in [to_json(&config), written] {
        let plan = core.plan(&type_name, NAME, &config).await;
        let plan = plan.map_err(|error| format!("plan: {error}\n{config}"))?;
        if plan.action != Action::NoOp || !plan.warnings.is_empty() {
            return Err(format!(
                "plan: {} {:?}\n{config}",
                difference(&plan),
                plan.warnings
            ));
        }
    }
    Ok(())
}
