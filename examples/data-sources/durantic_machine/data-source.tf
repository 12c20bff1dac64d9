# By host name

data "durantic_machine" "web" {
  hostname     = "node-1"
  not_found_ok = false
}

output "web_addresses" {
  value = data.durantic_machine.web.public_ip_addresses
}
