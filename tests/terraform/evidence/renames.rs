//! A renamed role is the same role: the machines that have it are not installed again.

use harness::control_plane::Collection;

use super::{DEPLOYMENT, runs, warnings};
use crate::{MACHINE, applied, machine};

/// A role with this name, a deployment and a `machine_config` that refer to it.
fn configuration(name: &str) -> String {
    format!(
        "resource \"durantic_machine_role\" \"it\" {{\n  name = \"{name}\"\n}}\n\
         resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
         role_names = [\"base\", durantic_machine_role.it.name]\n}}\n\
         resource \"durantic_machine_config\" \"it\" {{\n  machine_uuid = \"{}\"\n  \
         role_names = [durantic_machine_role.it.name]\n}}\n",
        machine(2)
    )
}

#[tokio::test]
async fn renamed_role_installs_nothing() {
    let (control_plane, workspace) = applied(&configuration("before")).await;
    workspace.configure(&configuration("after"));
    let plan = workspace.plan().await;
    let replaced = plan
        .changes()
        .into_iter()
        .filter(|change| change.contains("delete"));
    assert_eq!(replaced.count(), 0, "{:?}", plan.changes());
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1);
    for number in [1, 2] {
        let machine = control_plane.machine(&machine(number)).expect("the machine");
        let roles = machine["role_names"].to_string();
        assert!(roles.contains("\"after\""), "{roles}");
    }
}

/// The next apply gives the role its configured name again.
#[tokio::test]
async fn role_renamed_outside_terraform_installs_nothing() {
    let (control_plane, workspace) = applied(&configuration("configured")).await;
    let role = control_plane.find(Collection::MachineRoles, "configured");
    let uuid = role.expect("the role")["uuid"].clone();
    let uuid = uuid.as_str().expect("a uuid");
    let renamed = control_plane.update(Collection::MachineRoles, uuid, |role| {
        role.insert("name".to_owned(), "outside".into());
    });
    renamed.expect("it is renamed");
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1);
    assert!(
        control_plane
            .find(Collection::MachineRoles, "configured")
            .is_some()
    );
}

/// Two roles that swap a name with a new one: the deployment has another role afterwards.
#[tokio::test]
async fn other_role_with_the_former_name_installs_the_machine() {
    let roles = |first: &str, second: &str, used: &str| {
        format!(
            "resource \"durantic_machine_role\" \"first\" {{\n  name = \"{first}\"\n}}\n\
             resource \"durantic_machine_role\" \"second\" {{\n  name = \"{second}\"\n}}\n\
             resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
             role_names = [durantic_machine_role.{used}.name]\n}}\n"
        )
    };
    let (control_plane, workspace) = applied(&roles("a", "b", "first")).await;
    workspace.configure(&roles("a", "c", "second"));
    let plan = workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
    let changes = workspace.show("tfplan").await.changes();
    assert!(
        changes.contains(&format!("{DEPLOYMENT}: delete,create")),
        "{changes:?} {} warnings",
        warnings(&plan)
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 2);
}
