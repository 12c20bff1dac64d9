terraform {
  required_providers {
    # before
    aws = {
      source = "hashicorp/aws"
      # inside
      version = "~> 2.0" # behind
    }                    # after the brace
    null = {
      source  = "hashicorp/null"
      version = "2.1.0"
    } /* block */
    durantic = {
      source                = "durantic/durantic"
      version               = "~> 1.3"
      configuration_aliases = [durantic.west]
    }
    random = {
      source  = "hashicorp/random"
      version = "2.0.0"
    }
    # at the end
  }
}
