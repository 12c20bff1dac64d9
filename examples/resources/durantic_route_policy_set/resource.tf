# Minimal: accepts everything

resource "durantic_route_policy_set" "upstream" {
  name = "upstream"
}
