terraform {
  required_providers {
    # The cloud.
    aws = {
      source  = "hashicorp/aws"
      version = "~> 2.0"
    }
    /* Nothing
       at all. */
    // And no more.
    /* small */
    null = {
      source  = "hashicorp/null"
      version = ">= 2.0"
    }
    # not about the next one
    random = {
      source  = "hashicorp/random"
      version = "2.0.0"
    }
  }
  required_version = ">= 0.13"
}
