//! Mistakes as users make them: the plan reports each one at the argument, and sends nothing.
//!
//! `PROVIDER=/path cargo test -p acceptance --test terraform mistakes` shows what another version of the provider finds.

use std::fmt::Write as _;
use std::sync::Arc;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use tokio::sync::Semaphore;

use crate::{control_plane, machine, workspace};

/// What the account has before the mistakes.
const ACCOUNT: &str = r#"
data "durantic_image" "ubuntu" { name = "Ubuntu 24.04" }
resource "durantic_machine_role" "web" {
  name       = "web"
  image_uuid = data.durantic_image.ubuntu.uuid
}
resource "durantic_machine_role" "bare" { name = "bare" }
resource "durantic_machine_role" "meshy" {
  name          = "meshy"
  image_uuid    = data.durantic_image.ubuntu.uuid
  requires_mesh = true
}
resource "durantic_mesh_network" "internal" {
  name         = "internal"
  network_cidr = "10.42.0.0/24"
}
resource "durantic_mesh_network" "tiny" {
  name         = "tiny"
  network_cidr = "10.43.0.0/30"
}
resource "durantic_machine_config" "member" {
  for_each          = toset(["2", "3"])
  machine_uuid      = format("00000000-0000-4000-8000-%012d", each.key)
  mesh_network_uuid = durantic_mesh_network.tiny.uuid
}
resource "durantic_vip" "front" {
  name    = "front"
  address = "10.0.0.10"
}
resource "durantic_secret" "token" {
  name  = "TOKEN"
  value = "concealed"
}
"#;

/// How a plan reports a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// As an error.
    Error,
    /// As a warning.
    Warning,
    /// The configuration is right: neither.
    Nothing,
}

struct Mistake {
    name: &'static str,
    configuration: String,
    found: Found,
    words: &'static [&'static str],
}

fn mistake(
    name: &'static str,
    configuration: impl Into<String>,
    found: Found,
    words: &'static [&'static str],
) -> Mistake {
    let configuration = configuration.into();
    Mistake {
        name,
        configuration,
        found,
        words,
    }
}

fn deployment(arguments: &str) -> String {
    deployment_of(&machine(4), arguments)
}

fn deployment_of(machine: &str, arguments: &str) -> String {
    format!(
        "resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{machine}\"\n  {arguments}\n}}\n"
    )
}

fn role(arguments: &str) -> String {
    format!("resource \"durantic_machine_role\" \"it\" {{\n  name = \"it\"\n  {arguments}\n}}\n")
}

fn network(arguments: &str) -> String {
    format!("resource \"durantic_mesh_network\" \"it\" {{\n  {arguments}\n}}\n")
}

fn vip(arguments: &str) -> String {
    format!(
        "resource \"durantic_vip\" \"it\" {{\n  name = \"it\"\n  address = \"10.0.0.11\"\n  {arguments}\n}}\n"
    )
}

fn rule(arguments: &str) -> String {
    format!(
        "resource \"durantic_route_policy_set\" \"it\" {{\n  name = \"it\"\n  rules {{\n    {arguments}\n  }}\n}}\n"
    )
}

fn backend(certificate: &str) -> String {
    format!(
        "resource \"durantic_secrets_backend\" \"it\" {{\n  name = \"it\"\n  backend_type = \"vault\"\n  url = \"https://vault.example.com\"\n  \
         ca_cert = {certificate}\n}}\n"
    )
}

fn named(kind: &str, name: &str, arguments: &str) -> String {
    format!("resource \"durantic_{kind}\" \"it\" {{\n  name = \"{name}\"\n  {arguments}\n}}\n")
}

