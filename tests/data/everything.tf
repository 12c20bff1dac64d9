# All resources and data sources in one configuration, as `tests/terraform/everything.rs` applies it.

data "durantic_machine" "node" {
  for_each = toset(["node-1", "node-2", "node-9"])
  hostname = each.key
}

data "durantic_image" "ubuntu" {
  name = "Ubuntu 24.04"
}

data "durantic_images" "all" {}

data "durantic_machines" "nodes" {
  hostname = "node-*"
}

resource "durantic_mesh_network" "it" {
  name                 = "mesh"
  network_cidr         = "10.42.0.0/24"
  is_default           = false # true
  route_reflector_mode = false # true
}

resource "durantic_vip" "it" {
  name                             = "vip"                                       # "other-vip"
  enabled                          = true                                        # false
  address                          = "192.0.2.1"                                 # "2001:db8::1"
  health_check_type                = "http"                                      # "tcp"
  health_check_target              = "/healthz"                                  # ":6443"
  health_check_interval_seconds    = 10                                          # 20
  health_check_timeout_seconds     = 4                                           # 5
  health_check_healthy_threshold   = 3                                           # 4
  health_check_unhealthy_threshold = 5                                           # 6
  health_check_holdoff_seconds     = 7                                           # 8
  machine_uuids                    = [data.durantic_machine.node["node-1"].uuid] # []
}

resource "durantic_machine_role" "it" {
  name           = "role"                          # "other-role"
  merge_priority = 7                               # 8
  template_data  = "#cloud-config\n"               # "#cloud-config\nhostname: {{ machine.hostname }}\n"
  description    = "first"                         # "second"
  image_uuid     = data.durantic_image.ubuntu.uuid # null
  vip_uuid       = durantic_vip.it.uuid            # null
  requires_mesh  = true                            # false
}

resource "durantic_machine_config" "it" {
  machine_uuid      = data.durantic_machine.node["node-2"].uuid
  role_names        = ["base", durantic_machine_role.it.name] # ["base"]
  mesh_network_uuid = durantic_mesh_network.it.uuid           # null
  tunnel_type       = "wireguard"                             # "geneve"
  stun_enabled      = true                                    # false
  auto_update       = true                                    # false
  inject_agent      = true                                    # false
  kexec_installer   = true                                    # false
  target_disk       = "/dev/sda"                              # null
}

resource "durantic_machine_deployment" "it" {
  machine_uuid      = data.durantic_machine.node["node-1"].uuid
  role_names        = [durantic_machine_role.it.name] # ["base", durantic_machine_role.it.name]
  mesh_network_uuid = durantic_mesh_network.it.uuid
  tunnel_type       = "auto"     # "geneve"
  target_disk       = "/dev/sda" # "/dev/nvme0n1"
}

resource "durantic_route" "it" {
  name          = "route"        # "other-route"
  enabled       = true           # false
  prefixes      = ["10.0.0.0/8"] # ["2001:db8::/32", "10.0.0.0/8"]
  machine_uuids = []             # [data.durantic_machine.node["node-1"].uuid]
}

resource "durantic_route_policy_set" "it" {
  name           = "set"    # "other-set"
  description    = "first"  # "second"
  default_action = "accept" # "reject"
  local_pref     = 100      # null
  advanced_mode  = true     # false
  rules {
    sequence = 10 # 5
    action   = "reject"
  }
  rules {
    sequence       = 20
    match_type     = "prefix_list"
    match_prefixes = ["10.0.0.0/8"] # ["192.168.0.0/16"]
    set_med        = 5              # null
  }
}

resource "durantic_secret" "it" {
  name        = "SECRET"      # "OTHER_SECRET"
  value       = "concealed-1" # "concealed-2"
  description = "first"       # "second"
}

resource "durantic_variable" "it" {
  name        = "VARIABLE" # "OTHER_VARIABLE"
  value       = "first"    # "second"
  description = "first"    # "second"
}

resource "durantic_secrets_backend" "it" {
  name         = "backend"                   # "other-backend"
  backend_type = "vault"                     # "http"
  url          = "https://vault.example.com" # "https://secrets.example.com"
  config       = { role_id = "concealed-5" } # { token = "concealed-6" }
  ca_cert      = "-----BEGIN CERTIFICATE-----\nZmlyc3Q=\n-----END CERTIFICATE-----\n" # "-----BEGIN CERTIFICATE-----\nc2Vjb25k\n-----END CERTIFICATE-----\n"
  enabled      = true                        # false
}

resource "durantic_registry_credential" "it" {
  name         = "credential"  # "other-credential"
  registry_url = "ghcr.io"     # "https://quay.io/"
  username     = "first"       # "second"
  password     = "concealed-3" # "concealed-4"
  description  = "first"       # "second"
}

data "durantic_machine_role" "again" {
  uuid = durantic_machine_role.it.uuid
}

data "durantic_mesh_network" "again" {
  uuid = durantic_mesh_network.it.uuid
}

data "durantic_registry_credential" "again" {
  uuid = durantic_registry_credential.it.uuid
}

data "durantic_secret" "again" {
  uuid = durantic_secret.it.uuid
}

data "durantic_variable" "again" {
  uuid = durantic_variable.it.uuid
}

data "durantic_vip" "again" {
  uuid = durantic_vip.it.uuid
}

output "found" {
  value = [for name, machine in data.durantic_machine.node : name if machine.uuid != null]
}

output "images" {
  value = length(data.durantic_images.all.images)
}

output "machines" {
  value = keys(data.durantic_machines.nodes.machines)
}
