resource "durantic_machine_deployment" "it" {
  machine_uuid      = "00000000-0000-4000-8000-000000000001"
  role_names        = ["worker", "base"]
  mesh_network_uuid = "a0000000-0000-4000-8000-000000000001"
  target_disk       = "/dev/nvme0n1"
  force_provision   = "2025-11-03"
}
