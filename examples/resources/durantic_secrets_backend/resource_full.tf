# With settings and a certificate

variable "role_id" {
  type      = string
  sensitive = true
}

resource "durantic_secrets_backend" "production" {
  name         = "vault-production"
  backend_type = "vault"
  url          = "https://vault.example.com:8200"
  enabled      = true
  ca_cert      = file("${path.module}/ca.pem")

  config = {
    auth_path  = "auth/approle"
    mount_path = "kv/fleet"
    role_id    = var.role_id
  }
}
