//! `adopt`: an account that is brought under Terraform by one command, and what the command refuses to touch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use acceptance::terraform::{Run, Workspace};
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, Object, random};
use harness::secrets::Place;
use serde_json::{Value as Json, json};

use crate::{changes, provider, quick};

/// The kinds that an account has, by the collection of the control plane.
const LISTS: [&str; 11] = [
    "controlplane_api_list_account_secrets",
    "controlplane_api_list_account_variables",
    "controlplane_api_list_machine_roles",
    "controlplane_api_list_mesh_networks",
    "controlplane_api_list_route_policy_sets",
    "controlplane_api_list_routes",
    "controlplane_api_list_secrets_backends",
    "controlplane_api_list_vips",
    "provisioning_api_list_images",
    "provisioning_api_list_machines",
    "provisioning_api_list_registry_credentials",
];
const GET_MACHINE: &str = "provisioning_api_get_machine";

/// An account, and a directory for its configuration.
struct Adoption {
    control_plane: ControlPlane,
    workspace: Workspace,
}

impl Adoption {
    /// A directory without configuration.
    fn new(control_plane: ControlPlane) -> Self {
        let workspace = Workspace::new(provider(), &control_plane, "");
        for file in ["main.tf", "versions.tf"] {
            std::fs::remove_file(workspace.path().join(file)).expect("the workspace has it");
        }
        Self {
            control_plane,
            workspace,
        }
    }

    /// An account with two mesh networks, a VIP for two machines, a role with it, a secret and a variable.
    async fn small() -> Self {
        let control_plane = quick().start().await.expect("the control plane starts");
        let create = |collection, object: Json| {
            let Json::Object(object) = object else {
                panic!("an object")
            };
            control_plane
                .create(collection, object)
                .expect("the control plane accepts it")
        };
        let vip = json!({ "name": "web", "address": "100.64.0.1", "machine_uuids": [crate::machine(1), crate::machine(2)] });
        let vip = create(Collection::Vips, vip);
        create(
            Collection::MeshNetworks,
            json!({ "name": "prod", "network_cidr": "10.1.0.0/24" }),
        );
        create(
            Collection::MeshNetworks,
            json!({ "name": "test", "network_cidr": "10.2.0.0/24" }),
        );
        create(
            Collection::MachineRoles,
            json!({ "name": "web", "vip_uuid": vip["uuid"], "template_data": "#cloud-config\n" }),
        );
        create(
            Collection::Secrets,
            json!({ "name": "password", "value": "small-secret-value" }),
        );
        create(Collection::Variables, json!({ "name": "region", "value": "eu" }));
        Self::new(control_plane)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.workspace.path().join(file)
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Runs `adopt` in the directory. No output has a secret.
    async fn adopt(&self, arguments: &[&str]) -> Run {
        let run = self
            .workspace
            .run_program(provider(), &[&["adopt"], arguments].concat())
            .await;
        for output in [&run.stdout, &run.stderr] {
            let secrets = self.control_plane.secrets();
            secrets.assert_absent(Place::Output, "adopt", output);
        }
        run
    }

    /// Every file of the configuration, with its content.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(self.workspace.path(), &mut files);
        files
    }
}

/// The files of a directory and of those below, apart from what Terraform and the test write.
fn collect(directory: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || name.starts_with("terraform.") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path.clone(), std::fs::read(&path).expect("a file"));
        }
    }
}

fn count(control_plane: &ControlPlane, operations: &[&str]) -> usize {
    let log = control_plane.log();
    operations.iter().map(|operation| log.count(operation)).sum()
}

/// The whole cycle for an account of 500 objects with every odd name and text: only imports, no change, no run.
async fn adopts_everything(number: u64, arguments: &[&str]) {
    let control_plane = quick()
        .random(number, 500)
        .start()
        .await
        .expect("the control plane starts");
    let mut adoption = Adoption::new(control_plane);
    // Terraform would log a hundred megabytes.
    adoption.workspace = adoption.workspace.with("TF_LOG", "INFO");
    let control_plane = &adoption.control_plane;
    let machines = control_plane.objects(Collection::Machines).len();

    let run = adoption
        .adopt(&[arguments, &["--terraform-version", "1.11"]].concat())
        .await;
    let run = run.succeeds();
    let official = if arguments.contains(&"--include-official") {
        ""
    } else {
        " official"
    };
    assert!(run.stdout.contains(official), "{}", run.stdout);
    let adopted = 500 - 500 / 50 - 60;
    let imports = run
        .stdout
        .rsplit("only imports: ")
        .next()
        .unwrap_or_default()
        .trim();
    let imports: usize = imports.parse().unwrap_or_else(|_| panic!("{}", run.stdout));
    assert!(imports > adopted, "{}", run.stdout);
    // Some requests are those of the plan.
    assert!(count(control_plane, &[GET_MACHINE]) >= machines);
    assert_eq!(changes(control_plane), [""; 0], "nothing was sent");

    let files = adoption.files();
    assert_has_no_secret_and_no_identity(&adoption, &files);
    assert_templates_are_unchanged(&adoption, &files);
    let format = adoption.workspace.run(&["fmt", "-check", "-diff"]).await;
    assert_eq!(format.stdout, "", "terraform fmt changes nothing");

    let applied = adoption.workspace.apply().await;
    let summary = format!("Resources: {imports} imported, 0 added, 0 changed, 0 destroyed");
    assert!(applied.stdout.contains(&summary), "{}", applied.stdout);
    adoption.workspace.plans_empty().await;
    assert_eq!(control_plane.runs().len(), 0, "no run");
    assert_eq!(changes(control_plane), [""; 0], "nothing was sent");

    control_plane.log().clear();
    let again = [arguments, &["--dry-run"]].concat();
    let again = adoption.adopt(&again).await.succeeds();
    assert!(
        again
            .stdout
            .contains(&format!("0 to adopt, {imports} managed already")),
        "{}",
        again.stdout
    );
    assert_eq!(adoption.files(), files, "no byte changed");
    assert_eq!(
        count(control_plane, &[GET_MACHINE]),
        0,
        "managed machines are not read"
    );
    assert!(
        count(control_plane, &LISTS) <= 2 * LISTS.len(),
        "a list for each kind"
    );
    let check = adoption
        .adopt(&[arguments, &["--check"]].concat())
        .await
        .succeeds();
    assert!(
        check.stdout.contains("Terraform manages everything"),
        "{}",
        check.stdout
    );
}

