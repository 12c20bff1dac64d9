terraform {
  required_providers {
    durantic = {
      source = "durantic/durantic"
      # Since the first of them.
      version               = ">= 1.0, < 3.0" # or later
      configuration_aliases = [durantic.west]
    }
  }
  required_version = ">= 0.13"
}
