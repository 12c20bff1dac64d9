terraform {
  required_providers {
    lost = "~> 1.0"
  }
}
