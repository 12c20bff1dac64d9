//! An identity that is unknown may be the same.

use super::runs;
use crate::{applied, machine};

#[tokio::test]
async fn machine_uuid_known_after_apply_reinstalls_nothing() {
    let configuration = |description: &str| {
        format!(
            "resource \"durantic_machine_role\" \"it\" {{\n  name = \"base-os\"\n  description = \"{description}\"\n}}\n\
             data \"durantic_machine\" \"it\" {{\n  hostname = \"node-1\"\n  depends_on = [durantic_machine_role.it]\n}}\n\
             resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = data.durantic_machine.it.uuid\n  \
             role_names = [durantic_machine_role.it.name]\n}}\n"
        )
    };
    let (control_plane, workspace) = applied(&configuration("before")).await;
    workspace.configure(&configuration("after"));
    let changes = workspace.plan().await.changes();
    assert_eq!(
        changes.iter().filter(|change| change.contains("delete")).count(),
        0,
        "{changes:?}"
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1);
}

#[tokio::test]
async fn machine_uuid_that_turns_out_different_is_replaced_by_the_next_plan() {
    let configuration = |hostname: &str| {
        format!(
            "resource \"durantic_machine_role\" \"it\" {{\n  name = \"base-os\"\n  description = \"{hostname}\"\n}}\n\
             data \"durantic_machine\" \"it\" {{\n  hostname = \"{hostname}\"\n  depends_on = \
             [durantic_machine_role.it]\n}}\nresource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \
             data.durantic_machine.it.uuid\n  role_names = [durantic_machine_role.it.name]\n}}\n"
        )
    };
    let (control_plane, workspace) = applied(&configuration("node-1")).await;
    workspace.configure(&configuration("node-2"));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("inconsistent final plan"), "{output}");
    assert_eq!(runs(&control_plane), 1, "nothing is installed");
    let changes = workspace.plan().await.changes();
    assert_eq!(changes, ["durantic_machine_deployment.node: delete,create"]);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(runs(&control_plane), 2);
    assert_eq!(control_plane.runs()[1].machine_uuid, machine(2));
}
