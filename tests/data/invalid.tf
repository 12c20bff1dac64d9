# Every kind of invalid value, one resource for each. The comment on a line is a part of the error that Terraform must report
# for that line. No other errors are expected.

resource "durantic_mesh_network" "name" {
  name         = "" # must have at least 1 characters
  network_cidr = "10.0.0.0/8"
}

resource "durantic_mesh_network" "cidr" {
  name         = "it"
  network_cidr = "10.0.0.0" # must be an address block in CIDR notation
}

resource "durantic_mesh_network" "canonical" {
  name         = "it"
  network_cidr = "10.0.0.5/24" # Did you mean 10.0.0.0/24?
}

resource "durantic_mesh_network" "private" {
  name         = "it"
  network_cidr = "8.8.8.0/24" # Network block is not private
}

resource "durantic_mesh_network" "private_v6" {
  name         = "it"
  network_cidr = "fd00::/64" # Network block is not private
}

resource "durantic_mesh_network" "larger_than_private" {
  name         = "it"
  network_cidr = "172.16.0.0/11" # Network block is not private
}

resource "durantic_machine_role" "name" {
  name = "" # must have at least 1 characters
}

resource "durantic_machine_role" "large" {
  name           = "it"
  merge_priority = 2147483648 # must be a whole number between -2147483648 and 2147483647
}

resource "durantic_machine_role" "small" {
  name           = "it"
  merge_priority = -2147483649 # must be a whole number between -2147483648 and 2147483647
}

resource "durantic_machine_role" "fraction" {
  name           = "it"
  merge_priority = 1.5 # must be a whole number, got 1.5
}

resource "durantic_machine_role" "image" {
  name       = "it"
  image_uuid = "ubuntu" # must be a UUID
}

resource "durantic_machine_role" "vip" {
  name     = "it"
  vip_uuid = "0b8e5a7c4a534d1b9c5e3f1f6f0f2d11" # must be a UUID
}

resource "durantic_machine_config" "machine" {
  machine_uuid = "node-1" # must be a UUID
}

resource "durantic_machine_config" "mesh" {
  machine_uuid      = "00000000-0000-4000-8000-000000000001"
  mesh_network_uuid = "mesh" # must be a UUID
}

resource "durantic_machine_config" "tunnel" {
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  tunnel_type  = "wiregard" # Did you mean "wireguard"?
}

resource "durantic_machine_config" "destroy" {
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  on_destroy   = "relase" # Did you mean "release"?
}

resource "durantic_machine_config" "roles" {
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  role_names   = ["a", null] # Null collection element
}

resource "durantic_machine_deployment" "machine" {
  machine_uuid = "node-1" # must be a UUID
}

resource "durantic_machine_deployment" "mesh" {
  machine_uuid      = "00000000-0000-4000-8000-000000000001"
  mesh_network_uuid = "mesh" # must be a UUID
}

resource "durantic_machine_deployment" "tunnel" {
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  tunnel_type  = "genave" # Did you mean "geneve"?
}

resource "durantic_machine_deployment" "destroy" {
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  on_destroy   = "delete" # must be one of
}

resource "durantic_machine_deployment" "create" {
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  on_create    = "adopted" # Did you mean "adopt"?
}

resource "durantic_machine_deployment" "roles" {
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  role_names   = [null] # Null collection element
}

# Terraform shows an error within an object at the line of the resource.
resource "durantic_machine_deployment" "group" { # must have at least 1 characters
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  rollout      = { group = "" }
}

resource "durantic_machine_deployment" "members-format" { # must be a UUID
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  rollout      = { group = "web", members = ["00000000-0000-4000-8000-000000000001", "node-1"] }
}

resource "durantic_machine_deployment" "members-null" { # Null collection element
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  rollout      = { group = "web", members = ["00000000-0000-4000-8000-000000000001", null] }
}

resource "durantic_machine_deployment" "canary-range" { # must be at least 1
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  rollout      = { group = "web", canary = 0 }
}

resource "durantic_machine_deployment" "canary-fraction" { # must be a whole number
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  rollout      = { group = "web", canary = 1.5 }
}

resource "durantic_machine_deployment" "max_failures-range" { # must be at least 0
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  rollout      = { group = "web", max_failures = -1 }
}

resource "durantic_machine_deployment" "max_failures-fraction" { # must be a whole number
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  rollout      = { group = "web", max_failures = 0.5 }
}

resource "durantic_machine_deployment" "healthy_for" { # must be a duration
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  rollout      = { group = "web", healthy_for = "soon" }
}

resource "durantic_machine_deployment" "timeouts" {
  machine_uuid = "00000000-0000-4000-8000-000000000001"
  timeouts {
    create = "an hour" # must be a duration
    update = "5"       # must be a duration
    delete = "-5m"     # must be a duration
  }
}