fn mistakes() -> Vec<Mistake> {
    use Found::{Error, Nothing, Warning};
    const NOWHERE: &str = "99999999-9999-4999-8999-999999999999";
    let web = "role_names = [\"web\"]";
    let mesh = "data \"durantic_mesh_network\" \"tiny\" { name = \"tiny\" }\n";
    #[rustfmt::skip]
    let mistakes = vec![
        mistake("a right deployment", deployment(web), Nothing, &[]),
        mistake("a right role", role(""), Nothing, &[]),
        mistake("a right network", network("name = \"it\"\n  network_cidr = \"10.44.0.0/24\""), Nothing, &[]),
        mistake("unknown machine", deployment_of(NOWHERE, web), Error, &["No machine with the `uuid`", "in this account"]),
        mistake("uuid of a machine with a wrong digit", deployment_of("00000000-0000-4000-8000-000000000014", web), Error, &["Closest: `00000000-0000-4000-8000-00000000000"]),
        mistake("unknown image", role(&format!("image_uuid = \"{NOWHERE}\"")), Error, &["No image with the `uuid`"]),
        mistake("unknown virtual IP", role(&format!("vip_uuid = \"{NOWHERE}\"")), Error, &["No vip with the `uuid`"]),
        mistake("unknown network", deployment(&format!("{web}\n  mesh_network_uuid = \"{NOWHERE}\"")), Error, &["No mesh network with the `uuid`"]),
        mistake("unknown machine of a virtual IP", vip(&format!("machine_uuids = [\"{NOWHERE}\"]")), Error, &["No machine with the `uuid`"]),
        mistake("misspelt role", deployment("role_names = [\"wbe\"]"), Warning, &["Closest: `web`", "durantic_machine_role.NAME.name"]),
        mistake("empty name of a role", deployment("role_names = [\"\"]"), Warning, &["No machine role named ``"]),
        mistake("`uuid` of a role for its name", format!("data \"durantic_machine_role\" \"web\" {{ name = \"web\" }}\n{}", deployment("role_names = [data.durantic_machine_role.web.uuid]")), Warning, &["It is the identity of the machine role `web`: use its `name`"]),
        mistake("role that requires a network", deployment("role_names = [\"meshy\"]"), Error, &["machine role \"meshy\" requires a mesh network", "`mesh_network_uuid`"]),
        mistake("a planned role that requires a network", format!("{}{}", role("requires_mesh = true"), deployment("role_names = [durantic_machine_role.it.name]")), Error, &["requires a mesh network"]),
        mistake("role that requires a network, in one", format!("data \"durantic_mesh_network\" \"n\" {{ name = \"internal\" }}\n{}", deployment("role_names = [\"meshy\"]\n  mesh_network_uuid = data.durantic_mesh_network.n.uuid")), Nothing, &[]),
        mistake("no role", deployment("role_names = []"), Warning, &["No role of node-4 has an image"]),
        mistake("roles not set", deployment(""), Warning, &["No role of node-4 has an image"]),
        mistake("role without an image", deployment("role_names = [\"bare\"]"), Warning, &["No role of node-4 has an image"]),
        mistake("machine is offline", deployment_of(&machine(5), web), Warning, &["node-5 is offline"]),
        mistake("network is full", format!("{mesh}{}", deployment(&format!("{web}\n  mesh_network_uuid = data.durantic_mesh_network.tiny.uuid"))), Warning, &["has 0 free addresses"]),
        mistake("disk without a path", deployment(&format!("{web}\n  target_disk = \"nvme0n1\"")), Warning, &["`/dev/nvme0n1`"]),
        mistake("empty `force_provision`", deployment(&format!("{web}\n  force_provision = \"\"")), Warning, &["`force_provision` is an empty string"]),
        mistake("`force_provision` of the present time", deployment(&format!("{web}\n  force_provision = plantimestamp()")), Warning, &["`force_provision` has the present time"]),
        mistake("taken name of a role", named("machine_role", "web", ""), Warning, &["machine role \"web\" has the `name` `web` already", "terraform import ADDRESS"]),
        mistake("taken name of a secret", named("secret", "TOKEN", "value = \"concealed\""), Warning, &["has the `name` `TOKEN` already"]),
        mistake("name of a secret that templates cannot write", named("secret", "data-base", "value = \"concealed\""), Warning, &["Templates cannot write `secrets.data-base`"]),
        mistake("name of a variable that templates cannot write", named("variable", "1st", "value = \"1\""), Warning, &["`vars[\"1st\"]`"]),
        mistake("taken address", vip("").replace("10.0.0.11", "10.0.0.10"), Warning, &["vip \"front\" has the `address` `10.0.0.10` already"]),
        mistake("one name twice", format!("{}{}", named("variable", "a", "value = \"1\""), named("variable", "a", "value = \"2\"").replace("\"it\"", "\"other\"")), Warning, &["Another variable of this configuration has the `name` `a`"]),
        mistake("networks overlap", network("name = \"it\"\n  network_cidr = \"10.42.0.128/25\""), Warning, &["10.42.0.128/25 overlaps 10.42.0.0/24 of the mesh network \"internal\""]),
        mistake("planned networks overlap", format!("{}{}", network("name = \"it\"\n  network_cidr = \"10.50.0.0/16\""), network("name = \"other\"\n  network_cidr = \"10.50.1.0/24\"").replace("\"it\"", "\"other\"")), Warning, &["overlaps"]),
        mistake("network with host bits", network("name = \"it\"\n  network_cidr = \"10.44.0.5/24\""), Error, &["Did you mean 10.44.0.0/24?"]),
        mistake("route with host bits", "resource \"durantic_route\" \"it\" {\n  name = \"it\"\n  prefixes = [\"10.0.0.1/8\"]\n}\n", Warning, &["`10.0.0.0/8`"]),
        mistake("rule with host bits", rule("match_type = \"prefix_list\"\n    match_prefixes = [\"10.0.0.1/8\"]"), Warning, &["`10.0.0.0/8`"]),
        mistake("rule without `match_type`", rule("action = \"reject\"\n    match_prefixes = [\"10.0.0.0/8\"]"), Warning, &["so the rule matches every route", "`match_type = \"prefix_list\"`"]),
        mistake("communities without effect", rule("match_type = \"prefix_list\"\n    match_prefixes = [\"10.0.0.0/8\"]\n    match_communities = [\"65000:1\"]"), Warning, &["`match_communities` has no effect"]),
        mistake("AS path that does not parse", rule("match_type = \"as_path\"\n    match_as_path_regex = \"^(65010\""), Warning, &["a `(` is not closed"]),
        mistake("a right rule", rule("match_type = \"as_path\"\n    match_as_path_regex = \"^65010_\""), Nothing, &[]),
        mistake("health check without target", vip("health_check_type = \"tcp\""), Error, &["`health_check_target`"]),
        mistake("timeout longer than interval", vip("health_check_type = \"tcp\"\n  health_check_target = \":80\"\n  health_check_interval_seconds = 2\n  health_check_timeout_seconds = 30"), Warning, &["may take 30 s"]),
        mistake("port without a colon", vip("health_check_type = \"tcp\"\n  health_check_target = \"80\""), Warning, &["such as `:80`"]),
        mistake("port that is too large", vip("health_check_type = \"tcp\"\n  health_check_target = \":99999\""), Warning, &["99999 is no port"]),
        mistake("path of a certificate", backend("\"ca.pem\""), Error, &["`ca_cert` has no certificate", "file(\"ca.pem\")"]),
        mistake("no certificate", backend("\"\""), Nothing, &[]),
    ];
    mistakes
}