/// The configuration has no secret, and no uuid outside of import blocks and the map of machines.
fn assert_has_no_secret_and_no_identity(adoption: &Adoption, files: &BTreeMap<PathBuf, Vec<u8>>) {
    for (path, content) in files {
        let text = String::from_utf8_lossy(content);
        let name = path.display().to_string();
        adoption
            .control_plane
            .secrets()
            .assert_absent(Place::Output, &name, &text);
        let is_configuration = path.extension().is_some_and(|extension| extension == "tf");
        if !is_configuration || path.ends_with("machines.tf") {
            continue;
        }
        for line in text.lines().filter(|line| !line.starts_with("  id = ")) {
            let has_identity = ["c0ffee00-", "faceb00c-"]
                .iter()
                .any(|prefix| line.contains(prefix));
            assert!(!has_identity, "{name}: {line}");
        }
    }
}

fn assert_templates_are_unchanged(adoption: &Adoption, files: &BTreeMap<PathBuf, Vec<u8>>) {
    let is_own = |role: &Object| role.get("is_official") != Some(&json!(true));
    let roles = adoption.control_plane.objects(Collection::MachineRoles);
    for role in roles.iter().filter(|role| is_own(role)) {
        let template = role
            .get("template_data")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let has_file = files.iter().any(|(path, content)| {
            path.extension().is_some_and(|extension| extension == "yaml") && content == template.as_bytes()
        });
        assert!(template.is_empty() || has_file, "{template:?}");
    }
}

#[tokio::test]
async fn account_of_500_objects_is_adopted() {
    adopts_everything(1, &[]).await;
}

#[tokio::test]
async fn account_of_500_objects_is_adopted_with_deployments() {
    adopts_everything(2, &["--deployments"]).await;
}

#[tokio::test]
async fn account_of_500_objects_is_adopted_with_official_objects() {
    adopts_everything(3, &["--include-official"]).await;
}

/// The number of random objects is what a reader of the tests expects.
#[test]
fn random_account_has_100_machines() {
    let account = random::account(1, 500);
    let count = |collection: &str| account[collection].as_array().map_or(0, Vec::len);
    assert_eq!((count("machines"), count("machine-roles")), (100, 44));
}

/// The guide shows what the command prints and writes.
#[tokio::test]
async fn guide_shows_the_account_of_this_test() {
    let adoption = Adoption::small().await;
    let run = adoption.adopt(&[]).await.succeeds();
    let guide = include_str!("../../docs/guides/adopting-an-account.md");
    let blocks = |language| crate::guides::blocks(guide, language);
    assert_eq!(blocks("text"), [run.stdout]);
    let files: Vec<String> = adoption
        .files()
        .into_values()
        .map(|content| String::from_utf8_lossy(&content).into_owned())
        .collect();
    for block in blocks("terraform")
        .iter()
        .filter(|block| !block.starts_with("list "))
    {
        assert!(files.iter().any(|file| file.contains(block)), "{block}");
    }
    adoption.workspace.apply().await;
    for block in blocks("shell").iter().filter(|block| block.starts_with("perl ")) {
        let removed = adoption.workspace.shell(block).output().await.expect("a shell");
        assert!(removed.status.success(), "{removed:?}");
    }
    assert!(
        !adoption.read("vip.tf").contains("import"),
        "{}",
        adoption.read("vip.tf")
    );
    adoption.workspace.plans_empty().await;
    for block in blocks("shell") {
        for line in block.lines().filter(|line| line.contains(" adopt ")) {
            let words = line
                .split_whitespace()
                .skip_while(|word| *word != "adopt")
                .skip(1);
            let arguments: Vec<&str> = words.map(|word| word.trim_matches('\'')).collect();
            std::fs::write(adoption.path("network.json"), adoption.workspace.state_file()).expect("a file");
            let run = adoption.adopt(&arguments).await;
            assert!(!run.stderr.contains("Usage"), "{line}: {}", run.stderr);
        }
    }
}

#[tokio::test]
async fn new_objects_are_added_and_what_is_there_stays() {
    let adoption = Adoption::small().await;
    let run = adoption.adopt(&[]).await.succeeds();
    assert!(run.stdout.contains("only imports: 10"), "{}", run.stdout);
    assert!(adoption.read("versions.tf").contains("version = \"~> 1.3\""));
    adoption.workspace.apply().await;
    let before = adoption.files();

    let variable = json!({ "name": "zone", "value": "eu-1" });
    let role = json!({ "name": "WEB", "vip_uuid": adoption.control_plane.find(Collection::Vips, "web").expect("it exists")["uuid"] });
    for (collection, object) in [
        (Collection::Variables, variable),
        (Collection::MachineRoles, role),
    ] {
        let object = object.as_object().cloned().expect("an object");
        adoption
            .control_plane
            .create(collection, object)
            .expect("accepted");
    }
    let check = adoption.adopt(&["--check"]).await;
    assert_eq!(check.status, Some(2), "{}", check.stdout);
    assert!(check.stdout.contains("machine role \"WEB\" "), "{}", check.stdout);
    assert!(
        check.stdout.contains("2 objects are not managed"),
        "{}",
        check.stdout
    );

    let run = adoption.adopt(&[]).await.succeeds();
    assert!(run.stdout.contains("only imports: 2"), "{}", run.stdout);
    let after = adoption.files();
    for (path, content) in &before {
        let now = &after[path];
        assert!(now.starts_with(content), "{} only grows", path.display());
    }
    let added = String::from_utf8_lossy(&after[&adoption.path("machine_role.tf")]).into_owned();
    assert!(added.contains("\"durantic_machine_role\" \"web_2\""), "{added}");
    assert!(added.contains("vip_uuid = durantic_vip.web.uuid"), "{added}");
    // A block that was not applied yet stays, too.
    let again = adoption.adopt(&[]).await.succeeds();
    assert!(
        again.stdout.contains("2 in the configuration already"),
        "{}",
        again.stdout
    );
    assert_eq!(adoption.files(), after);
    let check = adoption.adopt(&["--check"]).await;
    assert_eq!(check.status, Some(2));
    assert!(
        check
            .stdout
            .contains(" (in the configuration, but not applied)\n"),
        "{}",
        check.stdout
    );
}

