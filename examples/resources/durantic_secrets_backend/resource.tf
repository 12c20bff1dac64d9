# Minimal

resource "durantic_secrets_backend" "vault" {
  name         = "vault"
  backend_type = "vault"
  url          = "https://vault.example.com"
}
