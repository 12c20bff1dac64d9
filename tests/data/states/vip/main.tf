resource "durantic_vip" "it" {
  name                = "api"
  address             = "192.0.2.10"
  health_check_type   = "https"
  health_check_target = "/healthz"
  machine_uuids       = ["00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000001"]
}