async fn account() -> ControlPlane {
    let control_plane = crate::quick()
        .machines(5)
        .start()
        .await
        .expect("the control plane starts");
    let account = workspace(&control_plane, ACCOUNT);
    account.apply().await;
    control_plane
        .update(Collection::Machines, &machine(5), |machine| {
            machine.insert("is_online".to_owned(), false.into());
        })
        .expect("the machine is there");
    control_plane
}

/// What a plan finds, and its output in one line.
async fn plan(workspace: &Workspace) -> (Found, String) {
    let run = workspace.run(&["plan"]).await;
    let printed = run.printed();
    let output = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    // Terraform itself warns that the tests override the provider, and a plan that installs a machine warns of that.
    let output = output.replacen("Warning: Provider development overrides are in effect", "", 1);
    let others = output.replace("Warning: This plan reinstalls machines", "");
    let found = if output.contains("Error: ") {
        Found::Error
    } else if others.contains("Warning: ") {
        Found::Warning
    } else {
        Found::Nothing
    };
    (found, output)
}

#[tokio::test]
async fn plans_find_mistakes() {
    let control_plane = Arc::new(account().await);
    let before = control_plane.log().changes().len();
    // Terraform takes a core for a moment.
    let slots = Arc::new(Semaphore::new(4));
    let plans = mistakes().into_iter().map(|mistake| {
        let (control_plane, slots) = (Arc::clone(&control_plane), Arc::clone(&slots));
        tokio::spawn(async move {
            let _slot = slots.acquire().await.expect("the semaphore is open");
            let (found, output) = plan(&workspace(&control_plane, &mistake.configuration)).await;
            let missing: Vec<&str> = mistake
                .words
                .iter()
                .copied()
                .filter(|word| !output.contains(word))
                .collect();
            if found == mistake.found && missing.is_empty() {
                return String::new();
            }
            let (name, expected) = (mistake.name, mistake.found);
            format!("{name}: expected {expected:?}, found {found:?}, missing {missing:?}\n    {output}\n")
        })
    });
    let mut failures = String::new();
    for plan in plans.collect::<Vec<_>>() {
        write!(failures, "{}", plan.await.expect("no panic")).expect("a string");
    }
    assert!(failures.is_empty(), "{failures}");
    assert_eq!(
        control_plane.log().changes().len(),
        before,
        "a plan changes nothing"
    );
}