resource "durantic_vip" "name" {
  name    = "" # must have at least 1 characters
  address = "192.0.2.1"
}

resource "durantic_vip" "address" {
  name    = "it"
  address = "192.0.2.0/24" # must be an IPv4 or IPv6 address
}

resource "durantic_vip" "type" {
  name                = "it"
  address             = "192.0.2.1"
  health_check_type   = "htpp" # Did you mean "http"?
  health_check_target = "/healthz"
}

resource "durantic_vip" "target" { # `health_check_target` must be set when `health_check_type` is set
  name              = "it"
  address           = "192.0.2.1"
  health_check_type = "tcp"
}

resource "durantic_vip" "numbers" {
  name                             = "it"
  address                          = "192.0.2.1"
  health_check_interval_seconds    = 0  # must be at least 1, got 0
  health_check_timeout_seconds     = 0  # must be at least 1, got 0
  health_check_healthy_threshold   = 0  # must be at least 1, got 0
  health_check_unhealthy_threshold = -1 # must be at least 1, got -1
  health_check_holdoff_seconds     = -1 # must be at least 0, got -1
}

resource "durantic_vip" "large" {
  name                             = "it"
  address                          = "192.0.2.1"
  health_check_interval_seconds    = 2147483648 # must be a whole number between -2147483648 and 2147483647
  health_check_timeout_seconds     = 2147483648 # must be a whole number between -2147483648 and 2147483647
  health_check_healthy_threshold   = 2147483648 # must be a whole number between -2147483648 and 2147483647
  health_check_unhealthy_threshold = 2147483648 # must be a whole number between -2147483648 and 2147483647
  health_check_holdoff_seconds     = 2147483648 # must be a whole number between -2147483648 and 2147483647
}

resource "durantic_vip" "no_machine" {
  name          = "it"
  address       = "192.0.2.1"
  machine_uuids = ["00000000-0000-4000-8000-000000000001", null] # Null collection element
}

resource "durantic_vip" "machines" {
  name          = "it"
  address       = "192.0.2.1"
  machine_uuids = ["node-1"] # must be a UUID
}

resource "durantic_route" "name" {
  name     = "" # must have at least 1 characters
  prefixes = ["10.0.0.0/8"]
}

resource "durantic_route" "no_prefixes" {
  name     = "it"
  prefixes = [] # must have at least 1 elements, got 0
}

resource "durantic_route" "prefixes" {
  name     = "it"
  prefixes = ["10.0.0.0/8", "10.0.0.0/33"] # must be an address block in CIDR notation
}

resource "durantic_route" "no_prefix" {
  name     = "it"
  prefixes = [null] # Null collection element
}

resource "durantic_route" "no_machine" {
  name          = "it"
  prefixes      = ["10.0.0.0/8"]
  machine_uuids = [null] # Null collection element
}

resource "durantic_route" "machines" {
  name          = "it"
  prefixes      = ["10.0.0.0/8"]
  machine_uuids = ["node-1"] # must be a UUID
}

resource "durantic_secret" "name" {
  name  = "" # must have at least 1 characters
  value = "v"
}

resource "durantic_secret" "both" {
  name     = "it"
  value    = "v"
  value_wo = "w" # Only one of `value`, `value_wo` can be set
}

resource "durantic_secret" "large" {
  name             = "it"
  value_wo         = "v"
  value_wo_version = 2147483648 # must be a whole number between -2147483648 and 2147483647
}

resource "durantic_variable" "name" {
  name  = "" # must have at least 1 characters
  value = "v"
}

resource "durantic_secrets_backend" "name" {
  name         = "" # must have at least 1 characters
  backend_type = "vault"
  url          = "https://vault.example.com"
}

resource "durantic_secrets_backend" "type" {
  name         = "it"
  backend_type = "valt" # Did you mean "vault"?
  url          = "https://vault.example.com"
}

resource "durantic_secrets_backend" "url" {
  name         = "it"
  backend_type = "vault"
  url          = "vault.example.com" # must be a URL that begins with http:// or https://
}

resource "durantic_secrets_backend" "scheme" {
  name         = "it"
  backend_type = "vault"
  url          = "ftp://vault.example.com" # must be a URL that begins with http:// or https://
}

resource "durantic_secrets_backend" "config" {
  name         = "it"
  backend_type = "vault"
  url          = "https://vault.example.com"
  config       = { role_id = null } # Null collection element
}

resource "durantic_registry_credential" "name" {
  name         = "" # must have at least 1 characters
  registry_url = "ghcr.io"
  username     = "robot"
  password     = "p"
}

resource "durantic_registry_credential" "url" {
  name         = "it"
  registry_url = "" # must have at least 1 characters
  username     = "robot"
  password     = "p"
}

