//! Applies the configurations of the guides, and runs their commands in a shell.

use std::fs;
use std::path::Path;
use std::process::Output;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, machine_uuid};
use serde_json::{Value as Json, json};

use super::examples::{account, check_lifecycle_with};
use super::{control_plane, provider, workspace};

fn guide(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides");
    fs::read_to_string(folder.join(name)).expect("the guide")
}

/// The code blocks in this language, in order.
pub fn blocks(guide: &str, language: &str) -> Vec<String> {
    let fence = format!("\n```{language}\n");
    let blocks = guide.split(fence.as_str()).skip(1);
    blocks
        .filter_map(|rest| rest.split("\n```").next())
        .map(|block| format!("{block}\n"))
        .collect()
}

fn created(control_plane: &ControlPlane, collection: Collection, json: &Json) -> String {
    let object = json.as_object().expect("an object").clone();
    let created = control_plane.create(collection, object).expect("it is created");
    created["uuid"].as_str().expect("a uuid").to_owned()
}

/// A control plane that also accepts the value of every variable as a token.
async fn prepared() -> ControlPlane {
    let control_plane = account().await;
    control_plane.accept_token("an-example");
    control_plane
}

/// A folder with the files that the guides refer to.
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
async fn guides_with_one_configuration_can_be_applied() {
    for name in [
        "getting-started.md",
        "from-the-published-provider.md",
        "interruptions.md",
    ] {
        eprintln!("{name}");
        let configuration = blocks(&guide(name), "terraform").join("\n");
        let folder = files();
        // The newline is for the helper, which expects `variable` after one.
        check_lifecycle_with(&prepared().await, folder.path(), &format!("\n{configuration}")).await;
    }
}

/// Its last block has the token in a file: another provider block than the first.
#[tokio::test]
async fn authentication_guide_configurations_can_be_applied() {
    let blocks = blocks(&guide("authentication.md"), "terraform");
    let [block, alias, file] = &blocks[..] else {
        panic!("the guide has three blocks: {blocks:?}");
    };
    let folder = files();
    check_lifecycle_with(&prepared().await, folder.path(), &format!("\n{block}\n{alias}")).await;

    let folder = files();
    let token = folder.path().join("token");
    fs::write(&token, "an-example\n").expect("a file");
    let documented = "/run/secrets/durantic-token";
    assert!(file.contains(documented), "{file}");
    let file = file.replace(documented, &token.display().to_string());
    let variable =
        "resource \"durantic_variable\" \"region\" {\n  name  = \"region\"\n  value = \"eu-central\"\n}\n";
    check_lifecycle_with(&prepared().await, folder.path(), &format!("\n{file}\n{variable}")).await;
}

#[tokio::test]
async fn large_accounts_guide_configuration_can_be_applied() {
    let blocks = blocks(&guide("large-accounts.md"), "terraform");
    let [block] = &blocks[..] else {
        panic!("the guide has one block: {blocks:?}");
    };
    let variable =
        "resource \"durantic_variable\" \"region\" {\n  name  = \"region\"\n  value = \"eu-central\"\n}\n";
    check_lifecycle_with(
        &prepared().await,
        files().path(),
        &format!("\n{block}\n{variable}"),
    )
    .await;
}

/// A guide that shows one configuration after another.
#[tokio::test]
async fn provisioning_guide_configurations_can_be_applied() {
    let blocks = blocks(&guide("provisioning.md"), "terraform");
    assert_eq!(blocks.len(), 5);
    for block in blocks {
        let (folder, control_plane) = (files(), prepared().await);
        if block.contains("\"adopt\"") {
            for (field, value) in [
                ("role_names", json!(["base"])),
                ("needs_provisioning", json!(false)),
            ] {
                control_plane
                    .update(Collection::Machines, &machine_uuid(1), |machine| {
                        machine.insert(field.to_owned(), value);
                    })
                    .expect("the machine is there");
            }
        }
        check_lifecycle_with(&control_plane, folder.path(), &format!("\n{block}")).await;
    }
}

