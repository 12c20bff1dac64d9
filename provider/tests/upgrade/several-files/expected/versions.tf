terraform {
  required_providers {
    # The cloud.
    aws = {
      source  = "hashicorp/aws"
      version = "~> 2.0"
    }
    # small
    null = {
      source  = "hashicorp/null"
      version = ">= 2.0"
    }
  }
  required_version = ">= 0.13"
}
