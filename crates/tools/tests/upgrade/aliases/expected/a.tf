resource "durantic_mesh_network" "west" {
  provider     = durantic.west
  name         = "west"
  network_cidr = "10.1.0.0/24"
}
