terraform {
  required_providers {
    durantic = {
      source = "durantic/durantic"
    }
  }
}

variable "hostnames" {
  description = "Host names of the machines."
  type        = set(string)
  default     = ["node-1"]
}

variable "image" {
  description = "Address of the image to install."
  type        = string
  default     = "ghcr.io/durantic/ubuntu:24.04"

  validation {
    condition     = length(regexall(":[^/]+$", var.image)) == 1
    error_message = "The address needs a tag."
  }
}

data "durantic_image" "system" {
  docker_image_url = var.image
}

data "durantic_machine" "node" {
  for_each = var.hostnames
  hostname = each.key
}

resource "durantic_mesh_network" "internal" {
  name         = "internal"
  network_cidr = "10.42.0.0/24"
}

resource "durantic_machine_role" "web" {
  name          = "web"
  image_uuid    = data.durantic_image.system.uuid
  requires_mesh = true

  lifecycle {
    create_before_destroy = true
  }
}

resource "durantic_machine_deployment" "node" {
  for_each          = data.durantic_machine.node
  machine_uuid      = each.value.uuid
  role_names        = [durantic_machine_role.web.name]
  mesh_network_uuid = durantic_mesh_network.internal.uuid
  on_destroy        = "release"
}

resource "durantic_vip" "web" {
  name          = "web"
  address       = "10.42.0.200"
  machine_uuids = [for node in durantic_machine_deployment.node : node.machine_uuid]
}

output "addresses" {
  description = "Address of each machine in the network, by host name."
  value       = { for hostname, node in durantic_machine_deployment.node : hostname => node.mesh_ip_address }
}
