# Minimal

data "durantic_machine" "node" {
  hostname = "node-1"
}

resource "durantic_machine_config" "node" {
  machine_uuid = data.durantic_machine.node.uuid
}
