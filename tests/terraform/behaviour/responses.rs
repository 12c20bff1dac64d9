//! Responses in another shape than the contract's: without a body, without attributes, with null, with other types.

use harness::control_plane::{Action, Collection, ControlPlane, Entry};
use http::Method;
use serde_json::json;

use super::{
    EVERYTHING, check_lifecycle, count, fault_each, objects, operations, parsed, rewrite, started, stored,
    variable, workspace,
};

const CREATE: &str = "controlplane_api_create_account_variable";
const UPDATE: &str = "controlplane_api_update_account_variable";
const GET: &str = "controlplane_api_get_account_variable";
const GET_VIP: &str = "controlplane_api_get_vip";
const START: &str = "provisioning_api_provision_machine";

/// The operations whose response is an object that was created or changed.
const WRITES: [Action; 4] = [
    Action::Create,
    Action::Update,
    Action::CreateRule,
    Action::UpdateRule,
];

/// Creates and updates of all kinds of objects have this fault each time.
async fn check_writes(fault: &str) -> ControlPlane {
    let control_plane = started(|builder| builder).await;
    fault_each(&control_plane, &WRITES, fault);
    check_lifecycle(&control_plane, "").await;
    control_plane
}

#[tokio::test]
async fn writes_without_a_response_body_are_read_back() {
    for status in [200, 201, 202, 204] {
        check_writes(&format!("empty:{status}")).await;
    }
}

#[tokio::test]
async fn writes_that_return_only_the_uuid_are_read_back() {
    check_writes("only:uuid").await;
}

#[tokio::test]
async fn writes_that_omit_attributes_are_read_back() {
    for fields in [
        "name",
        "description+value+url+prefixes+address",
        "uuid",
        "created_at+updated_at",
    ] {
        check_writes(&format!("without:{fields}")).await;
    }
}

#[tokio::test]
async fn response_that_lacks_attributes_is_read_back_once() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed(&format!("{CREATE}=only:uuid")));
    control_plane.fault(parsed(&format!("{UPDATE}=empty:204")));
    let workspace = workspace(&control_plane, &variable("a", "1"));
    workspace.apply().await;
    let reads = |control_plane: &ControlPlane| control_plane.log().count(GET);
    assert_eq!(reads(&control_plane), 1);
    control_plane.log().clear();
    workspace.configure(&variable("a", "2"));
    workspace.apply().await;
    assert_eq!(reads(&control_plane), 2, "the refresh and one more");
    assert_eq!(stored(&control_plane, "a", "value"), "2");
    workspace.plans_empty().await;
}

/// The response is JSON, but says nothing about the object.
#[tokio::test]
async fn creates_that_return_no_object_find_theirs() {
    for body in [json!([]), json!("OK"), json!(true)] {
        let control_plane = started(|builder| builder).await;
        for operation in operations(&[Action::Create, Action::CreateRule]) {
            let body = body.clone();
            control_plane.fault(rewrite(operation, move |response| *response = body.clone()));
        }
        let workspace = workspace(&control_plane, EVERYTHING);
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(control_plane.runs().len(), 1, "{body}");
    }
}

/// An older control plane does not have the attribute at all.
#[tokio::test]
async fn attribute_that_no_response_has_is_read_back_once_only() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed("*=without:description"));
    let workspace = workspace(&control_plane, &variable("a", "1"));
    workspace.apply().await;
    assert!(control_plane.log().count(GET) <= 1);
    workspace.plans_empty().await;
    workspace.destroy().await;
}

#[tokio::test]
async fn start_without_a_response_body_installs_once() {
    for fault in ["empty:200", "empty:202", "empty:204", "only:message"] {
        let control_plane = started(|builder| builder).await;
        control_plane.fault(parsed(&format!("{START}={fault}")));
        let text = "resource \"durantic_machine_deployment\" \"it\" {\n  \
                    machine_uuid = \"00000000-0000-4000-8000-000000000001\"\n  role_names = [\"base\"]\n}\n";
        let workspace = workspace(&control_plane, text);
        let run = workspace.run(&["apply", "-auto-approve"]).await;
        if run.status != Some(0) {
            // The response has no run to follow. The next apply looks at the machine.
            let output = run.printed();
            assert!(output.contains("provision_uuid"), "{fault}: {output}");
            workspace.apply().await;
        }
        assert_eq!(control_plane.runs().len(), 1, "{fault}");
        workspace.plans_empty().await;
    }
}

