terraform {
  required_providers {
    aws = "~> 2.0"
  }
}
