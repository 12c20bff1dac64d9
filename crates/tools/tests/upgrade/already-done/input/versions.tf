terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 2.0"
    }
    customplugin = {
      source = "example.com/myorg/customplugin"
    }
  }
  required_version = ">= 0.13"
}
