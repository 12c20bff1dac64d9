//! Configurations in the style of real users.

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use serde_json::{Value as Json, json};

use super::{applied, control_plane, machine, quick, workspace};

/// Removes the roles from every machine, as an operator does before the roles can be deleted.
fn remove_roles(control_plane: &ControlPlane) {
    for machine in control_plane.objects(Collection::Machines) {
        let uuid = machine["uuid"].as_str().unwrap_or_default();
        let released = control_plane.update(Collection::Machines, uuid, |machine| {
            machine.insert("role_names".to_owned(), json!([]));
        });
        released.expect("the machine is released");
    }
}

async fn destroys_everything(control_plane: &ControlPlane, workspace: &Workspace) {
    remove_roles(control_plane);
    workspace.destroy().await;
    for collection in [Collection::MeshNetworks, Collection::Vips, Collection::Secrets] {
        assert_eq!(control_plane.objects(collection), [], "{collection:?}");
    }
    assert_eq!(control_plane.violations(), Vec::<String>::new());
}

fn roles(control_plane: &ControlPlane, number: u32) -> Json {
    control_plane.machine(&machine(number)).expect("the machine")["role_names"].clone()
}

const CLUSTER: &str = r##"
variable "workers" {
  type    = list(string)
  default = ["node-3", "node-4"]
}

variable "join_token" {
  type      = string
  sensitive = true
}

locals {
  masters = ["node-1", "node-2"]
}

data "durantic_image" "ubuntu" {
  name = "Ubuntu 24.04"
}

data "durantic_machine" "all" {
  for_each = toset(concat(local.masters, var.workers))
  hostname = each.key
}

resource "durantic_mesh_network" "cluster" {
  name         = "cluster"
  network_cidr = "10.50.0.0/24"
}

resource "durantic_secret" "join" {
  name  = "JOIN_TOKEN"
  value = var.join_token
}

resource "durantic_vip" "api" {
  name                = "api"
  address             = "192.0.2.10"
  health_check_type   = "tcp"
  health_check_target = ":6443"
  machine_uuids       = [for name in local.masters : data.durantic_machine.all[name].uuid]
}

resource "durantic_machine_role" "master" {
  name          = "master"
  image_uuid    = data.durantic_image.ubuntu.uuid
  vip_uuid      = durantic_vip.api.uuid
  requires_mesh = true
  template_data = "#cloud-config\nruncmd: ['kubeadm init --token {{ secrets.JOIN_TOKEN }} --endpoint {{ role.vip }}']\n"
  depends_on    = [durantic_secret.join]
}

resource "durantic_machine_role" "worker" {
  name          = "worker"
  image_uuid    = data.durantic_image.ubuntu.uuid
  requires_mesh = true
  template_data = "#cloud-config\nruncmd: ['kubeadm join --token {{ secrets.JOIN_TOKEN }} ${durantic_vip.api.address}:6443']\n"
  depends_on    = [durantic_secret.join]
}

resource "durantic_machine_deployment" "masters" {
  for_each          = { for name in local.masters : name => data.durantic_machine.all[name] if data.durantic_machine.all[name].uuid != null }
  machine_uuid      = each.value.uuid
  mesh_network_uuid = durantic_mesh_network.cluster.uuid
  role_names        = [durantic_machine_role.master.name]
}

resource "durantic_machine_deployment" "workers" {
  for_each          = { for name in var.workers : name => data.durantic_machine.all[name] if data.durantic_machine.all[name].uuid != null }
  machine_uuid      = each.value.uuid
  mesh_network_uuid = durantic_mesh_network.cluster.uuid
  role_names        = [durantic_machine_role.worker.name]
  depends_on        = [durantic_machine_deployment.masters]
}

output "addresses" {
  value = { for name, node in merge(durantic_machine_deployment.masters, durantic_machine_deployment.workers) : name => node.mesh_ip_address }
}
"##;

#[tokio::test]
async fn kubernetes_cluster_deploys_newly_enrolled_workers() {
    let control_plane = quick()
        .machines(3)
        .start()
        .await
        .expect("the control plane starts");
    let workspace = workspace(&control_plane, CLUSTER).with("TF_VAR_join_token", "abcdef.0123456789abcdef");
    let output = workspace.apply().await.printed();
    assert!(!output.contains("abcdef.0123456789abcdef"), "{output}");
    let addresses = workspace.outputs().await["addresses"].clone();
    let found: Vec<&String> = addresses.as_object().expect("addresses").keys().collect();
    assert_eq!(
        found,
        ["node-1", "node-2", "node-3"],
        "node-4 is not enrolled yet"
    );
    assert_eq!(roles(&control_plane, 1), json!(["master"]));
    let order: Vec<String> = control_plane
        .runs()
        .into_iter()
        .map(|run| run.machine_uuid)
        .collect();
    assert_eq!(
        order.last(),
        Some(&machine(3)),
        "workers join after their masters"
    );
    workspace.plans_empty().await;

    let fourth = json!({ "uuid": machine(4), "hostname": "node-4" });
    let enrolled = control_plane.create(
        Collection::Machines,
        fourth.as_object().expect("an object").clone(),
    );
    enrolled.expect("a machine is enrolled");
    let worker = "durantic_machine_deployment.workers[\"node-4\"]";
    assert_eq!(workspace.plan().await.changes(), [format!("{worker}: create")]);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(
        control_plane.runs().len(),
        4,
        "the other machines are not reinstalled"
    );
    assert_eq!(roles(&control_plane, 4), json!(["worker"]));
    workspace.plans_empty().await;
    destroys_everything(&control_plane, &workspace).await;
}

