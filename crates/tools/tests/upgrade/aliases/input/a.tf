terraform {
  required_providers {
    durantic = {
      # Since the first of them.
      version = ">= 1.0" # or later
      configuration_aliases = [ durantic.west ]
    }
  }
}

resource "durantic_mesh_network" "west" {
  provider     = durantic.west
  name         = "west"
  network_cidr = "10.1.0.0/24"
}
