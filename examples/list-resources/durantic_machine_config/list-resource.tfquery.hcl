# Machines that are online, by host name

list "durantic_machine_config" "web" {
  provider = durantic

  config {
    hostname  = "web-*"
    is_online = true
  }
}
