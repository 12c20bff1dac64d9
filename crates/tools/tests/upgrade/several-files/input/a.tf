terraform {
  # Where the state is.
  backend "local" {}

  required_providers {
    # The cloud.
    aws = "~> 2.0"
  }
}

resource "aws_instance" "web" {}
