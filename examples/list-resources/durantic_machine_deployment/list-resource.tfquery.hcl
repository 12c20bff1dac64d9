# Machines that have a role

list "durantic_machine_deployment" "database" {
  provider = durantic

  config {
    role_name = "database"
  }
}
