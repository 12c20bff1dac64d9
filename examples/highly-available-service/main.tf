# Two machines behind one virtual IP, with their routes, a policy, a secret and a variable.

terraform {
  required_version = ">= 1.11"

  required_providers {
    durantic = {
      source  = "durantic/durantic"
      version = "~> 1.3"
    }
  }
}

provider "durantic" {}

variable "hostnames" {
  description = "Enrolled machines that run the service."
  type        = set(string)
  default     = ["node-1", "node-2"]
}

variable "database_password" {
  description = "Password of the service's database."
  type        = string
  sensitive   = true
  ephemeral   = true
}

data "durantic_machine" "member" {
  for_each     = var.hostnames
  hostname     = each.key
  not_found_ok = false
}

locals {
  members = [for machine in data.durantic_machine.member : machine.uuid]
}

resource "durantic_vip" "service" {
  name                = "service"
  address             = "198.51.100.30"
  health_check_type   = "http"
  health_check_target = "/healthz"
  machine_uuids       = local.members
}

resource "durantic_route" "service" {
  name          = "service"
  prefixes      = ["198.51.100.0/24"]
  machine_uuids = local.members
}

resource "durantic_route_policy_set" "upstream" {
  name           = "upstream"
  default_action = "reject"

  rules {
    sequence       = 10
    description    = "The default route"
    match_type     = "prefix_list"
    match_prefixes = ["0.0.0.0/0"]
    action         = "accept"
  }
}

resource "durantic_secret" "database_password" {
  name             = "database_password"
  value_wo         = var.database_password
  value_wo_version = 1
}

resource "durantic_variable" "database_host" {
  name  = "database_host"
  value = "database.example.com"
}

resource "durantic_machine_role" "service" {
  name          = "service"
  vip_uuid      = durantic_vip.service.uuid
  template_data = file("${path.module}/service.yaml")

  # The template reads the secret and the variable.
  depends_on = [durantic_secret.database_password, durantic_variable.database_host]

  # If the role and its use leave the configuration together, Terraform ends the use first.
  lifecycle {
    create_before_destroy = true
  }
}

resource "durantic_machine_config" "member" {
  for_each     = var.hostnames
  machine_uuid = data.durantic_machine.member[each.key].uuid
  role_names   = [durantic_machine_role.service.name]
}
