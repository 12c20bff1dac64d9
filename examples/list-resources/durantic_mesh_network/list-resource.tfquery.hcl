list "durantic_mesh_network" "production" {
  provider = durantic

  config {
    name = "production-*"
  }
}
