# All machines that are online and have a role

data "durantic_machines" "base" {
  role_name = "base"
  is_online = true
}

output "base_addresses" {
  value = { for name, machine in data.durantic_machines.base.machines : name => machine.mesh_ip_address }
}
