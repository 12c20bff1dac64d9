# A role that another configuration manages

data "durantic_machine_role" "base" {
  name = "base"
}

data "durantic_machine" "web" {
  hostname = "node-1"
}

resource "durantic_machine_deployment" "web" {
  machine_uuid = data.durantic_machine.web.uuid
  role_names   = [data.durantic_machine_role.base.name]
}
