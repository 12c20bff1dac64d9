terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 2.0, != 2.5.0"
    }
  }
  required_version = ">= 0.13"
}
