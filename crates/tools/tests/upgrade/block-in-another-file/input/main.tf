terraform {
  required_version = ">= 0.12.24"

  required_providers {
    # Pinned since the incident.
    aws = "~> 2.7"
    null = "2.1.0" # never newer
  }
}

resource "random_id" "x" {
    byte_length=8
}
