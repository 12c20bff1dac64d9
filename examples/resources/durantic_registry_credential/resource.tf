# Stored in the state, for every version of Terraform

variable "registry_password" {
  type      = string
  sensitive = true
}

resource "durantic_registry_credential" "ghcr" {
  name         = "ghcr"
  registry_url = "ghcr.io"
  username     = "robot"
  password     = var.registry_password
}
