//! Changes of objects whose list is read: those of Terraform, those outside of it, and lists that show them late.

use std::time::Duration;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Object};
use serde_json::json;

use crate::{quick, workspace};

const COUNT: usize = 5;

/// Longer than the test takes, so that only the clock of the control plane ends it.
const LAG: Duration = Duration::from_hours(1);

fn configuration(value: &str) -> String {
    format!(
        "resource \"durantic_variable\" \"it\" {{\n  count = {COUNT}\n  name  = \"name-${{count.index}}\"\n  value = \"{value}\"\n}}\n"
    )
}

/// The values of all variables.
fn values(control_plane: &ControlPlane) -> Vec<String> {
    let objects = control_plane.objects(Collection::Variables).into_iter();
    objects
        .map(|object| object["value"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn uuid(control_plane: &ControlPlane, name: &str) -> String {
    let found = control_plane
        .find(Collection::Variables, name)
        .expect("the variable exists");
    found["uuid"].as_str().expect("a uuid").to_owned()
}

async fn applied() -> (ControlPlane, Workspace) {
    let control_plane = quick().start().await.expect("the control plane starts");
    control_plane.set_list_lag(LAG);
    let workspace = workspace(&control_plane, &configuration("first"));
    workspace.apply().await;
    (control_plane, workspace)
}

#[tokio::test]
async fn late_list_loses_no_created_object() {
    let (control_plane, workspace) = applied().await;
    workspace.plans_empty().await;
    workspace.apply().await;
    assert_eq!(values(&control_plane), ["first"; COUNT]);
}

#[tokio::test]
async fn late_list_shows_no_difference_after_an_update() {
    let (control_plane, workspace) = applied().await;
    control_plane.advance(LAG);
    workspace.configure(&configuration("second"));
    workspace.apply().await;
    // The list has the values before.
    workspace.plans_empty().await;
    assert_eq!(values(&control_plane), ["second"; COUNT]);
    control_plane.advance(LAG);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn late_list_hides_a_deletion_for_a_while_only() {
    let (control_plane, workspace) = applied().await;
    control_plane.advance(LAG);
    let deleted = control_plane.delete(Collection::Variables, &uuid(&control_plane, "name-1"));
    deleted.expect("the variable is deleted");
    control_plane.advance(Duration::from_mins(2));
    workspace.apply().await;
    assert_eq!(workspace.instances().len(), COUNT);
    control_plane.advance(LAG);
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(values(&control_plane), ["first"; COUNT]);
}

/// An update of an object that was deleted outside of Terraform, which the list does not show yet.
#[tokio::test]
async fn late_list_leads_to_no_second_object() {
    let (control_plane, workspace) = applied().await;
    control_plane.advance(LAG);
    let deleted = control_plane.delete(Collection::Variables, &uuid(&control_plane, "name-1"));
    deleted.expect("the variable is deleted");
    control_plane.advance(Duration::from_mins(2));
    workspace.configure(&configuration("second"));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("Error: Object no longer exists"), "{output}");
    assert_eq!(values(&control_plane), ["second"; COUNT - 1]);
    control_plane.advance(LAG);
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(values(&control_plane), ["second"; COUNT]);
}

/// The control plane changes every object; each list shows it.
#[tokio::test]
async fn changes_of_all_objects_are_seen() {
    let (control_plane, workspace) = applied().await;
    control_plane.set_list_lag(Duration::ZERO);
    for index in 0..COUNT {
        let change = |variable: &mut Object| {
            variable.insert("value".to_owned(), json!("outside"));
        };
        let uuid = uuid(&control_plane, &format!("name-{index}"));
        let changed = control_plane.update(Collection::Variables, &uuid, change);
        changed.expect("the variable is changed");
    }
    let expected: Vec<String> = (0..COUNT)
        .map(|index| format!("durantic_variable.it[{index}]: update"))
        .collect();
    assert_eq!(workspace.plan().await.changes(), expected);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(values(&control_plane), ["first"; COUNT]);
    workspace.plans_empty().await;
}

/// A program changes an object between two lookups of one apply, whose list is the same.
#[tokio::test]
async fn lookup_after_a_program_shows_its_change() {
    let control_plane = quick().start().await.expect("the control plane starts");
    for name in ["a", "b"] {
        let object = json!({"name": name, "value": "old"});
        let object = object.as_object().expect("an object").clone();
        control_plane
            .create(Collection::Variables, object)
            .expect("it is created");
    }
    let workspace = workspace(
        &control_plane,
        r#"
        data "durantic_variable" "a" {
          name       = "a"
          depends_on = [terraform_data.first]
        }
        resource "terraform_data" "first" {}
        resource "terraform_data" "program" {
          input = data.durantic_variable.a.value
          provisioner "local-exec" {
            command = "touch asked; while [ ! -e changed ]; do sleep 0.05; done"
          }
        }
        data "durantic_variable" "b" {
          name       = "b"
          depends_on = [terraform_data.program]
        }
        output "b" {
          value = data.durantic_variable.b.value
        }
        "#,
    );
    let program = async {
        while !workspace.path().join("asked").exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let change = |object: &mut Object| {
            object.insert("value".to_owned(), json!("new"));
        };
        let uuid = uuid(&control_plane, "b");
        control_plane
            .update(Collection::Variables, &uuid, change)
            .expect("it is changed");
        workspace.write("changed", "");
    };
    let (run, ()) = tokio::join!(workspace.run(&["apply", "-auto-approve"]), program);
    run.succeeds();
    assert_eq!(workspace.outputs().await["b"], "new");
}
