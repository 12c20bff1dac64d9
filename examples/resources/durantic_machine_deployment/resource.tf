# Minimal: the machine is reinstalled with the role

data "durantic_machine" "web" {
  hostname = "node-1"
}

data "durantic_image" "ubuntu" {
  name        = "Ubuntu 24.04"
  is_official = true
}

resource "durantic_machine_role" "web" {
  name       = "web"
  image_uuid = data.durantic_image.ubuntu.uuid

  # If the role and its use leave the configuration together, Terraform ends the use first.
  lifecycle {
    create_before_destroy = true
  }
}

resource "durantic_machine_deployment" "web" {
  machine_uuid = data.durantic_machine.web.uuid
  role_names   = [durantic_machine_role.web.name]
}