resource "durantic_registry_credential" "both" {
  name         = "it"
  registry_url = "ghcr.io"
  username     = "robot"
  password     = "p"
  password_wo  = "q" # Only one of `password`, `password_wo` can be set
}

resource "durantic_registry_credential" "large" {
  name                = "it"
  registry_url        = "ghcr.io"
  username            = "robot"
  password_wo         = "p"
  password_wo_version = 2147483648 # must be a whole number between -2147483648 and 2147483647
}

resource "durantic_route_policy_set" "name" {
  name = "" # must have at least 1 characters
}

resource "durantic_route_policy_set" "set" {
  name           = "it"
  default_action = "drop"     # must be one of "accept", "reject"
  local_pref     = 2147483648 # must be a whole number between -2147483648 and 2147483647
}

resource "durantic_route_policy_set" "rules" {
  name = "it"
  rules {
    sequence             = 2147483648    # must be a whole number between -2147483648 and 2147483647
    action               = "acept"       # Did you mean "accept"?
    match_type           = "prefix"      # Did you mean "prefix_list"?
    match_prefixes       = ["10.0.0.0"]  # must be an address block in CIDR notation
    match_prefix_len_min = -1            # must be between 0 and 128, got -1
    match_prefix_len_max = 129           # must be between 0 and 128, got 129
    match_communities    = ["65000-100"] # must match
    set_communities      = ["65000:"]    # must match
    add_communities      = [""]          # must match
    remove_communities   = ["a b"]       # must match
    prepend_as_count     = -1            # must be at least 0, got -1
    set_local_pref       = 2147483648    # must be a whole number between -2147483648 and 2147483647
    set_med              = 2147483648    # must be a whole number between -2147483648 and 2147483647
  }
  rules {
    sequence             = 11
    match_prefix_len_min = 129 # must be between 0 and 128, got 129
  }
  rules {
    sequence             = 12
    match_prefix_len_max = -1         # must be between 0 and 128, got -1
    prepend_as_count     = 2147483648 # must be a whole number between -2147483648 and 2147483647
  }
  rules {
    sequence             = 13
    match_prefix_len_min = 2147483648 # must be a whole number between -2147483648 and 2147483647
    match_prefix_len_max = 0.5        # must be a whole number, got 0.5
  }
  rules {
    sequence           = 14
    match_prefixes     = ["10.0.0.0/8", null] # Null collection element
    match_communities  = [null]               # Null collection element
    set_communities    = [null]               # Null collection element
    add_communities    = [null]               # Null collection element
    remove_communities = [null]               # Null collection element
  }
  rules {
    sequence             = 20
    match_prefix_len_min = 25 # `match_prefix_len_min` (25) is greater than `match_prefix_len_max` (24)
    match_prefix_len_max = 24
  }
  rules { # `match_prefixes` must be set when `match_type` is "prefix_list"
    sequence   = 30
    match_type = "prefix_list"
  }
  rules { # `match_communities` must be set when `match_type` is "community"
    sequence   = 40
    match_type = "community"
  }
  rules { # `match_as_path_regex` must be set when `match_type` is "as_path"
    sequence   = 50
    match_type = "as_path"
  }
  rules {
    sequence = 50 # Another rule has the sequence 50 already
  }
}

data "durantic_machine" "uuid" {
  uuid = "node-1" # must be a UUID
}

data "durantic_machine" "none" { # Exactly one of `uuid`, `hostname` must be set
}

data "durantic_machine" "both" {
  uuid     = "00000000-0000-4000-8000-000000000001"
  hostname = "node-1" # Only one of `uuid`, `hostname` can be set
}

data "durantic_machines" "hostname" {
  hostname = "web-[" # must be a pattern such as web-* or db-[12]
}

data "durantic_machines" "role" {
  role_name = "" # must have at least 1 characters
}

data "durantic_machines" "mesh" {
  mesh_network_uuid = "mesh" # must be a UUID
}

data "durantic_image" "uuid" {
  uuid = "ubuntu" # must be a UUID
}

data "durantic_image" "none" { # Exactly one of `uuid`, `name`, `docker_image_url` must be set
}

data "durantic_image" "both" {
  name             = "Ubuntu 24.04"
  docker_image_url = "ghcr.io/durantic/ubuntu:24.04" # Only one of `uuid`, `name`, `docker_image_url` can be set
}

data "durantic_machine_role" "uuid" {
  uuid = "it" # must be a UUID
}

data "durantic_mesh_network" "uuid" {
  uuid = "it" # must be a UUID
}

data "durantic_registry_credential" "uuid" {
  uuid = "it" # must be a UUID
}

data "durantic_secret" "uuid" {
  uuid = "it" # must be a UUID
}

data "durantic_variable" "uuid" {
  uuid = "it" # must be a UUID
}

data "durantic_vip" "uuid" {
  uuid = "it" # must be a UUID
}