/// A new machine gets an entry in the map, and the rest of the map's file stays.
#[tokio::test]
async fn machines_are_added_to_the_map() {
    let adoption = Adoption::small().await;
    adoption.adopt(&["--only", "vip"]).await.succeeds();
    let before = adoption.read("machines.tf");
    assert!(
        before.contains("\"node-2\" = ") && !before.contains("node-3"),
        "{before}"
    );
    adoption.adopt(&[]).await.succeeds();
    let after = adoption.read("machines.tf");
    let (start, end) = before.split_once("  }\n}").expect("the end of the map");
    assert_eq!(end, "\n");
    assert!(after.starts_with(start), "{after}");
    assert!(
        after.contains(&format!("    \"node-3\" = \"{}\"\n  }}\n}}\n", crate::machine(3))),
        "{after}"
    );
    let format = adoption.workspace.run(&["fmt", "-check"]).await;
    assert_eq!(format.stdout, "");
}

#[tokio::test]
async fn foreign_files_and_names_stay() {
    let adoption = Adoption::small().await;
    let foreign = [
        (
            "vip.tf",
            "# mine\n\nvariable \"secret_password\" {\n  default = 1\n}\n",
        ),
        ("Machines.tf", "locals {\n  machines = \"mine\"\n}\n"),
        (
            "main.tf",
            "terraform {\n  required_providers {\n    dur = {\n      source = \"durantic/durantic\"\n    }\n  }\n}\n\n\
             data \"durantic_machine_role\" \"base\" {\n  provider = dur\n  name = \"base\"\n}\n",
        ),
        (
            "other.tf.json",
            "{\"resource\": {\"durantic_variable\": {\"region\": {\"provider\": \"dur\", \"name\": \"mine\", \"value\": \"x\"}}}}",
        ),
        ("machine_role/web.yaml", "mine"),
    ];
    std::fs::create_dir(adoption.path("machine_role")).expect("a folder");
    for (name, text) in foreign {
        std::fs::write(adoption.path(name), text).expect("a file");
    }
    let run = adoption.adopt(&[]).await;
    assert_eq!(run.status, Some(1), "{}\n{}", run.stdout, run.stderr);
    // What the user wrote is in the plan, and nothing else.
    assert!(
        run.stdout
            .contains("imports: 10, and it differs:\n- durantic_variable.region: create\n"),
        "{}\n{}",
        run.stdout,
        run.stderr
    );
    for (name, text) in foreign {
        assert_eq!(adoption.read(name), text, "{name}");
    }
    assert!(
        !adoption.path("versions.tf").exists(),
        "one file has the provider"
    );
    assert!(
        adoption
            .read("vip_adopted.tf")
            .contains("local.machines_2[\"node-1\"]")
    );
    assert!(adoption.read("machines_2.tf").contains("machines_2 = {"));
    assert!(adoption.read("secret.tf").contains("var.secret_password_2"));
    assert!(
        adoption
            .read("variable.tf")
            .contains("\"durantic_variable\" \"region_2\" {\n  provider = dur\n")
    );
    assert!(
        adoption
            .read("machine_role.tf")
            .contains("/machine_role/web_2.yaml")
    );
    let before = adoption.files();
    adoption.adopt(&[]).await;
    assert_eq!(adoption.files(), before);
}

#[tokio::test]
async fn older_terraform_gets_no_secrets_and_literal_ids() {
    for (version, has_variable, has_expression) in [
        ("1.11.4", true, true),
        ("1.10", false, true),
        ("v1.5.7", false, false),
    ] {
        let adoption = Adoption::small().await;
        let run = adoption.adopt(&["--terraform-version", version]).await.succeeds();
        assert!(
            run.stdout.contains("only imports: 10"),
            "{version}: {}",
            run.stdout
        );
        let secret = adoption.read("secret.tf");
        assert_eq!(secret.contains("variable "), has_variable, "{version}: {secret}");
        assert_eq!(secret.contains("value_wo"), has_variable, "{version}: {secret}");
        let machines = adoption.read("machine_config.tf");
        let expression = "  id = local.machines[\"node-1\"]";
        assert_eq!(
            machines.contains(expression),
            has_expression,
            "{version}: {machines}"
        );
        let before = adoption.files();
        adoption.adopt(&["--terraform-version", version]).await.succeeds();
        assert_eq!(adoption.files(), before, "{version}");
    }
    let adoption = Adoption::small().await;
    let run = adoption.adopt(&["--terraform-version", "1.4"]).await;
    assert!(
        run.stderr.contains("import blocks need Terraform 1.5"),
        "{}",
        run.stderr
    );
    assert_eq!((run.status, adoption.files().len()), (Some(1), 0));
}

/// The variable changes the secret, once its version changes, and only then.
#[tokio::test]
async fn adopted_secret_is_rotated_by_its_variable() {
    let adoption = Adoption::small().await;
    let only = &["--only", "secret"];
    adoption.adopt(only).await.succeeds();
    adoption.workspace.apply().await;
    let set = "-var=secret_password=rotated";
    let plan = adoption.workspace.run(&["plan", "-detailed-exitcode", set]).await;
    assert_eq!(plan.status, Some(0), "a value alone is not sent: {}", plan.stdout);
    let versioned = adoption
        .read("secret.tf")
        .replace("# value_wo_version = 1\n", "value_wo_version = 1\n");
    std::fs::write(adoption.path("secret.tf"), versioned).expect("a file");
    adoption
        .workspace
        .run(&["apply", "-auto-approve", set])
        .await
        .succeeds();
    // From now on, no value is needed.
    adoption.workspace.plans_empty().await;
    adoption.adopt(only).await.succeeds();
    assert_eq!(changes(&adoption.control_plane), ["update_account_secret"]);
    let secret = adoption.control_plane.find(Collection::Secrets, "password");
    assert_eq!(secret.expect("it exists")["value"], "rotated");
}

/// A data source that was written when its object was not adopted yet would fail once the object gets another name.
#[tokio::test]
async fn adoption_in_stages_names_the_data_sources_to_replace() {
    let adoption = Adoption::small().await;
    let run = adoption.adopt(&["--only", "machine_role"]).await.succeeds();
    assert!(!run.stdout.contains("Note:"), "{}", run.stdout);
    let note = "Note: `data.durantic_vip.web` finds an object by its name that is `durantic_vip.web`: refer to that instead.\n";
    for _ in 0..2 {
        let run = adoption.adopt(&[]).await.succeeds();
        assert!(run.stdout.contains(note), "{}", run.stdout);
        adoption.workspace.apply().await;
    }
}

