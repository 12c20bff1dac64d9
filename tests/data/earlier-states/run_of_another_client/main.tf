resource "durantic_machine_deployment" "it" {
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  role_names   = ["base"]
}
