terraform {
  backend "local" {}
}

resource "aws_instance" "web" {}
