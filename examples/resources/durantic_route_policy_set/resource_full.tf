# Rejects routes that no rule matches

resource "durantic_route_policy_set" "transit" {
  name           = "transit"
  description    = "Routes that the transit provider may announce"
  default_action = "reject"
  local_pref     = 100
  advanced_mode  = true

  rules {
    sequence             = 10
    description          = "Our own blocks, and nothing smaller than a /24"
    match_type           = "prefix_list"
    match_prefixes       = ["198.51.100.0/22"]
    match_prefix_len_min = 22
    match_prefix_len_max = 24
    action               = "accept"
    set_local_pref       = 200
    set_med              = 10
    add_communities      = ["65000:100"]
  }

  rules {
    sequence          = 20
    match_type        = "community"
    match_communities = ["65000:666"]
    action            = "reject"
  }

  rules {
    sequence            = 30
    enabled             = false
    match_type          = "as_path"
    match_as_path_regex = "^65010"
    action              = "accept"
    set_communities     = ["65000:300"]
    remove_communities  = ["65000:400"]
    prepend_as_count    = 2
  }
}
