list "durantic_secrets_backend" "all" {
  provider = durantic
}
