resource "durantic_machine_config" "it" {
  machine_uuid      = "00000000-0000-4000-8000-000000000001"
  role_names        = ["base", "worker"]
  mesh_network_uuid = "a0000000-0000-4000-8000-000000000001"
  tunnel_type       = "wireguard"
  stun_enabled      = false
}
