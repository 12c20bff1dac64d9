# Several machines, of which some may not be enrolled

data "durantic_machine" "all" {
  for_each = toset(["node-1", "node-2", "node-17"])
  hostname = each.key

  # A missing machine has null attributes, without a warning.
  not_found_ok = true
}

locals {
  enrolled = { for name, machine in data.durantic_machine.all : name => machine if machine.uuid != null }
}

output "enrolled" {
  value = keys(local.enrolled)
}
