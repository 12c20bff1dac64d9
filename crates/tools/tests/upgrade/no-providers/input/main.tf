locals {
  x=1
}

data "terraform_remote_state" "x" {
  backend = "local"
}
