terraform {
  required_providers { aws = "~> 2.0" }
}

resource "null_resource" "x" {}
