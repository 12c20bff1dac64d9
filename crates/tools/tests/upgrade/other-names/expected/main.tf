terraform {
  required_providers {
    // Our own build.
    ours = {
      source  = "example.com/myorg/durantic"
      version = "~> 2.0"
    }
    durantic = {
      source = "durantic/durantic"
    }
  }
}

resource "durantic_mesh_network" "ours" {
  provider     = ours
  name         = "ours"
  network_cidr = "10.2.0.0/24"
}

resource "durantic_mesh_network" "public" {
  name         = "public"
  network_cidr = "10.1.0.0/24"
}
