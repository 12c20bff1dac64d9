resource "durantic_secrets_backend" "it" {
  name         = "vault"
  backend_type = "vault"
  url          = "https://vault.example.com:8200"
  config       = { mount_path = "kv", role_id = "r", ttl = 30 }
}
