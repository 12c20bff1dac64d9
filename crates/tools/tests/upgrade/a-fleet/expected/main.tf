# The network of every machine.
resource "durantic_mesh_network" "net" {
  name = "${var.name}"
  network_cidr="10.1.0.0/24" # small
}

resource durantic_machine_role "web" {
  count = 2
  provider = "durantic.second"
  name  = "web-${count.index}"
  template_data =<<-EOT
    #cloud-config
    hostname: ${ var.name }
  EOT
}

data "terraform_remote_state" "other" {
  backend = "local"
}
