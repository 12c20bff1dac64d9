terraform {
  required_providers {
    fresh = {
      source = "hashicorp/fresh"
    }
  }
  required_version = ">= 0.13"
}
