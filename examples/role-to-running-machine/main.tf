# From a role to a running machine: nginx, reachable over the mesh.

terraform {
  required_providers {
    durantic = {
      source  = "durantic/durantic"
      version = "~> 1.3"
    }
  }
}

# Endpoint and token come from DURANTIC_ENDPOINT and DURANTIC_API_TOKEN.
provider "durantic" {}

variable "hostname" {
  description = "The enrolled machine that becomes a web server. It is reinstalled."
  type        = string
  default     = "node-1"
}

variable "image_url" {
  description = "Registry address of the operating system image, as the control plane lists it."
  type        = string
  default     = "ghcr.io/durantic/ubuntu:24.04"
}

data "durantic_image" "os" {
  docker_image_url = var.image_url
}

data "durantic_machine" "web" {
  hostname = var.hostname
}

resource "durantic_mesh_network" "internal" {
  name         = "internal"
  network_cidr = "10.42.0.0/24"
}

resource "durantic_machine_role" "web" {
  name          = "web"
  description   = "nginx that answers on the mesh only"
  image_uuid    = data.durantic_image.os.uuid
  requires_mesh = true
  template_data = file("${path.module}/web.yaml")

  # If the role is removed together with its use, Terraform updates the machine first.
  lifecycle {
    create_before_destroy = true
  }
}

# Reinstalls the machine and waits until the installation has finished.
resource "durantic_machine_deployment" "web" {
  machine_uuid      = data.durantic_machine.web.uuid
  role_names        = [durantic_machine_role.web.name]
  mesh_network_uuid = durantic_mesh_network.internal.uuid

  # `terraform destroy` takes the role and the network off the machine. The machine keeps its installation.
  on_destroy = "release"

  timeouts {
    create = "60m"
  }
}

output "mesh_ip" {
  description = "Address of the web server in the mesh."
  value       = durantic_machine_deployment.web.mesh_ip_address
}
