# A resource for each machine whose host name matches a pattern

data "durantic_machines" "node" {
  hostname = "node-*"
}

resource "durantic_machine_config" "node" {
  for_each     = data.durantic_machines.node.machines
  machine_uuid = each.value.uuid
  tunnel_type  = "wireguard"
}