#[tokio::test]
async fn managed_objects_are_found_in_every_form_of_state() {
    let adoption = Adoption::small().await;
    adoption.adopt(&["--deployments"]).await.succeeds();
    adoption.workspace.apply().await;
    let managed = |run: &Run| {
        assert!(
            run.stdout.contains("0 adopted, 10 managed already"),
            "{}\n{}",
            run.stdout,
            run.stderr
        );
    };
    // As machines of the other resource.
    managed(&adoption.adopt(&[]).await.succeeds());
    let shown = adoption.workspace.run(&["show", "-json"]).await.succeeds().stdout;
    let stored = adoption.workspace.state_file();

    let elsewhere = Adoption::new(quick().start().await.expect("it starts"));
    let other = Adoption {
        workspace: elsewhere.workspace.connected_to(&adoption.control_plane),
        control_plane: adoption.control_plane,
    };
    std::fs::write(other.path("shown.json"), &shown).expect("a file");
    std::fs::write(other.path("stored.tfstate"), &stored).expect("a file");
    let modules = stored.replace(
        "\"mode\": \"managed\"",
        "\"module\": \"module.a[0]\", \"mode\": \"managed\"",
    );
    std::fs::write(other.path("modules.tfstate"), modules).expect("a file");
    for file in ["shown.json", "stored.tfstate", "modules.tfstate"] {
        let check = other.adopt(&["--check", "--state", file]).await;
        assert_eq!(check.status, Some(0), "{file}: {}", check.stdout);
    }
    assert_eq!(other.adopt(&["--check"]).await.status, Some(2));
    let unusable = [
        ("text", "is not a state"),
        ("{}", "is not a state"),
        ("{\"version\": 3}", "version 3"),
        ("{\"encrypted_data\": \"\"}", "is encrypted"),
    ];
    for (text, expected) in unusable {
        std::fs::write(other.path("bad.json"), text).expect("a file");
        let check = other.adopt(&["--check", "--state", "bad.json"]).await;
        assert!(check.stderr.contains(expected), "{}", check.stderr);
        assert_eq!(check.status, Some(1));
    }
    assert_eq!(
        other.adopt(&["--check", "--state", "missing"]).await.status,
        Some(1)
    );

    // One that this program cannot read, and Terraform cannot show.
    std::fs::write(other.path("terraform.tfstate"), "{\"encrypted_data\": \"\"}").expect("a file");
    let check = other.adopt(&["--check"]).await;
    assert!(check.stderr.contains("is encrypted"), "{}", check.stderr);
    assert_eq!(check.status, Some(1));
    let check = other.adopt(&["--check", "--state", "shown.json"]).await;
    assert_eq!(check.status, Some(0), "{}{}", check.stdout, check.stderr);

    // Another workspace has another state.
    std::fs::write(other.path("terraform.tfstate"), &stored).expect("a file");
    assert_eq!(other.adopt(&["--check"]).await.status, Some(0));
    let terraform = |arguments: &'static [&'static str]| other.workspace.run(arguments);
    terraform(&["workspace", "new", "empty"]).await.succeeds();
    assert_eq!(other.adopt(&["--check"]).await.status, Some(2));
    std::fs::write(other.path("terraform.tfstate.d/empty/terraform.tfstate"), &stored).expect("a file");
    assert_eq!(other.adopt(&["--check"]).await.status, Some(0));
    terraform(&["workspace", "select", "default"]).await.succeeds();
    // A state that cannot be read may have objects.
    std::fs::write(other.path("terraform.tfstate"), [0xff_u8]).expect("a file");
    assert_eq!(other.adopt(&["--check"]).await.status, Some(1));
    std::fs::remove_file(other.path("terraform.tfstate")).expect("a file");
}

/// A backend has the state. Without it, everything would be adopted a second time.
#[tokio::test]
async fn state_in_a_backend_is_shown_or_refused() {
    let adoption = Adoption::small().await;
    let backend = "terraform {\n  backend \"local\" {\n    path = \"elsewhere/state\"\n  }\n}\n";
    std::fs::write(adoption.path("backend.tf"), backend).expect("a file");
    for arguments in [&[][..], &["--check"]] {
        let run = adoption.adopt(arguments).await;
        assert_eq!(run.status, Some(1), "{}", run.stdout);
        assert!(
            run.stderr.contains("the state is not in the directory"),
            "{}",
            run.stderr
        );
    }
    assert_eq!(adoption.files().len(), 1, "nothing was written");
    adoption.workspace.run(&["init"]).await.succeeds();
    let run = adoption.adopt(&[]).await.succeeds();
    assert!(run.stdout.contains("only imports: 10"), "{}", run.stdout);
    adoption.workspace.apply().await;
    let check = adoption.adopt(&["--check"]).await.succeeds();
    assert!(
        check.stdout.contains("Terraform manages everything"),
        "{}",
        check.stdout
    );
}

/// The account is that of the provider block, also if the block has another name, or is in JSON. An expression is not ignored.
#[tokio::test]
async fn account_is_that_of_the_provider_block() {
    let mut adoption = Adoption::small().await;
    let (endpoint, token) = (
        adoption.control_plane.endpoint().to_owned(),
        adoption.control_plane.token().to_owned(),
    );
    let other = ControlPlane::builder().start().await.expect("it starts");
    adoption.workspace = adoption
        .workspace
        .with("DURANTIC_ENDPOINT", other.endpoint())
        .with("DURANTIC_API_TOKEN", other.token());
    let required = "terraform {\n  required_providers {\n    NAME = {\n      source = \"durantic/durantic\"\n    }\n  }\n}\n";
    let block = format!("provider \"dur\" {{\n  endpoint = \"{endpoint}\"\n  api_token = \"{token}\"\n}}\n");
    let json =
        json!({ "provider": { "durantic": { "endpoint": endpoint, "api_token": token } } }).to_string();
    for (file, text, name) in [("main.tf", block, "dur"), ("provider.tf.json", json, "durantic")] {
        std::fs::write(adoption.path("versions.tf"), required.replace("NAME", name)).expect("a file");
        std::fs::write(adoption.path(file), text).expect("a file");
        let check = adoption.adopt(&["--check", "--only", "vip"]).await;
        assert!(
            check.stdout.contains("vip \"web\""),
            "{file}: {}{}",
            check.stdout,
            check.stderr
        );
        std::fs::remove_file(adoption.path(file)).expect("a file");
    }
    let expression = "provider \"durantic\" {\n  endpoint = var.endpoint\n}\n";
    std::fs::write(adoption.path("main.tf"), expression).expect("a file");
    let check = adoption.adopt(&["--check", "--only", "vip"]).await.succeeds();
    let note = "`endpoint` of the provider block in `main.tf` is an expression, so DURANTIC_ENDPOINT is used instead.";
    assert!(check.stderr.contains(note), "{}", check.stderr);
    adoption.workspace = adoption.workspace.with("DURANTIC_ENDPOINT", "");
    let check = adoption.adopt(&["--check"]).await;
    assert_eq!(check.status, Some(1), "{}", check.stdout);
    assert!(
        check
            .stderr
            .contains("Set the environment variable DURANTIC_ENDPOINT to its value."),
        "{}",
        check.stderr
    );
}

