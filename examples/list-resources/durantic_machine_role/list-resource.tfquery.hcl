# All roles, with their attributes

list "durantic_machine_role" "all" {
  provider         = durantic
  include_resource = true
  limit            = 1000
}
