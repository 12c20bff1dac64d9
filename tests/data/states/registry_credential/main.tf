resource "durantic_registry_credential" "it" {
  name         = "ghcr"
  registry_url = "https://ghcr.io/"
  username     = "robot"
  password     = "taken-over"
}
