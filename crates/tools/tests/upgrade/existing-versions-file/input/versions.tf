# Which Terraform we use.
terraform {
  required_version = ">= 0.12" # since last year
  backend "local" {}
}