/// Imports the three objects of the guide with its blocks and commands. The next plan must be empty.
#[tokio::test]
async fn importing_guide_works_with_blocks_and_commands() {
    let text = guide("importing.md");
    let control_plane = control_plane().await;
    let network = json!({"name": "internal", "network_cidr": "10.42.0.0/24"});
    let network = created(&control_plane, Collection::MeshNetworks, &network);
    let role = created(&control_plane, Collection::MachineRoles, &json!({"name": "web"}));
    let [imports, identity, moved] = &blocks(&text, "terraform")[..] else {
        panic!("the guide shows import blocks, an identity and a moved block");
    };
    // Terraform 1.11 knows no identities.
    assert!(identity.contains("identity = {"));
    // The guide shows a name, a UUID and a host name.
    let documented = "16fd2706-8baf-433b-82eb-8c7fada847da";
    for id in ["internal", documented, "node-1"] {
        assert!(imports.contains(&format!("id = \"{id}\"")), "{id}");
    }
    let imports = imports.replace(documented, &role);
    let [blocks_way, command_way] = &blocks(&text, "shell")[..] else {
        panic!("the guide shows two ways");
    };

    let workspace = workspace(&control_plane, &imports);
    succeeds(&workspace, &blocks_way.replace("apply", "apply -auto-approve")).await;
    let generated = fs::read_to_string(workspace.path().join("generated.tf")).expect("it was generated");
    assert_eq!(generated.matches("\nresource ").count(), 3, "{generated}");
    workspace.configure("");
    workspace.plans_empty().await;

    // For the command, the configuration must exist first.
    let configuration = "resource \"durantic_mesh_network\" \"internal\" {\n  name         = \"internal\"\n  network_cidr = \"10.42.0.0/24\"\n}\n";
    let workspace = self::workspace(&control_plane, configuration);
    succeeds(&workspace, command_way).await;
    workspace.plans_empty().await;

    // The errors that the guide lists.
    let other = json!({"name": "other", "network_cidr": "10.43.0.0/24"});
    let other = created(&control_plane, Collection::MeshNetworks, &other);
    let renamed = control_plane.update(Collection::Machines, &machine_uuid(2), |machine| {
        machine.insert("hostname".to_owned(), json!("node-1"));
    });
    renamed.expect("the machine is renamed");
    let url = |uuids: &[&str]| format!("https://app.durantic.io/{}", uuids.join("/"));
    let network_block =
        |id: &str| format!("import {{\n  to = durantic_mesh_network.other\n  id = \"{id}\"\n}}\n");
    let machine_block = |id: &str| network_block(id).replace("mesh_network", "machine_config");
    let table = [
        ("internl", "Cannot import non-existent remote object"),
        (&machine_uuid(2), "Cannot import non-existent remote object"),
        (&url(&["networks"]), "Invalid import ID"),
        (&url(&[&network, &other]), "Multiple objects match"),
    ];
    let table = table.map(|(id, expected)| (network_block(id), expected));
    let ambiguous = (machine_block("node-1"), "Multiple objects match");
    for (import, expected) in table.into_iter().chain([ambiguous]) {
        assert!(text.contains(expected), "the guide has {expected}");
        let workspace = self::workspace(&control_plane, &import);
        let rejected = workspace
            .run(&["plan", "-generate-config-out=generated.tf"])
            .await;
        assert_eq!(rejected.status, Some(1), "{import}");
        assert!(
            rejected.printed().contains(expected),
            "{import}: {}",
            rejected.printed()
        );
    }
    let workspace = self::workspace(
        &control_plane,
        &network_block(&url(&[&machine_uuid(3), &network])),
    );
    let accepted = workspace
        .run(&["plan", "-generate-config-out=generated.tf"])
        .await;
    accepted.succeeds();

    let moved = moved.replace("6ba7b810-9dad-11d1-80b4-00c04fd430c8", &machine_uuid(3));
    let configured = moved
        .split("\nmoved")
        .next()
        .expect("a resource")
        .replace("machine_deployment", "machine_config");
    let workspace = self::workspace(&control_plane, &configured);
    workspace.apply().await;
    workspace.configure(&moved);
    assert_eq!(workspace.plan().await.changes(), Vec::<String>::new());
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(control_plane.runs().len(), 0, "nothing is installed");
}

/// Runs each command of the guide that installs the program, in a home directory of its own. Terraform must find it.
#[tokio::test]
async fn local_installation_guide_commands_work() {
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
        // Without the development override of the other tests, so that Terraform uses the installed program.
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
                .printed()
                .contains("been successfully initialized")
        );
        succeeds(&workspace, command).await;
        succeeds(&workspace, elsewhere).await;
        workspace.run(&["init"]).await.succeeds();
        workspace.run(&["plan"]).await.succeeds();
        succeeds(&workspace, doctor).await;
    }
}

/// Runs commands in a shell, in the directory of the configuration.
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
