terraform {
  required_version = ">= 0.12.24"

  required_providers {
    # Pinned since the incident.
    aws = {
      source  = "hashicorp/aws"
      version = "~> 2.7"
    }
    null = {
      source  = "hashicorp/null"
      version = "2.1.0"
    } # never newer
    random = {
      source = "hashicorp/random"
    }
  }
}

resource "random_id" "x" {
  byte_length = 8
}
