//! The kinds of a delete that one command of the real Terraform cannot show: by the process that planned it, and without a plan.

use engine::object::Walk;
use harness::control_plane::ControlPlane;
use harness::fake_core::{Core, Object, Stored};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};
use value::Value;

use super::MACHINE;

const DEPLOYMENT: &str = "durantic_machine_deployment";

/// Another process of the provider, connected to the control plane.
async fn process(control_plane: &ControlPlane) -> Core {
    let started = Core::start(&DEFINITION, control_plane.endpoint(), control_plane.token()).await;
    started.unwrap()
}

/// An object whose identity Terraform has not stored.
fn known(state: Value, private: &[u8]) -> Object {
    Object::new(state, private.to_vec())
}

/// Deletes an object with this private state. Returns the roles of the machine afterwards, and the details of the warnings.
async fn delete(
    control_plane: &ControlPlane,
    process: &Core,
    object: &Value,
    private: &[u8],
) -> (Json, Vec<String>) {
    let plugin = process.plugin();
    let deleted = plugin
        .apply(DEPLOYMENT, object, &known(Value::Null, private), &Value::Null)
        .await;
    let deleted = deleted.unwrap();
    assert!(deleted.errors.is_empty() && deleted.violations.is_empty());
    assert!(
        matches!(deleted.state, Ok(None | Some(Value::Null))),
        "the object is removed"
    );
    let machine = control_plane.machine(MACHINE).unwrap();
    let warnings = plugin.take_warnings().into_iter().map(|warning| warning.detail);
    (machine["role_names"].clone(), warnings.collect())
}

#[tokio::test]
async fn only_the_destroy_plan_of_another_process_releases_the_machine() {
    let started = ControlPlane::builder()
        .install_time(std::time::Duration::ZERO)
        .start()
        .await;
    let control_plane = started.unwrap();
    let config = json!({ "machine_uuid": MACHINE, "role_names": ["base"], "on_destroy": "release" });
    let mut first = process(&control_plane).await;
    let object = first.converge(DEPLOYMENT, "it", &config).await.unwrap();
    let Stored { private, .. } = first.stored(DEPLOYMENT, "it").unwrap().clone();
    first.plugin().take_warnings();

    let kept = json!(["base"]);
    // Terraform before 1.2 plans no destroy.
    let second = process(&control_plane).await;
    let (roles, warnings) = delete(&control_plane, &second, &object, &private).await;
    assert_eq!(roles, kept);
    assert!(
        warnings.concat().contains("this version of Terraform"),
        "{warnings:?}"
    );

    // `create_before_destroy`, or a deposed object: the process that planned the destroy carries it out.
    let plan = async |process: &Core, config: &Value, proposed: &Value, private: &[u8]| {
        let planned = process
            .plugin()
            .plan(
                DEPLOYMENT,
                &known(object.clone(), private),
                proposed,
                config,
                Walk::Plan,
            )
            .await;
        planned.unwrap().private
    };
    let destroy = plan(&second, &Value::Null, &Value::Null, &private).await;
    let (roles, warnings) = delete(&control_plane, &second, &object, &destroy).await;
    assert_eq!((roles, warnings), (kept.clone(), Vec::new()));

    // The delete half of a replacement.
    let third = process(&control_plane).await;
    let replaced = plan(&process(&control_plane).await, &object, &object, &private).await;
    let (roles, warnings) = delete(&control_plane, &third, &object, &replaced).await;
    assert_eq!((roles, warnings), (kept.clone(), Vec::new()));

    // A process that serves many commands.
    let serving = process(&control_plane).await;
    let destroy_of_many = plan(&serving, &Value::Null, &Value::Null, &private).await;
    let provider = json!({ "endpoint": control_plane.endpoint(), "api_token": control_plane.token() });
    serving.configure(&provider).await.unwrap();
    let (roles, warnings) = delete(&control_plane, &serving, &object, &destroy_of_many).await;
    assert_eq!(roles, kept);
    assert!(warnings.concat().contains("debug mode"), "{warnings:?}");

    // A plain destroy.
    let (roles, warnings) = delete(&control_plane, &third, &object, &destroy).await;
    assert_eq!((roles, warnings), (json!([]), Vec::new()));
}
