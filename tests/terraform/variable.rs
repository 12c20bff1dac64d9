//! `durantic_variable`

use acceptance::resources;
use harness::control_plane::{Collection, Fault, FaultKind, FaultResponse};
use serde_json::json;

use super::applied;
use super::workflows::workflow_tests;

workflow_tests!(resources::variable());

#[tokio::test]
async fn null_from_the_control_plane_means_the_default() {
    let text = "resource \"durantic_variable\" \"it\" {\n  name = \"it\"\n  value = \"v\"\n}\n";
    let (control_plane, workspace) = applied(text).await;
    let mut variable = json!(control_plane.find(Collection::Variables, "it"));
    variable["description"] = json!(null);
    let response = FaultResponse {
        body: variable.to_string().into_bytes(),
        ..FaultResponse::json(200)
    };
    let read = "controlplane_api_get_account_variable";
    control_plane.fault(Fault::new(read, FaultKind::Respond(response)));
    workspace.plans_empty().await;
    assert!(control_plane.log().count(read) > 0);
}