#[tokio::test]
async fn numbers_may_be_strings() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed("*=numbers-as-strings"));
    check_lifecycle(&control_plane, "").await;
}

#[tokio::test]
async fn booleans_may_be_zero_and_one() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed("*=booleans-as-numbers"));
    check_lifecycle(&control_plane, "").await;
}

#[tokio::test]
async fn booleans_may_be_strings() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(rewrite("*", |body| {
        super::each_value(body, &|value| {
            if let Some(flag) = value.as_bool() {
                *value = json!(flag.to_string());
            }
        });
    }));
    check_lifecycle(&control_plane, "").await;
}

#[tokio::test]
async fn integers_may_have_a_fraction_of_zero() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed("*=integers-as-floats"));
    check_lifecycle(&control_plane, "").await;
}

#[tokio::test]
async fn other_types_after_an_apply_are_no_change() {
    for fault in ["numbers-as-strings", "booleans-as-numbers", "integers-as-floats"] {
        let control_plane = started(|builder| builder).await;
        let workspace = workspace(&control_plane, EVERYTHING);
        workspace.apply().await;
        control_plane.fault(parsed(&format!("*={fault}")));
        workspace.plans_empty().await;
        control_plane.clear_faults();
        workspace.plans_empty().await;
    }
}

/// A value that is no number is an error that names the attribute.
#[tokio::test]
async fn string_that_is_no_number_is_an_error() {
    let control_plane = started(|builder| builder).await;
    let workspace = workspace(&control_plane, EVERYTHING);
    workspace.apply().await;
    for wrong in [json!("many"), json!("5.5"), json!(5.5), json!([5]), json!(true)] {
        control_plane.clear_faults();
        control_plane.fault(rewrite(GET_VIP, move |vip| {
            vip["health_check_interval_seconds"] = wrong.clone();
        }));
        let output = workspace.run(&["plan"]).await.fails();
        assert!(output.contains("health_check_interval_seconds"), "{output}");
    }
}

#[tokio::test]
async fn compressed_responses_are_read() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed("*=gzip"));
    control_plane.fault(parsed("openapi=gzip"));
    check_lifecycle(&control_plane, "").await;
}

#[tokio::test]
async fn compressed_rejection_has_its_detail() {
    let control_plane = started(|builder| builder).await;
    let fields = json!({ "name": "a", "value": "theirs" });
    let fields = fields.as_object().expect("an object").clone();
    control_plane
        .create(Collection::Variables, fields)
        .expect("it is created");
    control_plane.fault(parsed("*=gzip"));
    let workspace = workspace(&control_plane, &variable("a", "1"));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("exists already"), "{output}");
    assert!(output.contains("terraform import"), "{output}");
}

/// The required arguments, each with the operation that reads it and the resource.
const REQUIRED: [(&str, &str, &str); 14] = [
    ("controlplane_api_get_vip", "durantic_vip", "address"),
    ("controlplane_api_get_vip", "durantic_vip", "name"),
    (
        "controlplane_api_get_mesh_network",
        "durantic_mesh_network",
        "name",
    ),
    (
        "controlplane_api_get_mesh_network",
        "durantic_mesh_network",
        "network_cidr",
    ),
    ("controlplane_api_get_route", "durantic_route", "prefixes"),
    ("controlplane_api_get_route", "durantic_route", "name"),
    (
        "controlplane_api_get_route_policy_set",
        "durantic_route_policy_set",
        "name",
    ),
    (
        "controlplane_api_get_machine_role",
        "durantic_machine_role",
        "name",
    ),
    (
        "controlplane_api_get_account_variable",
        "durantic_variable",
        "value",
    ),
    (
        "controlplane_api_get_account_variable",
        "durantic_variable",
        "name",
    ),
    ("controlplane_api_get_account_secret", "durantic_secret", "name"),
    (
        "controlplane_api_get_secrets_backend",
        "durantic_secrets_backend",
        "url",
    ),
    (
        "controlplane_api_get_secrets_backend",
        "durantic_secrets_backend",
        "backend_type",
    ),
    (
        "provisioning_api_get_registry_credential",
        "durantic_registry_credential",
        "username",
    ),
];

