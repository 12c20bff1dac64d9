list "durantic_registry_credential" "all" {
  provider = durantic
}
