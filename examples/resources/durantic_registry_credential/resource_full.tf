# Not stored in the state, with Terraform 1.11 or later

variable "registry_token" {
  type      = string
  sensitive = true
  ephemeral = true
}

resource "durantic_registry_credential" "internal" {
  name                = "internal"
  description         = "Images of the platform team"
  registry_url        = "registry.internal.example.com"
  username            = "robot"
  password_wo         = var.registry_token
  password_wo_version = 1
}
