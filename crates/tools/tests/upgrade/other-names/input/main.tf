terraform {
  required_providers {
    // Our own build.
    ours = {
      version="~> 2.0"
      source ="Example.COM:443/myorg/Durantic"
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
