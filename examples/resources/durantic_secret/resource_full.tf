# Not stored in the state, with Terraform 1.11 or later

variable "api_key" {
  type      = string
  sensitive = true
  ephemeral = true
}

resource "durantic_secret" "api_key" {
  name             = "api_key"
  description      = "Read by templates as secrets.api_key"
  value_wo         = var.api_key
  value_wo_version = 1
}
