terraform {
  required_providers {
    null = ">= 2.0" # small
  }
}

resource "null_resource" "x" {}
