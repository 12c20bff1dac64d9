# All arguments

variable "release" {
  description = "Any string. Change it to reinstall the machine."
  type        = string
  default     = "2026-11"
}

data "durantic_machine" "database" {
  hostname = "node-2"
}

resource "durantic_mesh_network" "database" {
  name         = "database"
  network_cidr = "192.168.20.0/24"
}

data "durantic_image" "ubuntu" {
  name        = "Ubuntu 24.04"
  is_official = true
}

resource "durantic_machine_role" "database" {
  name          = "database"
  image_uuid    = data.durantic_image.ubuntu.uuid
  requires_mesh = true

  # If the role and its use leave the configuration together, Terraform ends the use first.
  lifecycle {
    create_before_destroy = true
  }
}

resource "durantic_machine_deployment" "database" {
  machine_uuid      = data.durantic_machine.database.uuid
  role_names        = [durantic_machine_role.database.name]
  force_provision   = var.release
  mesh_network_uuid = durantic_mesh_network.database.uuid
  tunnel_type       = "auto"
  stun_enabled      = true
  auto_update       = true
  inject_agent      = true
  kexec_installer   = false
  target_disk       = "/dev/nvme0n1"

  # With "adopt", a machine that runs this role already would be managed as it is.
  on_create = "install"

  # Another template, image or priority of the role reinstalls the machine.
  follow_roles = true

  # One machine of the group is installed at once, and must be online for two minutes before the next one follows.
  rollout = {
    group           = "database"
    members         = [data.durantic_machine.database.uuid]
    max_unavailable = "1"
    max_failures    = 0
    healthy_for     = "2m"
    canary          = 1
  }

  # A new `release` and a change of the role are refused until this is false.
  reinstall_protection = true
  on_destroy           = "release"

  timeouts {
    create = "90m"
    update = "10m"
    delete = "10m"
  }
}

output "installation" {
  value = durantic_machine_deployment.database.provision_status
}
