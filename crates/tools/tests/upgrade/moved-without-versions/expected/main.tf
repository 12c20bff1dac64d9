terraform {
  required_providers {
    lost = {
      source  = "hashicorp/lost"
      version = "~> 1.0"
    }
  }
}
