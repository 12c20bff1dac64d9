terraform {
  required_providers {
    other = "~> 1.0"
    third = {
      version = "1.2.3"
    }
  }
}
