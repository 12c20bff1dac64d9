# A network that another configuration manages

data "durantic_mesh_network" "production" {
  name = "production"
}

data "durantic_machine" "web" {
  hostname = "node-1"
}

resource "durantic_machine_config" "web" {
  machine_uuid      = data.durantic_machine.web.uuid
  mesh_network_uuid = data.durantic_mesh_network.production.uuid
}
