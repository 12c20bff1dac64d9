# Minimal

resource "durantic_mesh_network" "internal" {
  name         = "internal"
  network_cidr = "10.42.0.0/24"
}
