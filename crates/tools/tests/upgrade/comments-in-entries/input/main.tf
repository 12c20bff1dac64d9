terraform {
  required_providers {
    # before
    aws = {
      # inside
      version = "~> 2.0" # behind
    } # after the brace
    null = "2.1.0" /* block */
    durantic = {
      source                = "registry.terraform.io/durantic/durantic"
      version               = "~> 1.3"
      configuration_aliases = [durantic.west]
    }
    random = { version = "2.0.0" }
    # at the end
  }
}
