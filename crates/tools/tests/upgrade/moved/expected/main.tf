terraform {
  required_providers {
    free = {
      source = "newhome/free"
    }
    fresh = {
      source  = "newhome/fresh"
      version = "~> 2.0"
    }
    hesitant = {
      source  = "hashicorp/hesitant"
      version = "~> 1.0"
    }
  }
}
