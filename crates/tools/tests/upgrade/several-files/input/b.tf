terraform {
  required_providers {
    random = "2.0.0" # not about the next one
    /* Nothing
       at all. */
    // And no more.
    null = ">= 2.0" /* small */
  }
}

resource "null_resource" "x" {}
