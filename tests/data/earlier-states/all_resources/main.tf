resource "durantic_mesh_network" "it" {
  name         = "mesh"
  network_cidr = "10.42.0.0/24"
}

resource "durantic_vip" "it" {
  name          = "vip"
  address       = "192.0.2.1"
  machine_uuids = ["00000000-0000-4000-8000-000000000001"]
}

resource "durantic_machine_role" "it" {
  name          = "role"
  template_data = "#cloud-config\n"
  vip_uuid      = durantic_vip.it.uuid
}

resource "durantic_machine_config" "it" {
  machine_uuid      = "00000000-0000-4000-8000-000000000002"
  role_names        = ["base", durantic_machine_role.it.name]
  mesh_network_uuid = durantic_mesh_network.it.uuid
  tunnel_type       = "wireguard"
  stun_enabled      = false
  auto_update       = false
  inject_agent      = false
  kexec_installer   = false
  target_disk       = "/dev/sda"
}

resource "durantic_machine_deployment" "it" {
  machine_uuid      = "00000000-0000-4000-8000-000000000001"
  role_names        = [durantic_machine_role.it.name]
  mesh_network_uuid = durantic_mesh_network.it.uuid
  target_disk       = "/dev/nvme0n1"
  force_provision   = "1"

  timeouts {
    create = "90m"
  }
}

resource "durantic_route" "it" {
  name          = "route"
  prefixes      = ["10.0.0.0/8"]
  machine_uuids = ["00000000-0000-4000-8000-000000000001"]
}

resource "durantic_route_policy_set" "it" {
  name       = "set"
  local_pref = 100

  rules {
    sequence = 20
    action   = "reject"
  }
  rules {
    sequence       = 10
    match_type     = "prefix_list"
    match_prefixes = ["10.0.0.0/8"]
    set_med        = 5
  }
}

resource "durantic_secret" "it" {
  name  = "SECRET"
  value = "concealed-1"
}

resource "durantic_secret" "write_only" {
  name             = "WRITE_ONLY"
  value_wo         = "concealed-2"
  value_wo_version = 1
}

resource "durantic_registry_credential" "it" {
  name         = "credential"
  registry_url = "https://ghcr.io/"
  username     = "robot"
  password     = "concealed-3"
}

resource "durantic_secrets_backend" "it" {
  name         = "backend"
  backend_type = "http"
  url          = "https://secrets.example.com"
  config       = { token = "concealed-4" }
}

resource "durantic_variable" "it" {
  name  = "VARIABLE"
  value = "first"
}
