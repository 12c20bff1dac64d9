# Stored in the state, for every version of Terraform

variable "database_password" {
  type      = string
  sensitive = true
}

resource "durantic_secret" "database_password" {
  name  = "database_password"
  value = var.database_password
}