/// A resource that has no block any more is in the state: the next apply destroys it.
#[tokio::test]
async fn objects_without_a_block_are_in_the_plan() {
    let adoption = Adoption::small().await;
    adoption.adopt(&["--only", "variable"]).await.succeeds();
    adoption.workspace.apply().await;
    std::fs::remove_file(adoption.path("variable.tf")).expect("a file");
    let run = adoption.adopt(&["--only", "variable"]).await;
    assert_eq!(run.status, Some(1), "{}", run.stdout);
    assert!(
        run.stdout.contains("- durantic_variable.region: delete\n"),
        "{}",
        run.stdout
    );
    let check = adoption.adopt(&["--check", "--only", "variable"]).await;
    assert!(
        check
            .stdout
            .contains("Note: 1 resource is in the state, but not in the configuration"),
        "{}",
        check.stdout
    );
}

#[tokio::test]
async fn objects_that_cannot_be_read_cost_only_themselves() {
    let adoption = Adoption::small().await;
    let fault = |fault| adoption.control_plane.fault(fault);
    fault(Fault::status("controlplane_api_list_account_variables", 403));
    // One machine, whose list item lacks what its configuration needs.
    fault(Fault::status(GET_MACHINE, 403).times(1));
    let broken = |body: &mut Json| {
        if let Some(network) = body.get_mut(0) {
            network["network_cidr"] = json!(7);
        }
    };
    fault(Fault::new(
        "controlplane_api_list_mesh_networks",
        FaultKind::Rewrite(Arc::new(broken)),
    ));
    let run = adoption.adopt(&[]).await;
    assert_eq!(run.status, Some(1), "{}", run.stdout);
    let (_, problems) = run
        .stderr
        .split_once("Not adopted:\n")
        .expect("a list at the end");
    for expected in [
        "to list the variable objects",
        "403",
        "machine config \"node-",
        "mesh network \"prod\"",
    ] {
        assert!(problems.contains(expected), "{expected}: {problems}");
    }
    // A variable, a machine and a network.
    assert!(run.stdout.contains("Objects: 7 adopted"), "{}", run.stdout);
    assert!(run.stdout.contains("only imports: 7"), "{}", run.stdout);
    let check = adoption.adopt(&["--check"]).await;
    assert_eq!(check.status, Some(1), "it could not look: {}", check.stdout);

    adoption.control_plane.clear_faults();
    let run = adoption.adopt(&[]).await.succeeds();
    assert!(run.stdout.contains("only imports: 10"), "{}", run.stdout);
}

#[tokio::test]
async fn objects_that_no_configuration_can_describe_are_listed() {
    let adoption = Adoption::small().await;
    let no_address = |body: &mut Json| body[0]["address"] = Json::Null;
    let fault = Fault::new(
        "controlplane_api_list_vips",
        FaultKind::Rewrite(Arc::new(no_address)),
    );
    adoption.control_plane.fault(fault);
    let run = adoption.adopt(&["--terraform-version", "1.11"]).await;
    assert_eq!(run.status, Some(1));
    assert!(
        run.stderr
            .contains("vip \"web\" has no valid configuration: The argument `address` is required"),
        "{}",
        run.stderr
    );
    assert!(!adoption.path("vip.tf").exists());
    // What refers to it finds it all the same.
    assert!(
        adoption
            .read("machine_role.tf")
            .contains("vip_uuid      = data.durantic_vip.web.uuid")
    );
}