/// All of them are null in the control plane.
#[tokio::test]
async fn null_for_a_required_argument_stops_neither_plan_nor_destroy() {
    let control_plane = started(|builder| builder).await;
    let workspace = workspace(&control_plane, EVERYTHING);
    workspace.apply().await;
    for (operation, resource, argument) in REQUIRED {
        control_plane.clear_faults();
        control_plane.fault(parsed(&format!("{operation}=null:{argument}")));
        let changes = workspace.plan().await.changes();
        // Another object may refer to this one, but a null is no reason to delete anything.
        assert!(
            changes.iter().all(|change| change.ends_with(": update")),
            "{resource}.{argument}: {changes:?}"
        );
    }
    for (operation, _, argument) in REQUIRED {
        control_plane.fault(parsed(&format!("{operation}=null:{argument},probability:0.5")));
    }
    super::release_machines(&control_plane);
    workspace.destroy().await;
    super::assert_nothing_left(&control_plane);
}

/// The address was cleared in the dashboard: the apply sets it again.
#[tokio::test]
async fn required_argument_that_became_null_is_set_again() {
    let control_plane = started(|builder| builder).await;
    let text = "resource \"durantic_vip\" \"it\" {\n  name = \"vip\"\n  address = \"192.0.2.1\"\n}\n";
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    control_plane.fault(parsed(&format!("{GET_VIP}=null:address,times:1")));
    workspace.apply().await;
    let updates = control_plane.log().of("controlplane_api_update_vip");
    assert!(updates.len() <= 1, "{updates:?}");
    workspace.plans_empty().await;
    workspace.destroy().await;
    assert_eq!(objects(&control_plane)["vips"], Vec::<String>::new());
}

#[tokio::test]
async fn import_with_null_for_a_required_argument_is_no_dead_end() {
    let control_plane = started(|builder| builder).await;
    let fields = json!({ "name": "vip", "address": "192.0.2.1" });
    let created = control_plane
        .create(Collection::Vips, fields.as_object().expect("an object").clone())
        .expect("it is created");
    let text = "resource \"durantic_vip\" \"it\" {\n  name = \"vip\"\n  address = \"192.0.2.1\"\n}\n";
    let workspace = workspace(&control_plane, text);
    control_plane.fault(parsed(&format!("{GET_VIP}=null:address,times:2")));
    let uuid = created["uuid"].as_str().expect("a uuid");
    workspace
        .run(&["import", "durantic_vip.it", uuid])
        .await
        .succeeds();
    workspace.apply().await;
    workspace.plans_empty().await;
}

/// A create whose response has no body, and whose object another client has deleted since.
#[tokio::test]
async fn create_without_a_body_and_without_an_object_is_an_error() {
    let control_plane = started(|builder| builder).await;
    let nothing = harness::control_plane::FaultResponse {
        status: http::StatusCode::CREATED,
        headers: Vec::new(),
        body: Vec::new(),
        processed: false,
    };
    let fault = harness::control_plane::FaultKind::Respond(nothing);
    control_plane.fault(harness::control_plane::Fault::new(CREATE, fault).times(1));
    let workspace = workspace(&control_plane, &variable("a", "1"));
    let run = workspace.run(&["apply", "-auto-approve"]).await;
    if run.status != Some(0) {
        assert!(run.printed().contains("durantic_variable.a"), "{}", run.printed());
    }
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(count(&control_plane, "a"), 1);
    let is_create = |entry: &&Entry| entry.method == Method::POST;
    assert!(control_plane.log().all().iter().filter(is_create).count() <= 3);
}
