# All arguments

resource "durantic_mesh_network" "site" {
  name                 = "site-a"
  network_cidr         = "172.16.8.0/22"
  is_default           = true
  route_reflector_mode = true
}

output "free_addresses" {
  value = durantic_mesh_network.site.available_ip_count
}
