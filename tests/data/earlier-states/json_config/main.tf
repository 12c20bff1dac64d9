import {
  to = durantic_secrets_backend.it
  id = "40000000-0000-4000-8000-000000000001"
}

resource "durantic_secrets_backend" "it" {
  name         = "vault"
  backend_type = "vault"
  url          = "https://vault.example.com"
  config = {
    role    = "reader"
    timeout = 30
    paths   = "[ \"a\" ]"
  }
}
