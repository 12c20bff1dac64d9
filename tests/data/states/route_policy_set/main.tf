resource "durantic_route_policy_set" "it" {
  name           = "upstream"
  default_action = "reject"
  rules {
    sequence             = 10
    match_type           = "prefix_list"
    match_prefixes       = ["10.0.0.0/8"]
    match_prefix_len_max = 24
    add_communities      = ["65000:100"]
  }
  rules {
    action = "reject"
  }
}
