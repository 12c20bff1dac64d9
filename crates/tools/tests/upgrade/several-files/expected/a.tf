terraform {
  # Where the state is.
  backend "local" {}
}

resource "aws_instance" "web" {}
