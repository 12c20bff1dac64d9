terraform {
  required_providers {
    aws = "~> 2.0"
  }
}

terraform {
  required_providers {
    null = "2.1.0"
  }
}
