resource "aws_instance" "web" {
  ami = "ami-1"
}

data "null_data_source" "values" {}

resource "durantic_mesh_network" "net" {
  name = "net"
}

data "terraform_remote_state" "other" {
  backend = "local"
}