const TIERS: &str = r##"
locals {
  tiers = {
    web      = { image = "Ubuntu 24.04", official = true, machines = ["node-1"], priority = 100 }
    app      = { image = "Debian 13", official = true, machines = ["node-2"], priority = 200 }
    database = { image = "Debian 13", official = false, machines = ["node-3"], priority = 300 }
  }
  machines = merge([for tier, settings in local.tiers : { for name in settings.machines : name => tier }]...)
}

data "durantic_image" "tier" {
  for_each    = local.tiers
  name        = each.value.image
  is_official = each.value.official
}

data "durantic_machine" "node" {
  for_each     = local.machines
  hostname     = each.key
  not_found_ok = false
}

resource "durantic_mesh_network" "internal" {
  name         = "internal"
  network_cidr = "192.168.7.0/28"
}

resource "durantic_machine_role" "tier" {
  for_each       = local.tiers
  name           = each.key
  merge_priority = each.value.priority
  image_uuid     = data.durantic_image.tier[each.key].uuid
  template_data  = "#cloud-config\nhostname: {{ machine.hostname }}.${each.key}\n"
}

resource "durantic_machine_deployment" "node" {
  for_each          = local.machines
  machine_uuid      = data.durantic_machine.node[each.key].uuid
  mesh_network_uuid = durantic_mesh_network.internal.uuid
  role_names        = ["base", durantic_machine_role.tier[each.value].name]
}
"##;

#[tokio::test]
async fn change_of_one_tier_leaves_the_others_alone() {
    let (control_plane, workspace) = applied(TIERS).await;
    assert_eq!(control_plane.runs().len(), 3);
    let image = |tier: &str| {
        let role = control_plane
            .find(Collection::MachineRoles, tier)
            .expect("the role");
        role["image_uuid"].clone()
    };
    assert_ne!(image("app"), image("database"), "two images share their name");
    workspace.plans_empty().await;

    workspace.configure(
        &TIERS
            .replace("\"base\", durantic", "durantic")
            .replace("priority = 200", "priority = 250"),
    );
    let plan = workspace.plan().await;
    let expected = [
        "durantic_machine_deployment.node[\"node-1\"]: delete,create",
        "durantic_machine_deployment.node[\"node-2\"]: delete,create",
        "durantic_machine_deployment.node[\"node-3\"]: delete,create",
        "durantic_machine_role.tier[\"app\"]: update",
    ];
    assert_eq!(
        plan.changes(),
        expected,
        "another set of roles reinstalls the machine"
    );

    workspace.configure(&TIERS.replace("machines = [\"node-2\"]", "machines = []"));
    let expected = ["durantic_machine_deployment.node[\"node-2\"]: delete"];
    assert_eq!(workspace.plan().await.changes(), expected);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(control_plane.runs().len(), 3, "no machine is reinstalled");
    workspace.plans_empty().await;
    destroys_everything(&control_plane, &workspace).await;
}

const SINGLE: &str = r#"
locals {
  variables = { DOMAIN = "example.com", REPLICAS = "3" }
}

variable "secrets" {
  type      = map(string)
  sensitive = true
  default   = { DB_PASSWORD = "correct horse", API_KEY = "battery staple" }
}

data "durantic_machine" "node" {
  hostname = "node-1"
}

resource "durantic_variable" "it" {
  for_each = local.variables
  name     = each.key
  value    = each.value
}

resource "durantic_secret" "it" {
  for_each         = nonsensitive(toset(keys(var.secrets)))
  name             = each.key
  value_wo         = var.secrets[each.key]
  value_wo_version = 1
}

resource "durantic_machine_role" "single" {
  name          = "single"
  template_data = file("${path.module}/single.yaml")
  depends_on    = [durantic_variable.it, durantic_secret.it]
}

resource "durantic_machine_deployment" "single" {
  machine_uuid    = data.durantic_machine.node.uuid
  role_names      = [durantic_machine_role.single.name]
  force_provision = filesha256("${path.module}/single.yaml")
}
"#;

#[tokio::test]
async fn changed_template_reinstalls_a_single_node() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, SINGLE);
    let template = "#cloud-config\nfqdn: {{ machine.hostname }}.{{ vars.DOMAIN }}\npassword: {{ secrets.DB_PASSWORD }}\n\n";
    workspace.write("single.yaml", template);
    workspace.apply().await;
    let role = || {
        control_plane
            .find(Collection::MachineRoles, "single")
            .expect("the role")
    };
    assert_eq!(role()["template_data"], template);
    assert_eq!(
        control_plane
            .find(Collection::Secrets, "DB_PASSWORD")
            .expect("it")["value"],
        "correct horse"
    );
    assert!(!workspace.state_file().contains("correct horse"));
    workspace.plans_empty().await;

    let template = template.replace("fqdn", "hostname");
    workspace.write("single.yaml", &template);
    let plan = workspace.plan().await;
    let expected = [
        "durantic_machine_deployment.single: delete,create",
        "durantic_machine_role.single: update",
    ];
    assert_eq!(plan.changes(), expected);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(role()["template_data"], template);
    assert_eq!(control_plane.runs().len(), 2);
    workspace.plans_empty().await;

    workspace.configure(
        &SINGLE
            .replace("vars.DOMAIN", "vars.HOST")
            .replace("REPLICAS = \"3\"", ""),
    );
    assert_eq!(
        workspace.plan().await.changes(),
        ["durantic_variable.it[\"REPLICAS\"]: delete"]
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    destroys_everything(&control_plane, &workspace).await;
}