/// The same objects with the same mistakes, unchanged: the plan says nothing, and asks for nothing but the refresh.
#[tokio::test]
async fn unchanged_objects_are_planned_without_a_word() {
    let control_plane = control_plane().await;
    let wrong = "resource \"durantic_route\" \"it\" {\n  count = 40\n  name = \"r${count.index}\"\n  prefixes = [\"10.0.0.1/8\"]\n}\n\
                 resource \"durantic_route_policy_set\" \"it\" {\n  count = 40\n  name = \"p${count.index}\"\n  rules {\n    action = \"reject\"\n    \
                 match_prefixes = [\"10.0.0.1/8\"]\n    match_as_path_regex = \"(\"\n  }\n}\n\
                 resource \"durantic_vip\" \"it\" {\n  count = 40\n  name = \"v${count.index}\"\n  address = \"10.0.0.${count.index}\"\n  \
                 health_check_type = \"tcp\"\n  health_check_target = \"80\"\n  health_check_timeout_seconds = 60\n}\n\
                 resource \"durantic_mesh_network\" \"it\" {\n  count = 5\n  name = \"n${count.index}\"\n  network_cidr = \"10.${count.index + 60}.0.0/16\"\n}\n\
                 resource \"durantic_machine_deployment\" \"it\" {\n  machine_uuid = \"00000000-0000-4000-8000-000000000001\"\n  role_names = []\n  \
                 target_disk = \"sda\"\n  force_provision = \"\"\n}\n";
    let workspace = workspace(&control_plane, wrong);
    workspace.apply().await;
    control_plane
        .update(Collection::Machines, &machine(1), |machine| {
            machine.insert("is_online".to_owned(), false.into());
        })
        .expect("the machine is there");
    control_plane.log().clear();
    let (found, output) = plan(&workspace).await;
    assert_eq!(found, Found::Nothing, "{output}");
    assert!(output.contains("No changes"), "{output}");
    for operation in control_plane.log().counts().into_keys() {
        let of_refresh = ["route", "vip", "mesh_network", "get_machine", "openapi"];
        let is_expected = of_refresh.iter().any(|name| operation.contains(name));
        assert!(is_expected, "{operation} is for a check");
    }
    // Another object that changes is checked, and only that.
    workspace.configure(&format!(
        "{wrong}{}",
        vip("")
            .replace("\"it\" {", "\"other\" {")
            .replace("10.0.0.11", "10.0.0.1")
    ));
    let (found, output) = plan(&workspace).await;
    assert_eq!(found, Found::Warning, "{output}");
    assert_eq!(output.matches("Warning: ").count(), 1, "{output}");
}

/// A role whose template reads a variable and a secret, and a machine that has it.
fn readers(zone: &str, description: &str, version: u32) -> String {
    format!(
        "resource \"durantic_variable\" \"zone\" {{\n  name = \"zone\"\n  value = \"{zone}\"\n  description = \"{description}\"\n}}\n\
         resource \"durantic_secret\" \"password\" {{\n  name = \"password\"\n  value_wo = \"concealed-{version}\"\n  \
         value_wo_version = {version}\n}}\n\
         resource \"durantic_machine_role\" \"web\" {{\n  name = \"web\"\n  \
         template_data = \"#cloud-config\\nlocale: {{{{ vars.zone }}}}\\npassword: {{{{ secrets.password }}}}\\n\"\n  \
         depends_on = [durantic_variable.zone, durantic_secret.password]\n}}\n\
         resource \"durantic_machine_deployment\" \"node\" {{\n  count = 2\n  \
         machine_uuid = format(\"00000000-0000-4000-8000-%012d\", count.index + 1)\n  role_names = [durantic_machine_role.web.name]\n}}\n"
    )
}

#[tokio::test]
async fn changed_values_name_the_machines_that_were_installed_with_the_earlier_ones() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &readers("a", "", 1));
    workspace.apply().await;
    for (configuration, word) in [
        (readers("b", "", 1), Some("read `vars.zone`")),
        (readers("a", "", 2), Some("read `secrets.password`")),
        (readers("a", "another", 1), None),
    ] {
        workspace.configure(&configuration);
        let (found, output) = plan(&workspace).await;
        let Some(word) = word else {
            assert_eq!(found, Found::Nothing, "{output}");
            continue;
        };
        assert_eq!(found, Found::Warning, "{output}");
        for word in [
            word,
            "Machines keep the earlier value",
            "keep the earlier value: node-1, node-2.",
        ] {
            assert!(output.contains(word), "{word}: {output}");
        }
    }
}

/// Terraform plans a tainted object like a new one: its own name and block are not taken.
#[tokio::test]
async fn tainted_objects_are_not_in_their_own_way() {
    let control_plane = control_plane().await;
    let configuration = network("name = \"it\"\n  network_cidr = \"10.42.0.0/24\"")
        + &named("variable", "a", "value = \"1\"");
    let workspace = workspace(&control_plane, &configuration);
    workspace.apply().await;
    for address in ["durantic_mesh_network.it", "durantic_variable.it"] {
        workspace.run(&["taint", address]).await.succeeds();
    }
    let (found, output) = plan(&workspace).await;
    assert_eq!(found, Found::Nothing, "{output}");
}
