# Minimal: accepts all routes

resource "durantic_route_policy_set" "upstream" {
  name = "upstream"
}
