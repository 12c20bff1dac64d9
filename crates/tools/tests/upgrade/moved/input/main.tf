terraform {
  required_providers {
    free     = {}
    fresh    = "~> 2.0"
    hesitant = "~> 1.0"
  }
}
