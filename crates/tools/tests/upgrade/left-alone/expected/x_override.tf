terraform {
  required_providers {
    null = "1.0"
  }
}
