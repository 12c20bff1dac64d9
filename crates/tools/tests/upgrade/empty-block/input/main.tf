terraform {
  required_providers {}
}

resource "aws_instance" "web" {}