#[tokio::test]
async fn command_line_selects_what_is_adopted() {
    let adoption = Adoption::small().await;
    let dry = adoption
        .adopt(&["--dry-run", "--only", "vip,durantic_machine_role"])
        .await
        .succeeds();
    assert!(
        dry.stdout.contains("would write vip.tf (1 object)"),
        "{}",
        dry.stdout
    );
    assert!(
        dry.stdout
            .contains("durantic_machine_role.web  machine role \"web\""),
        "{}",
        dry.stdout
    );
    assert_eq!(adoption.files().len(), 0, "nothing was written");
    let run = adoption.adopt(&["--match", "[pt]*"]).await.succeeds();
    assert!(run.stdout.contains("Objects: 4 adopted"), "{}", run.stdout);
    assert!(adoption.read("mesh_network.tf").contains("\"prod\""));
    assert_eq!(
        count(&adoption.control_plane, &[GET_MACHINE]),
        0,
        "no machine matches"
    );
    for (arguments, status, expected) in [
        (&["--only", "vips"][..], 2, "Did you mean `vip`?"),
        (&["--only", "machine_deployment"], 2, "Add --deployments"),
        (&["--check", "--only", "vips"], 1, "Did you mean `vip`?"),
        (
            &["--only", "machine_config", "--deployments"],
            2,
            "Remove --deployments",
        ),
        (&["--match", "["], 2, "is not a pattern"),
        (&["--terraform-version", "new"], 2, "is not a version"),
        (&["--such"], 2, "--such"),
        (&["--check", "--such"], 1, "--such"),
        (&["versions.tf"], 1, "is not a directory"),
    ] {
        let run = adoption.adopt(arguments).await;
        assert_eq!(run.status, Some(status), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{arguments:?}: {}", run.stderr);
    }
}

#[tokio::test]
async fn nothing_is_written_beside_an_unusable_configuration() {
    for (text, expected) in [
        ("resource {\n", "has a syntax error"),
        (
            "terraform {\n  required_providers {\n    other = {\n      source = \"a/b\"\n    }\n  }\n}\n",
            "has no entry for the provider",
        ),
        (
            "terraform {\n  required_providers {\n    durantic = {\n      source = \"a/durantic\"\n    }\n  }\n}\n",
            "Set `source = \"durantic/durantic\"` in it.",
        ),
    ] {
        let adoption = Adoption::small().await;
        std::fs::write(adoption.path("main.tf"), text).expect("a file");
        let run = adoption.adopt(&[]).await;
        assert_eq!(run.status, Some(1));
        assert!(run.stderr.contains(expected), "{}", run.stderr);
        assert_eq!(adoption.files().len(), 1, "nothing was written");
    }
    let adoption = Adoption::small().await;
    let mut adoption = adoption;
    adoption.workspace = adoption.workspace.with("DURANTIC_API_TOKEN", "dur_wrong");
    let run = adoption.adopt(&[]).await;
    assert!(run.stderr.contains("No file was written"), "{}", run.stderr);
    assert_eq!((run.status, adoption.files().len()), (Some(1), 0));
}

/// A file that the user writes while the account is read, and one that this program wrote and the user changes meanwhile.
#[tokio::test]
async fn files_that_change_meanwhile_stay() {
    const LIST: &str = "controlplane_api_list_vips";
    let adoption = Adoption::small().await;
    let only = &["--only", "vip"];
    let delay = || {
        adoption.control_plane.log().clear();
        let kind = FaultKind::Delay(Duration::from_secs(1));
        adoption.control_plane.fault(Fault::new(LIST, kind).times(1));
    };
    let write_meanwhile = async |text: &str| {
        while count(&adoption.control_plane, &[LIST]) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        std::fs::write(adoption.path("vip.tf"), text).expect("a file");
    };
    let refused = |run: &Run| {
        assert_eq!(run.status, Some(1), "{}", run.stdout);
        assert!(run.stderr.contains("was changed meanwhile"), "{}", run.stderr);
    };
    delay();
    let (run, ()) = tokio::join!(adoption.adopt(only), write_meanwhile("# mine\n"));
    refused(&run);
    assert!(
        run.stderr.contains("Already written: machines.tf, versions.tf."),
        "{}",
        run.stderr
    );
    assert_eq!(adoption.read("vip.tf"), "# mine\n");
    std::fs::remove_file(adoption.path("vip.tf")).expect("a file");

    #[cfg(unix)]
    {
        // What cannot be read is there all the same.
        let link_meanwhile = async || {
            while count(&adoption.control_plane, &[LIST]) == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            std::os::unix::fs::symlink("nowhere", adoption.path("vip.tf")).expect("a link");
        };
        delay();
        let (run, ()) = tokio::join!(adoption.adopt(only), link_meanwhile());
        refused(&run);
        assert!(adoption.path("vip.tf").is_symlink() && !adoption.path("nowhere").exists());
        std::fs::remove_file(adoption.path("vip.tf")).expect("a link");
    }

    adoption.adopt(only).await.succeeds();
    let edited = adoption.read("vip.tf") + "# mine\n";
    let vip = json!({ "name": "second", "address": "100.64.0.2" });
    let vip = vip.as_object().cloned().expect("an object");
    adoption
        .control_plane
        .create(Collection::Vips, vip)
        .expect("accepted");
    delay();
    let (run, ()) = tokio::join!(adoption.adopt(only), write_meanwhile(&edited));
    refused(&run);
    assert_eq!(adoption.read("vip.tf"), edited);
    adoption.adopt(only).await.succeeds();
    assert!(adoption.read("vip.tf").starts_with(&edited), "both are there");
}

/// What is in the way of a file or a folder is left, whatever it is.
#[cfg(unix)]
#[tokio::test]
async fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let adoption = Adoption::small().await;
    std::fs::create_dir(adoption.path("machine_role")).expect("a folder");
    symlink("nowhere", adoption.path("machine_role/web.yaml")).expect("a link");
    std::fs::create_dir(adoption.path("machine_role/web_2.yaml")).expect("a folder");
    let run = adoption.adopt(&[]).await.succeeds();
    assert!(run.stdout.contains("only imports: 10"), "{}", run.stdout);
    assert!(adoption.path("machine_role/web.yaml").is_symlink());
    assert_eq!(adoption.read("machine_role/web_3.yaml"), "#cloud-config\n");

    // A file of this program that is a link, and that only its owner may write.
    let (file, target) = (adoption.path("variable.tf"), adoption.path("shared"));
    std::fs::rename(&file, &target).expect("a file");
    symlink("shared", &file).expect("a link");
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o600)).expect("a file");
    let variable = json!({ "name": "zone", "value": "eu-1" });
    let variable = variable.as_object().cloned().expect("an object");
    let created = adoption.control_plane.create(Collection::Variables, variable);
    created.expect("accepted");
    adoption.adopt(&[]).await.succeeds();
    assert!(file.is_symlink());
    assert!(adoption.read("shared").contains("\"zone\""));
    let mode = std::fs::metadata(&target).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Editors of Windows begin a file with a mark that Terraform skips.
#[tokio::test]
async fn file_may_begin_with_a_byte_order_mark() {
    let adoption = Adoption::small().await;
    let mine =
        "\u{feff}resource \"durantic_vip\" \"web\" {\n  name = \"mine\"\n  address = \"100.64.0.9\"\n}\n";
    std::fs::write(adoption.path("mine.tf"), mine).expect("a file");
    let run = adoption.adopt(&["--only", "vip"]).await;
    assert!(
        run.stdout
            .contains("imports: 1, and it differs:\n- durantic_vip.web: create\n"),
        "{}{}",
        run.stdout,
        run.stderr
    );
    assert_eq!(adoption.read("mine.tf"), mine);
    assert!(adoption.read("vip.tf").contains("durantic_vip.web_2"));
}

