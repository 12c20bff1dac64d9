//! The check of templates in a plan.

use harness::control_plane::{Collection, ControlPlane};
use serde_json::json;

use super::{control_plane, workspace};

fn role(name: &str, template: &str) -> String {
    format!(
        "resource \"durantic_machine_role\" \"{name}\" {{\n  name = \"{name}\"\n  template_data = <<-EOT\n{template}\nEOT\n}}\n"
    )
}

fn create(control_plane: &ControlPlane, collection: Collection, object: &serde_json::Value) {
    let object = object.as_object().expect("an object").clone();
    control_plane.create(collection, object).expect("it is created");
}

#[tokio::test]
async fn good_templates_of_a_plan_are_silent() {
    let control_plane = control_plane().await;
    create(
        &control_plane,
        Collection::Secrets,
        &json!({ "name": "token", "value": "x" }),
    );
    let template = "#cloud-config\nhostname: {{ machine.hostname }}\na: {{ secrets.token }}{{ secrets.planned }}{{ vars.planned }}";
    let configuration = format!(
        "{}\nresource \"durantic_secret\" \"planned\" {{\n  name = \"planned\"\n  value = \"y\"\n}}\n\
         resource \"durantic_variable\" \"planned\" {{\n  name = \"planned\"\n  value = \"z\"\n}}\n",
        role("web", template)
    );
    let workspace = workspace(&control_plane, &configuration);
    // The first warning is Terraform's own, about the development override.
    let planned = workspace.run(&["plan"]).await.succeeds().printed();
    assert_eq!(planned.matches("Warning: ").count(), 1, "{planned}");
    workspace.apply().await;
    workspace.plans_empty().await;
}

#[tokio::test]
async fn mistakes_in_a_template_are_reported_at_its_argument() {
    let control_plane = control_plane().await;
    create(
        &control_plane,
        Collection::Secrets,
        &json!({ "name": "token", "value": "x" }),
    );
    let workspace = workspace(&control_plane, "");
    let table = [
        (
            "#cloud-config\na: {{ machine.hostname",
            "Error: Invalid template",
            "Line 2, column 4 of `template_data`: `{{` is never closed: add `}}`.",
        ),
        (
            "#cloud-config\na: {{ machin.hostname }}",
            "Error: Invalid template",
            "`machin` is not defined. Did you mean `machine`?",
        ),
        (
            "#cloud-config\na: {{ secrets.tokn }}",
            "Warning: Secret or variable of the template not found",
            "There is no secret with the name `tokn`. Did you mean `token`?",
        ),
        (
            "#cloud-config\na: {{ machine.hostnam }}",
            "Warning: Unknown name in the template",
            "`machine` has no `hostnam`. Did you mean `hostname`?",
        ),
        (
            "packages: [nginx]",
            "Warning: Template may not give what is meant",
            "neither `#cloud-config` nor another header",
        ),
        (
            "#cloud-config\na: b: c",
            "Warning: Template may not give what is meant",
            "Line 2, column 5 of `template_data`: The result is not valid YAML",
        ),
    ];
    for (template, summary, detail) in table {
        workspace.configure(&role("web", template));
        let planned = workspace.run(&["plan"]).await;
        let printed = planned.printed();
        assert!(
            printed.contains(summary) && printed.contains(detail),
            "{template}: {printed}"
        );
        assert!(
            printed.contains("with durantic_machine_role.web, on main.tf line 3"),
            "{printed}"
        );
        let is_error = summary.starts_with("Error");
        assert_eq!(planned.status, Some(i32::from(is_error)), "{printed}");
    }
}

/// A template that is already on the control plane does not block other changes.
#[tokio::test]
async fn unchanged_template_is_not_checked() {
    let control_plane = control_plane().await;
    let template = "#cloud-config\na: {{ machin.hostname }}\n";
    create(
        &control_plane,
        Collection::MachineRoles,
        &json!({ "name": "web", "template_data": template }),
    );
    let uuid = control_plane
        .find(Collection::MachineRoles, "web")
        .expect("the role")["uuid"]
        .clone();
    let import = format!("import {{\n  to = durantic_machine_role.web\n  id = {uuid}\n}}\n");
    let configuration =
        role("web", template.trim_end()).replace("name = \"web\"", "name = \"web\"\n  description = \"new\"");
    let workspace = workspace(&control_plane, &format!("{import}{configuration}"));
    let planned = workspace.run(&["plan"]).await.succeeds().printed();
    assert_eq!(planned.matches("Warning: ").count(), 1, "{planned}");
    assert!(
        planned.contains("1 to import, 0 to add, 1 to change"),
        "{planned}"
    );
}
