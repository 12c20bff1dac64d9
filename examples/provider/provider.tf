terraform {
  required_providers {
    durantic = {
      source  = "durantic/durantic"
      version = "~> 1.3"
    }
  }
}

# The token comes from the environment variable DURANTIC_API_TOKEN.
provider "durantic" {}
