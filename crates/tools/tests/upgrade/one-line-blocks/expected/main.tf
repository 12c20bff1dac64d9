terraform { required_version = "~> 0.13.0" }

resource "aws_instance" "web" {}
