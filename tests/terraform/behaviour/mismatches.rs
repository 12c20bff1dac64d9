//! Responses that are about another object, another time or nothing: they install no machine twice, and mix up no objects.

use std::sync::Arc;

use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, FaultResponse};
use http::StatusCode;
use serde_json::{Value as Json, json};

use super::{count, parsed, rewrite, started, variable, workspace};
use crate::MACHINE;

const UPDATE_MACHINE: &str = "provisioning_api_update_machine";
const GET_MACHINE: &str = "provisioning_api_get_machine";
const CREATE_VARIABLE: &str = "controlplane_api_create_account_variable";
const UPDATE_VARIABLE: &str = "controlplane_api_update_account_variable";
const GET_SET: &str = "controlplane_api_get_route_policy_set";

fn deployment() -> String {
    format!(
        "resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  role_names = [\"base\"]\n}}\n"
    )
}

fn machine(control_plane: &ControlPlane, hostname: &str) -> Json {
    let mut machines = control_plane.objects(Collection::Machines).into_iter();
    let found = machines.find(|machine| machine["hostname"] == hostname);
    Json::Object(found.expect("the machine exists").into_iter().collect())
}

#[tokio::test]
async fn odd_responses_about_a_machine_install_it_once() {
    let stale = |body: &mut Json| body["role_names"] = json!([]);
    let accepted = |control_plane: &ControlPlane| {
        let mut machine = machine(control_plane, "node-1");
        stale(&mut machine);
        let response = FaultResponse {
            status: StatusCode::ACCEPTED,
            body: machine.to_string().into_bytes(),
            processed: true,
            ..FaultResponse::json(202)
        };
        Fault::new(UPDATE_MACHINE, FaultKind::Respond(response))
    };
    for case in ["null", "stale", "accepted", "null when read"] {
        let control_plane = started(|builder| builder).await;
        let fault = match case {
            "null" => parsed(&format!("{UPDATE_MACHINE}=null:role_names")),
            "stale" => rewrite(UPDATE_MACHINE, stale),
            "accepted" => accepted(&control_plane),
            _ => parsed(&format!("{GET_MACHINE}=null:role_names")),
        };
        control_plane.fault(fault.times(1));
        let workspace = workspace(&control_plane, &deployment());
        workspace.apply().await;
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(control_plane.runs().len(), 1, "{case}");
    }
}

#[tokio::test]
async fn lost_creates_on_a_slow_control_plane_are_found() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed(&format!("{CREATE_VARIABLE}=reset-after,times:4")));
    control_plane.fault(parsed("controlplane_api_get_account_variable=delay:600ms"));
    let variables: String = (0..4)
        .map(|number| variable(&format!("v{number}"), "1"))
        .collect();
    let workspace = workspace(&control_plane, &variables);
    workspace.apply().await;
    assert_eq!(control_plane.objects(Collection::Variables).len(), 4);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn data_source_reports_a_response_about_another_machine() {
    for argument in [
        "hostname = \"node-1\"".to_owned(),
        format!("uuid = \"{MACHINE}\""),
    ] {
        let control_plane = started(|builder| builder).await;
        let other = machine(&control_plane, "node-2");
        control_plane.fault(rewrite(GET_MACHINE, move |body| body.clone_from(&other)));
        let text = format!("data \"durantic_machine\" \"it\" {{\n  {argument}\n}}\n");
        let workspace = workspace(&control_plane, &text);
        let output = workspace.run(&["plan"]).await.fails();
        assert!(
            output.contains("has the `uuid` of another object"),
            "{argument}: {output}"
        );
    }
}

#[tokio::test]
async fn data_source_keeps_the_identity_that_a_response_lacks() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed(&format!("{GET_MACHINE}=null:uuid")));
    let text = "data \"durantic_machine\" \"it\" {\n  hostname = \"node-1\"\n}\noutput \"it\" {\n  value = \
                data.durantic_machine.it.uuid\n}\n";
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    let output = workspace.run(&["output", "-raw", "it"]).await.succeeds();
    assert!(output.stdout.contains(MACHINE), "{}", output.stdout);
}

#[tokio::test]
async fn null_for_rules_keeps_them() {
    let control_plane = started(|builder| builder).await;
    let set = "resource \"durantic_route_policy_set\" \"it\" {\n  name = \"set\"\n  rules {\n    sequence = 10\n  }\n}\n";
    let workspace = workspace(&control_plane, set);
    workspace.apply().await;
    control_plane.fault(parsed(&format!("{GET_SET}=null:rules")));
    workspace.plans_empty().await;
    control_plane.clear_faults();
    workspace.destroy().await;
}

#[tokio::test]
async fn updates_that_return_no_object_are_read_back() {
    for body in [json!([]), json!("OK"), json!(true)] {
        let control_plane = started(|builder| builder).await;
        let workspace = workspace(&control_plane, &variable("a", "1"));
        workspace.apply().await;
        let returned = body.clone();
        let change: Arc<dyn Fn(&mut Json) + Send + Sync> = Arc::new(move |it| it.clone_from(&returned));
        control_plane.fault(Fault::new(UPDATE_VARIABLE, FaultKind::Rewrite(change)));
        workspace.configure(&variable("a", "2"));
        workspace.apply().await;
        workspace.plans_empty().await;
        let stored = control_plane.find(Collection::Variables, "a");
        assert_eq!(stored.expect("it exists")["value"], "2", "{body}");
    }
}

#[tokio::test]
async fn create_whose_response_is_about_another_object_adopts_its_own() {
    let control_plane = started(|builder| builder).await;
    let fields = json!({ "name": "theirs", "value": "x" });
    let fields = fields.as_object().expect("an object").clone();
    let theirs = control_plane
        .create(Collection::Variables, fields)
        .expect("it is created");
    let theirs = Json::Object(theirs.into_iter().collect());
    let returned = theirs.clone();
    control_plane.fault(rewrite(CREATE_VARIABLE, move |body| body.clone_from(&returned)).times(1));
    let workspace = workspace(&control_plane, &variable("a", "1"));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_ne!(workspace.state("durantic_variable.a")["uuid"], theirs["uuid"]);
    workspace.destroy().await;
    assert_eq!(count(&control_plane, "theirs"), 1);
}

#[tokio::test]
async fn adoption_and_update_of_a_machine_with_a_response_that_is_text() {
    let control_plane = started(|builder| builder).await;
    let text = FaultResponse {
        body: b"Updated".to_vec(),
        processed: true,
        ..FaultResponse::json(200)
    };
    control_plane.fault(Fault::new(UPDATE_MACHINE, FaultKind::Respond(text)));
    let block = "provider \"durantic\" {\n  max_retries = 1\n}\n";
    let workspace = workspace(&control_plane, &(block.to_owned() + &deployment()));
    workspace.apply().await;
    let changed = deployment().replace("role_names", "stun_enabled = false\n  role_names");
    workspace.configure(&(block.to_owned() + &changed));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(machine(&control_plane, "node-1")["stun_enabled"], false);
    assert_eq!(control_plane.runs().len(), 1);
}

/// The control plane stores names in lower case: the object is the created one.
#[tokio::test]
async fn create_whose_name_is_changed_keeps_its_object() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(rewrite(CREATE_VARIABLE, |body| body["name"] = json!("upper")));
    let workspace = workspace(&control_plane, &variable("UPPER", "1"));
    let run = workspace.run(&["apply", "-auto-approve"]).await;
    assert_eq!(run.status, Some(0), "{}", run.printed());
    assert_eq!(control_plane.log().count(CREATE_VARIABLE), 1);
    assert_eq!(count(&control_plane, "UPPER"), 1);
}
