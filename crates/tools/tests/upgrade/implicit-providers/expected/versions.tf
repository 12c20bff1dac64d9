terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
    durantic = {
      source = "durantic/durantic"
    }
    null = {
      source = "hashicorp/null"
    }
  }
  required_version = ">= 0.13"
}
