# A machine that is in use joins a mesh network; nothing is installed.

terraform {
  required_providers {
    durantic = {
      source  = "durantic/durantic"
      version = "~> 1.3"
    }
  }
}

provider "durantic" {}

variable "hostname" {
  description = "Host name of an enrolled machine."
  type        = string
  default     = "node-1"
}

data "durantic_machine" "adopted" {
  hostname     = var.hostname
  not_found_ok = false
}

resource "durantic_mesh_network" "office" {
  name         = "office"
  network_cidr = "10.60.0.0/24"
}

resource "durantic_machine_config" "adopted" {
  machine_uuid      = data.durantic_machine.adopted.uuid
  mesh_network_uuid = durantic_mesh_network.office.uuid
}

output "mesh_ip" {
  description = "Address of the machine in the mesh."
  value       = durantic_machine_config.adopted.mesh_ip_address
}
