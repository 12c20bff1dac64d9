# A virtual IP that another configuration manages

data "durantic_vip" "api" {
  name = "api"
}

resource "durantic_machine_role" "api" {
  name     = "api"
  vip_uuid = data.durantic_vip.api.uuid
}

output "api_address" {
  value = data.durantic_vip.api.address
}
