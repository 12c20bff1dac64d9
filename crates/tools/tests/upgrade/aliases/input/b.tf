terraform {
  required_providers {
    durantic = "< 3.0"
  }
}
