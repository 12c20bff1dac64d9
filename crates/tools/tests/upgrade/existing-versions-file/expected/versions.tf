# Which Terraform we use.
terraform {
  required_version = ">= 0.13" # since last year
  backend "local" {}
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
