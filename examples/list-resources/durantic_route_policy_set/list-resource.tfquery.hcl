list "durantic_route_policy_set" "edge" {
  provider = durantic

  config {
    name = "edge-*"
  }
}
