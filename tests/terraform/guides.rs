//! What the guides show is what happens: their configurations go the whole way, and their commands are run by a shell.

use std::fs;
use std::path::Path;
use std::process::Output;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, machine_uuid};
use serde_json::{Value as Json, json};

use super::examples::whole_way_with;
use super::{control_plane, provider, workspace};

fn guide(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides");
    fs::read_to_string(folder.join(name)).expect("the guide")
}

/// Blocks of code in that language, in order.
fn blocks(guide: &str, language: &str) -> Vec<String> {
    let fence = format!("\n```{language}\n");
    let blocks = guide.split(fence.as_str()).skip(1);
    blocks
        .filter_map(|rest| rest.split("\n```").next())
        .map(|block| format!("{block}\n"))
        .collect()
}

fn made(control_plane: &ControlPlane, collection: Collection, json: &Json) -> String {
    let object = json.as_object().expect("an object").clone();
    let made = control_plane.create(collection, object).expect("it is made");
    made["uuid"].as_str().expect("a uuid").to_owned()
}

/// A control plane that takes the value of every variable as a token, too.
async fn prepared() -> ControlPlane {
    let control_plane = control_plane().await;
    control_plane.accept_token("an-example");
    control_plane
}

/// A folder with the files that guides refer to.
fn files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("web.yaml"),
        "#cloud-config\npackages: [nginx]\n",
    )
    .expect("a file");
    folder
}

/// Guides that build one configuration, block by block.
#[tokio::test]
async fn what_a_guide_builds_up_goes_the_whole_way() {
    for name in [
        "getting-started.md",
        "authentication.md",
        "from-the-published-provider.md",
        "interruptions.md",
    ] {
        eprintln!("{name}");
        let configuration = blocks(&guide(name), "terraform").join("\n");
        let folder = files();
        // A first newline, as the helper looks for variables at the start of a line.
        whole_way_with(&prepared().await, folder.path(), &format!("\n{configuration}")).await;
    }
}

/// A guide that shows one configuration after another.
#[tokio::test]
async fn each_configuration_of_the_guide_on_provisioning_goes_the_whole_way() {
    let blocks = blocks(&guide("provisioning.md"), "terraform");
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let folder = files();
        whole_way_with(&prepared().await, folder.path(), &format!("\n{block}")).await;
    }
}

/// The three objects of the guide are imported by its blocks and commands; afterwards there is nothing to do.
#[tokio::test]
async fn a_dashboard_is_imported_as_the_guide_says() {
    let text = guide("importing.md");
    let control_plane = control_plane().await;
    let network = json!({"name": "internal", "network_cidr": "10.42.0.0/24"});
    let uuids = [
        made(&control_plane, Collection::MeshNetworks, &network),
        made(&control_plane, Collection::MachineRoles, &json!({"name": "web"})),
        machine_uuid(1),
    ];
    let imports = blocks(&text, "terraform").join("\n");
    let documented: Vec<&str> = imports
        .split("id = \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(documented.len(), uuids.len());
    let real = |text: &str| {
        let pairs = documented.iter().zip(&uuids);
        pairs.fold(text.to_owned(), |text, (documented, uuid)| {
            text.replace(documented, uuid)
        })
    };
    let [blocks_way, command_way] = &blocks(&text, "shell")[..] else {
        panic!("the guide shows two ways");
    };

    let workspace = workspace(&control_plane, &real(&imports));
    succeeds(&workspace, &blocks_way.replace("apply", "apply -auto-approve")).await;
    let generated = fs::read_to_string(workspace.path().join("generated.tf")).expect("it was generated");
    assert_eq!(generated.matches("\nresource ").count(), 3, "{generated}");
    workspace.configure("");
    workspace.plans_empty().await;

    // On the command line the configuration is there first.
    let configuration = "resource \"durantic_mesh_network\" \"internal\" {\n  name         = \"internal\"\n  network_cidr = \"10.42.0.0/24\"\n}\n";
    let workspace = self::workspace(&control_plane, configuration);
    succeeds(&workspace, &real(command_way)).await;
    workspace.plans_empty().await;

    // What the guide says of ids that are none.
    let import = |id: &str| format!("import {{\n  to = durantic_mesh_network.other\n  id = \"{id}\"\n}}\n");
    for (id, said) in [("internal", "UUID"), (&machine_uuid(2), "Cannot import")] {
        let workspace = self::workspace(&control_plane, &import(id));
        let refused = workspace
            .run(&["plan", "-generate-config-out=generated.tf"])
            .await;
        assert_eq!(refused.status, Some(1), "{id}");
        assert!(refused.said().contains(said), "{}", refused.said());
    }
}

/// The commands that put the program into its place, each in a home directory of its own; then Terraform finds it.
#[tokio::test]
async fn the_program_is_installed_as_the_guide_says() {
    let commands = blocks(&guide("local-installation.md"), "shell");
    let [install, elsewhere, by_hand, doctor, ..] = &commands[..] else {
        panic!("the guide shows three ways and the doctor: {commands:?}");
    };
    let control_plane = control_plane().await;
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let platform = format!(
        "{}_{architecture}",
        std::env::consts::OS.replace("macos", "darwin")
    );
    for command in [install, &by_hand.replace("linux_amd64", &platform)] {
        let workspace = workspace(&control_plane, "data \"durantic_images\" \"all\" {}\n");
        // Terraform finds it by itself, without the override that the other tests use.
        fs::write(workspace.path().join("terraform.rc"), "").expect("a file");
        workspace.write(
            "versions.tf",
            &blocks(&guide("getting-started.md"), "terraform")[0],
        );
        let program = workspace.path().join("terraform-provider-durantic");
        fs::copy(provider(), &program).expect("the program is copied");
        assert!(
            !workspace
                .run(&["init"])
                .await
                .said()
                .contains("been successfully initialized")
        );
        succeeds(&workspace, command).await;
        succeeds(&workspace, elsewhere).await;
        workspace.run(&["init"]).await.succeeds();
        workspace.run(&["plan"]).await.succeeds();
        succeeds(&workspace, doctor).await;
    }
}

/// Runs commands as a reader would: in a shell, in the directory of the configuration.
async fn succeeds(workspace: &Workspace, commands: &str) {
    let mut shell = workspace.shell(commands);
    let Output {
        status,
        stdout,
        stderr,
    } = shell.output().await.expect("a shell");
    assert!(
        status.success(),
        "{commands}\n{}\n{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
}
