import {
  to = durantic_secrets_backend.vault
  identity = {
    uuid = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
  }
}