/// The plan has what the environment of the user adds to it; and its error is shown, beside that of the initialisation.
#[tokio::test]
async fn plan_is_that_of_the_user() {
    let mut adoption = Adoption::small().await;
    let variable = "variable \"needed\" {\n  type = string\n}\n";
    std::fs::write(adoption.path("mine.tf"), variable).expect("a file");
    let run = adoption.adopt(&["--only", "vip"]).await;
    assert_eq!(run.status, Some(1));
    for expected in [
        "Running `terraform init`",
        "No plan, because `terraform plan` failed:\n",
        "No value for required variable",
    ] {
        assert!(run.stdout.contains(expected), "{expected}: {}", run.stdout);
    }
    adoption.workspace = adoption.workspace.with("TF_CLI_ARGS_plan", "-var=needed=x");
    let run = adoption.adopt(&["--only", "vip"]).await.succeeds();
    assert!(run.stdout.contains("only imports: 1"), "{}", run.stdout);
    adoption.workspace = adoption.workspace.with("TF_CLI_ARGS_plan", "-such");
    let run = adoption.adopt(&["--only", "vip"]).await;
    assert_eq!(run.status, Some(1));
    assert!(run.stdout.contains("-such"), "{}", run.stdout);
}

/// A program that is there and cannot be used is not the same as none.
#[cfg(unix)]
#[tokio::test]
async fn terraform_that_does_not_run_is_reported() {
    use std::os::unix::fs::PermissionsExt;
    let mut adoption = Adoption::small().await;
    let folder = adoption.path(".bin");
    std::fs::create_dir(&folder).expect("a folder");
    adoption.workspace = adoption.workspace.with("PATH", &folder.to_string_lossy());
    let run = adoption.adopt(&["--only", "vip"]).await.succeeds();
    assert!(run.stdout.contains("No plan: neither"), "{}", run.stdout);
    let program = folder.join("terraform");
    std::fs::write(&program, "#!/bin/sh\necho no version is selected >&2\nexit 3\n").expect("a file");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a file");
    let run = adoption.adopt(&["--only", "vip"]).await;
    assert_eq!(run.status, Some(1), "{}", run.stdout);
    assert!(run.stderr.contains("no version is selected"), "{}", run.stderr);
}

#[tokio::test]
async fn check_says_what_it_looked_at() {
    let adoption = Adoption::small().await;
    let check = adoption.adopt(&["--check"]).await;
    let lines: Vec<&str> = check
        .stdout
        .lines()
        .filter(|line| line.starts_with('m'))
        .collect();
    let mut sorted = lines.clone();
    sorted.sort_by_key(|line| line.split('"').take(2).collect::<Vec<_>>());
    assert_eq!(lines, sorted, "by kind and name");
    adoption.adopt(&[]).await.succeeds();
    adoption.workspace.apply().await;
    for (arguments, expected) in [
        (&[][..], "Terraform manages everything.\n"),
        (
            &["--only", "vip,mesh_network"],
            "Terraform manages everything that was selected (3).\n",
        ),
        (&["--match", "nothing"], "Nothing was selected.\n"),
    ] {
        let check = adoption
            .adopt(&[&["--check"], arguments].concat())
            .await
            .succeeds();
        assert_eq!(check.stdout, expected, "{arguments:?}");
    }
}

/// Two addresses of one object are an error in every run, also if only Terraform can evaluate what is imported.
#[tokio::test]
async fn object_with_two_addresses_is_reported_by_every_run() {
    let adoption = Adoption::small().await;
    adoption.adopt(&["--only", "vip"]).await.succeeds();
    let vip = adoption
        .control_plane
        .find(Collection::Vips, "web")
        .expect("it exists");
    let uuid = vip["uuid"].as_str().expect("a string");
    let resource = adoption.read("vip.tf");
    let (_, resource) = resource.split_once("resource ").expect("a resource");
    let (resource, _) = resource.split_once("import ").expect("an import block");
    let resource = resource.replace("\"web\" {", "\"other\" {");
    let mine = format!(
        "locals {{\n  ids = {{ for name in [\"web\"] : name => \"{uuid}\" }}\n}}\n\n\
         import {{\n  to = durantic_vip.other\n  id = local.ids[\"web\"]\n}}\n\nresource {resource}"
    );
    std::fs::write(adoption.path("mine.tf"), mine).expect("a file");
    for _ in 0..2 {
        let run = adoption.adopt(&["--only", "vip"]).await;
        assert_eq!(run.status, Some(1), "{}{}", run.stdout, run.stderr);
        let expected = "- durantic_vip.other, durantic_vip.web: the same object\n";
        assert!(run.stdout.contains(expected), "{}", run.stdout);
    }
}

/// A resource for each entry of the map would create an object for a new entry: it would install the machine.
#[tokio::test]
async fn map_that_a_resource_repeats_gets_no_entry() {
    let adoption = Adoption::small().await;
    adoption
        .adopt(&[
            "--deployments",
            "--only",
            "machine_deployment",
            "--match",
            "node-1",
        ])
        .await
        .succeeds();
    let each = "resource \"durantic_machine_deployment\" \"this\" {\n  for_each = local.machines\n  machine_uuid = each.value\n}\n\n\
                moved {\n  from = durantic_machine_deployment.node_1\n  to = durantic_machine_deployment.this[\"node-1\"]\n}\n";
    adoption.workspace.apply().await;
    std::fs::write(adoption.path("machine_deployment.tf"), each).expect("a file");
    adoption.workspace.apply().await;
    let run = adoption.adopt(&["--only", "vip"]).await.succeeds();
    assert!(run.stdout.contains("only imports: 1"), "{}", run.stdout);
    assert!(adoption.read("vip.tf").contains("local.machines_2[\"node-2\"]"));
    assert!(adoption.control_plane.runs().is_empty());
}

/// Terraform runs the provider in the directory: a relative path is one from there. Numbers in the provider block are literals.
#[tokio::test]
async fn provider_block_is_read_as_terraform_reads_it() {
    let mut adoption = Adoption::small().await;
    let block = "provider \"durantic\" {\n  api_token_file = \"token.txt\"\n  max_retries = 3\n}\n";
    std::fs::create_dir(adoption.path("fleet")).expect("a folder");
    std::fs::write(adoption.path("fleet/provider.tf"), block).expect("a file");
    std::fs::write(adoption.path("fleet/token.txt"), adoption.control_plane.token()).expect("a file");
    adoption.workspace = adoption.workspace.with("DURANTIC_API_TOKEN", "");
    let run = adoption.adopt(&["fleet", "--only", "vip"]).await.succeeds();
    assert!(run.stdout.contains("only imports: 1"), "{}", run.stdout);
}

