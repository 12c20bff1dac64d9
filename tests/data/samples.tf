# The sample objects of the simulated control plane. `local.count` has their number by type.

resource "durantic_registry_credential" "sample" {
  count = local.count.registry_credential

  name         = "registry-${count.index + 1}"
  registry_url = "registry-${count.index + 1}.example.com"
  username     = "robot"
  password     = "sample-password-${count.index + 1}"
  description  = (count.index + 1) % 3 == 0 ? "Sample ${count.index + 1}" : ""
}

resource "durantic_mesh_network" "sample" {
  count = local.count.mesh_network

  name                 = "mesh-${count.index + 1}"
  network_cidr         = cidrsubnet("10.0.0.0/8", 16, count.index + 1)
  route_reflector_mode = (count.index + 1) % 3 == 0
}

resource "durantic_vip" "sample" {
  count = local.count.vip

  name                = "vip-${count.index + 1}"
  address             = cidrhost("100.64.0.0/10", count.index + 1)
  enabled             = (count.index + 1) % 5 != 0
  health_check_type   = (count.index + 1) % 3 == 0 ? "tcp" : ""
  health_check_target = (count.index + 1) % 3 == 0 ? "443" : ""
}

resource "durantic_machine_role" "sample" {
  count = local.count.machine_role

  name           = "role-${count.index + 1}"
  merge_priority = 100 + (count.index + 1) % 50
  description    = (count.index + 1) % 3 == 0 ? "Sample ${count.index + 1}" : ""
  template_data  = "#cloud-config\nfqdn: host-${count.index + 1}.example.com\n"
  vip_uuid       = (count.index + 1) % 3 == 0 ? durantic_vip.sample[count.index].uuid : null
}

resource "durantic_route" "sample" {
  count = local.count.route

  name          = "route-${count.index + 1}"
  enabled       = (count.index + 1) % 5 != 0
  prefixes      = [cidrsubnet("172.16.0.0/12", 16, count.index + 1)]
  machine_uuids = (count.index + 1) % 3 == 0 ? [local.machines[(count.index + 1) % length(local.machines)]] : null
}

resource "durantic_route_policy_set" "sample" {
  count = local.count.route_policy_set

  name           = "policy-${count.index + 1}"
  description    = (count.index + 1) % 3 == 0 ? "Sample ${count.index + 1}" : ""
  default_action = (count.index + 1) % 3 == 0 ? "reject" : "accept"

  dynamic "rules" {
    for_each = range(1, (count.index + 1) % 4 + 1)

    content {
      sequence       = rules.value * 10
      set_local_pref = rules.value * 100
    }
  }
}

resource "durantic_secret" "sample" {
  count = local.count.secret

  name        = "SECRET_${count.index + 1}"
  value       = "sample-secret-${count.index + 1}"
  description = (count.index + 1) % 3 == 0 ? "Sample ${count.index + 1}" : ""
}

resource "durantic_secrets_backend" "sample" {
  count = local.count.secrets_backend

  name         = "backend-${count.index + 1}"
  backend_type = (count.index + 1) % 3 == 0 ? "http" : "vault"
  url          = "https://vault-${count.index + 1}.example.com"
  config       = { role_id = "sample-role-${count.index + 1}" }
  enabled      = (count.index + 1) % 5 != 0
}

resource "durantic_variable" "sample" {
  count = local.count.variable

  name        = "variable_${count.index + 1}"
  value       = "value ${count.index + 1}"
  description = (count.index + 1) % 3 == 0 ? "Sample ${count.index + 1}" : ""
}
