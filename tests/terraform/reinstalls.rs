//! The warning of machines that a plan reinstalls: which, why, and what is lost.

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use serde_json::{Value as Json, json};

use crate::{MACHINE, control_plane, machine, workspace};

const SUMMARY: &str = "This plan reinstalls machines";

/// Three machines with the role `web`, whose image is Ubuntu.
fn fleet(roles: &str, arguments: &str) -> String {
    format!(
        "data \"durantic_image\" \"it\" {{\n  name = \"Ubuntu 24.04\"\n}}\n\
         resource \"durantic_machine_role\" \"web\" {{\n  name = \"web\"\n  image_uuid = data.durantic_image.it.uuid\n}}\n\
         resource \"durantic_machine_deployment\" \"node\" {{\n  count = 3\n  \
         machine_uuid = format(\"00000000-0000-4000-8000-%012d\", count.index + 1)\n  role_names = {roles}\n  {arguments}\n  \
         depends_on = [durantic_machine_role.web]\n}}\n"
    )
}

/// The details of the warnings that a plan shows as JSON, in the order of their addresses.
async fn warnings(workspace: &Workspace, arguments: &[&str]) -> Vec<String> {
    let run = workspace
        .run(&[&["plan", "-json"], arguments].concat())
        .await
        .succeeds();
    let events = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).expect("JSON"));
    let mut found: Vec<(String, String)> = events
        .filter(|event| event["diagnostic"]["summary"] == SUMMARY)
        .map(|event| {
            let text = |field: &str| event["diagnostic"][field].as_str().unwrap_or_default().to_owned();
            (text("address"), text("detail"))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, detail)| detail).collect()
}

fn assert_words(detail: &str, words: &[&str]) {
    for word in words {
        assert!(detail.contains(word), "{word}: {detail}");
    }
}

fn change(control_plane: &ControlPlane, number: u32, field: &str, value: Json) {
    control_plane
        .update(Collection::Machines, &machine(number), |machine| {
            machine.insert(field.to_owned(), value);
        })
        .expect("the machine is there");
}

#[tokio::test]
async fn changed_configuration_is_one_warning_that_names_each_machine() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &fleet("[\"base\"]", ""));
    workspace.apply().await;
    assert!(warnings(&workspace, &[]).await.is_empty(), "nothing changes");

    workspace.configure(&fleet("[\"base\"]", "tunnel_type = \"geneve\""));
    assert!(
        warnings(&workspace, &[]).await.is_empty(),
        "the change is in place"
    );

    workspace.configure(&fleet("[\"web\"]", "target_disk = \"/dev/sdb\""));
    let details = warnings(&workspace, &[]).await;
    assert_eq!(details.len(), 3, "{details:?}");
    for (number, detail) in (1..).zip(&details) {
        assert_words(
            detail,
            &[
                &format!("node-{number}"),
                "all data on /dev/sdb is lost",
                "`role_names` changes from [\"base\"] to [\"web\"]: the configuration changes it",
                "the roles `web`, and the image `Ubuntu 24.04`",
            ],
        );
    }
    let named: Vec<usize> = details
        .iter()
        .map(|detail| detail.matches("machine deployment").count())
        .collect();
    assert_eq!(
        named.iter().sum::<usize>(),
        3,
        "each names those before it: {details:?}"
    );
    // Terraform folds warnings with the same summary.
    let shown = workspace.run(&["plan"]).await.succeeds().printed();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(shown.matches(SUMMARY).count(), 1, "{shown}");
    assert!(shown.contains("and 2 more similar warnings elsewhere"), "{shown}");
    assert!(warnings(&workspace, &["-destroy"]).await.is_empty());
}

#[tokio::test]
async fn changes_outside_of_terraform_are_named_as_such() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &fleet("[\"base\"]", ""));
    workspace.apply().await;
    change(&control_plane, 2, "role_names", json!(["base", "web"]));
    let details = warnings(&workspace, &[]).await;
    assert_eq!(details.len(), 1, "{details:?}");
    assert_words(
        &details[0],
        &[
            "node-2",
            "from [\"base\",\"web\"] to [\"base\"]: it was changed outside of Terraform.",
        ],
    );
    workspace.configure(&fleet("[\"web\"]", ""));
    let details = warnings(&workspace, &[]).await;
    assert_eq!(details.len(), 3);
    assert_words(&details[1], &["outside of Terraform and in the configuration"]);
    let details = warnings(&workspace, &["-refresh=false"]).await;
    assert_words(
        &details[1],
        &["from [\"base\"] to [\"web\"]: the configuration changes it"],
    );
}

#[tokio::test]
async fn create_counts_if_the_machine_may_be_in_use() {
    let control_plane = control_plane().await;
    change(&control_plane, 1, "needs_provisioning", json!(true));
    change(&control_plane, 2, "role_names", json!(["base"]));
    change(&control_plane, 2, "needs_provisioning", json!(true));
    let workspace = workspace(&control_plane, &fleet("[\"web\"]", ""));
    let details = warnings(&workspace, &[]).await;
    assert_eq!(details.len(), 2, "node-1 is new: {details:?}");
    assert_words(&details[0], &["node-2", "it has `role_names`"]);
    assert_words(&details[1], &["node-3", "it may be in use"]);
    let unchecked = workspace.with("DURANTIC_SKIP_PREFLIGHT", "true");
    assert!(warnings(&unchecked, &[]).await.is_empty());
}

#[tokio::test]
async fn tainted_and_failed_machines_count() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &fleet("[\"base\"]", ""));
    workspace.apply().await;
    workspace
        .run(&["taint", "durantic_machine_deployment.node[0]"])
        .await
        .succeeds();
    let details = warnings(&workspace, &[]).await;
    assert_eq!(details.len(), 1, "{details:?}");
    assert_words(&details[0], &["node-1", "state has it as tainted"]);
    workspace
        .run(&["untaint", "durantic_machine_deployment.node[0]"])
        .await
        .succeeds();
    workspace.configure(&fleet("[\"base\"]", "force_provision = \"1\""));
    let details = warnings(&workspace, &[]).await;
    assert_eq!(details.len(), 3, "{details:?}");
    assert_words(
        &details[0],
        &[MACHINE_TITLE, "`force_provision` changes from null to \"1\""],
    );
    assert!(!details[0].contains(MACHINE), "the name says more than the UUID");
}

const MACHINE_TITLE: &str = "Machine deployment \"node-1\"";