/// Nothing is written with the UUIDs of objects that could not be listed: no later run would change them.
#[tokio::test]
async fn objects_wait_for_the_lists_of_what_they_refer_to() {
    let adoption = Adoption::small().await;
    for (list, noun, left) in [
        ("provisioning_api_list_machines", "machine", "vip \"web\""),
        ("controlplane_api_list_vips", "vip", "machine role \"web\""),
    ] {
        adoption.control_plane.fault(Fault::status(list, 500));
        let run = adoption.adopt(&["--only", "vip,machine_role", "--dry-run"]).await;
        assert_eq!(run.status, Some(1), "{}", run.stdout);
        let listed = format!("The request to list the {noun} objects failed");
        assert_eq!(run.stderr.matches(&listed).count(), 1, "{}", run.stderr);
        let left = format!("{left} refers to {noun} objects, which could not be listed.");
        assert!(run.stderr.contains(&left), "{}", run.stderr);
        adoption.control_plane.clear_faults();
    }
    // Nothing refers to an image.
    let images = Fault::status("provisioning_api_list_images", 403);
    adoption.control_plane.fault(images);
    let run = adoption.adopt(&[]).await.succeeds();
    assert!(run.stdout.contains("only imports: 10"), "{}", run.stdout);
}

/// An object that is not wanted has no effect, also if it is broken.
#[tokio::test]
async fn broken_object_that_is_not_wanted_is_no_problem() {
    let adoption = Adoption::small().await;
    let broken = |body: &mut Json| {
        for network in body.as_array_mut().into_iter().flatten() {
            if network["name"] == "test" {
                network["uuid"] = Json::Null;
            }
        }
    };
    adoption.control_plane.fault(Fault::new(
        "controlplane_api_list_mesh_networks",
        FaultKind::Rewrite(Arc::new(broken)),
    ));
    let only = ["--only", "mesh_network"];
    for (pattern, status) in [("prod", 0), ("t*", 1)] {
        let arguments = [&only[..], &["--dry-run", "--match", pattern]].concat();
        let run = adoption.adopt(&arguments).await;
        assert_eq!(run.status, Some(status), "{pattern}: {}", run.stderr);
    }
}

/// A state that is encrypted is shown by the program that encrypted it.
#[cfg(unix)]
#[tokio::test]
async fn encrypted_state_is_shown() {
    let adoption = Adoption::small().await;
    adoption.adopt(&[]).await.succeeds();
    adoption.workspace.apply().await;
    let shown = adoption.workspace.run(&["show", "-json"]).await.succeeds().stdout;
    std::fs::write(adoption.path("terraform.tfstate"), "{\"encrypted_data\": \"\"}").expect("a file");
    std::fs::write(adoption.path("shown.json"), shown).expect("a file");
    std::fs::create_dir_all(adoption.path(".terraform")).expect("a folder");
    let adoption = with_program(
        adoption,
        "case $1 in\nversion) echo '{\"terraform_version\": \"1.10.0\"}' ;;\nshow) cat shown.json ;;\n*) exit 1 ;;\nesac\n",
    );
    let check = adoption.adopt(&["--check"]).await.succeeds();
    assert!(
        check.stdout.contains("Terraform manages everything"),
        "{}",
        check.stdout
    );
}

/// A directory with a script as `terraform` on a `PATH` that is relative to it.
#[cfg(unix)]
fn with_program(mut adoption: Adoption, script: &str) -> Adoption {
    use std::os::unix::fs::PermissionsExt;
    let program = adoption.path(".bin/terraform");
    std::fs::create_dir_all(adoption.path(".bin")).expect("a folder");
    std::fs::write(&program, format!("#!/bin/sh\n{script}")).expect("a file");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a file");
    adoption.workspace = adoption.workspace.with("PATH", ".bin:/usr/bin:/bin");
    adoption
}

/// A relative path is one from the directory of the configuration, also if that does not exist yet.
#[tokio::test]
async fn relative_path_is_the_same_in_a_new_directory() {
    let mut adoption = Adoption::small().await;
    std::fs::write(adoption.path("token.txt"), adoption.control_plane.token()).expect("a file");
    let workspace = adoption.workspace.with("DURANTIC_API_TOKEN", "");
    adoption.workspace = workspace.with("DURANTIC_API_TOKEN_FILE", "token.txt");
    for directory in ["fleet", "a/b"] {
        let run = adoption.adopt(&[directory, "--only", "vip"]).await;
        assert_eq!(run.status, Some(1), "{}", run.stdout);
        assert!(
            run.stderr.contains("names a file that does not exist"),
            "{}",
            run.stderr
        );
        assert!(!adoption.path(directory).exists(), "nothing was written");
    }
    assert!(!adoption.path("a").exists(), "nothing was written");
    adoption.workspace = adoption.workspace.with("DURANTIC_API_TOKEN_FILE", "../token.txt");
    let run = adoption
        .adopt(&["fleet", "--only", "vip", "--dry-run"])
        .await
        .succeeds();
    assert!(run.stdout.contains("1 to adopt"), "{}", run.stdout);
    assert!(!adoption.path("fleet").exists(), "nothing was written");
    for _ in 0..2 {
        let run = adoption.adopt(&["fleet", "--only", "vip"]).await.succeeds();
        assert!(run.stdout.contains("only imports: 1"), "{}", run.stdout);
    }
}

/// The directory of the configuration is another one than that to which `PATH` is relative.
#[cfg(unix)]
#[tokio::test]
async fn terraform_is_found_on_a_relative_path() {
    let script = "case $1 in\nversion) echo '{\"terraform_version\": \"1.10.0\"}' ;;\n*) echo no such plan >&2; exit 1 ;;\nesac\n";
    let adoption = with_program(Adoption::small().await, script);
    let run = adoption.adopt(&["fleet", "--only", "vip"]).await;
    assert_eq!(run.status, Some(1), "{}", run.stdout);
    let output = run.stdout + &run.stderr;
    assert!(output.contains("no such plan"), "{output}");
}

#[tokio::test]
async fn terraform_without_import_blocks_is_refused_before_a_request() {
    let adoption = Adoption::small().await;
    adoption.control_plane.log().clear();
    let run = adoption.adopt(&["--terraform-version", "1.4"]).await;
    assert!(
        run.stderr.contains("import blocks need Terraform 1.5"),
        "{}",
        run.stderr
    );
    assert_eq!((run.status, count(&adoption.control_plane, &LISTS)), (Some(1), 0));
}
