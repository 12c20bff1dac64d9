resource "durantic_mesh_network" "it" {
  name         = "prod"
  network_cidr = "10.42.0.0/24"
  is_default   = true
}
