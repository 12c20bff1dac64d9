# Announced by two machines

data "durantic_machine" "gateway" {
  for_each = toset(["node-1", "node-2"])
  hostname = each.key
}

resource "durantic_route" "datacenter" {
  name          = "datacenter"
  enabled       = true
  prefixes      = ["10.30.0.0/16", "2001:db8:30::/48"]
  machine_uuids = [for machine in data.durantic_machine.gateway : machine.uuid]
}
