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
    assert_words(&details[1], &["node-3", "so it may be in use"]);
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
        &[
            MACHINE_TITLE,
            "`force_provision` changes: the configuration changes it",
        ],
    );
    assert!(!details[0].contains(MACHINE), "the name says more than the UUID");
}

const MACHINE_TITLE: &str = "Machine deployment \"node-1\"";

/// A renamed role is the same one, also where the configuration has its former name, or none.
#[tokio::test]
async fn renamed_role_reinstalls_nothing() {
    let control_plane = control_plane().await;
    let with = |name: &str, roles: &str| {
        format!(
            "resource \"durantic_machine_role\" \"it\" {{\n  name = \"{name}\"\n}}\n\
             resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  {roles}\n  \
             reinstall_protection = true\n  depends_on = [durantic_machine_role.it]\n}}\n"
        )
    };
    let workspace = workspace(&control_plane, &with("r", "role_names = [\"r\"]"));
    workspace.apply().await;
    for roles in ["role_names = [\"r\"]", ""] {
        workspace.configure(&with("renamed", roles));
        assert!(warnings(&workspace, &[]).await.is_empty(), "{roles}");
    }
}

/// The create half of a replacement does not send an argument that was removed, so the machine keeps its network.
#[tokio::test]
async fn removed_network_is_kept_by_a_replacement() {
    let control_plane = control_plane().await;
    let with = |arguments: &str| {
        format!(
            "resource \"durantic_mesh_network\" \"it\" {{\n  name = \"it\"\n  network_cidr = \"10.42.0.0/24\"\n}}\n\
             resource \"durantic_machine_role\" \"meshy\" {{\n  name = \"meshy\"\n  requires_mesh = true\n}}\n\
             resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  {arguments}\n  \
             depends_on = [durantic_machine_role.meshy]\n}}\n"
        )
    };
    let joined = "role_names = [\"base\"]\n  mesh_network_uuid = durantic_mesh_network.it.uuid";
    let workspace = workspace(&control_plane, &with(joined));
    workspace.apply().await;
    workspace.configure(&with("role_names = [\"meshy\"]"));
    assert_eq!(warnings(&workspace, &[]).await.len(), 1);
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 2);
}

#[tokio::test]
async fn another_machine_has_its_own_disk_and_roles() {
    let control_plane = control_plane().await;
    change(&control_plane, 2, "role_names", json!(["base"]));
    change(&control_plane, 1, "is_online", json!(false));
    let with = |number: u32, arguments: &str| {
        format!(
            "resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{}\"\n  {arguments}\n}}\n",
            machine(number)
        )
    };
    let workspace = workspace(&control_plane, &with(2, "target_disk = \"/dev/sda\""));
    workspace.apply().await;
    workspace.configure(&with(3, ""));
    let details = warnings(&workspace, &[]).await;
    assert_eq!(details.len(), 1, "{details:?}");
    assert_words(&details[0], &["node-3", "its disk", "It then has no role"]);
    workspace.configure(&with(1, ""));
    let output = workspace.run(&["plan"]).await.succeeds().printed();
    assert!(output.contains("node-1 is offline"), "{output}");
}

/// The provider does not learn which values a configuration marks as sensitive.
#[tokio::test]
async fn warning_shows_no_value_that_may_be_sensitive() {
    let control_plane = control_plane().await;
    let with = |value: &str| {
        let variable = format!("variable \"it\" {{\n  default = \"{value}\"\n  sensitive = true\n}}\n");
        variable + &fleet("[\"base\"]", "force_provision = var.it")
    };
    let workspace = workspace(&control_plane, &with("concealed-1"));
    workspace.apply().await;
    workspace.configure(&with("concealed-2"));
    let output = workspace.run(&["plan"]).await.succeeds().printed();
    assert!(output.contains(SUMMARY), "{output}");
    assert!(!output.contains("concealed"), "{output}");
}
