# Announced while the health check succeeds

data "durantic_machine" "member" {
  for_each = toset(["node-1", "node-2"])
  hostname = each.key
}

resource "durantic_vip" "kubernetes" {
  name    = "kubernetes"
  enabled = true
  address = "198.51.100.20"

  health_check_type                = "tcp"
  health_check_target              = ":6443"
  health_check_interval_seconds    = 10
  health_check_timeout_seconds     = 2
  health_check_healthy_threshold   = 3
  health_check_unhealthy_threshold = 2
  health_check_holdoff_seconds     = 30

  machine_uuids = [for machine in data.durantic_machine.member : machine.uuid]
}
