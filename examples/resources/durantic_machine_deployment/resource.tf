# Minimal: the machine is reinstalled with the role

data "durantic_machine" "web" {
  hostname = "node-1"
}

resource "durantic_machine_role" "web" {
  name = "web"
}

resource "durantic_machine_deployment" "web" {
  machine_uuid = data.durantic_machine.web.uuid
  role_names   = [durantic_machine_role.web.name]
}
