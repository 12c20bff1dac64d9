# All arguments

data "durantic_machine" "storage" {
  hostname = "node-2"
}

resource "durantic_mesh_network" "storage" {
  name         = "storage"
  network_cidr = "10.50.0.0/24"
}

resource "durantic_machine_role" "storage" {
  name = "storage"

  # If the role and its use leave the configuration together, Terraform ends the use first.
  lifecycle {
    create_before_destroy = true
  }
}

resource "durantic_machine_config" "storage" {
  machine_uuid      = data.durantic_machine.storage.uuid
  role_names        = [durantic_machine_role.storage.name]
  mesh_network_uuid = durantic_mesh_network.storage.uuid
  tunnel_type       = "wireguard"
  stun_enabled      = true
  auto_update       = false
  inject_agent      = true
  kexec_installer   = true
  target_disk       = "/dev/sda"
  on_destroy        = "release"
}
