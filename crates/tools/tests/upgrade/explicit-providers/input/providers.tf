provider "aws" {
  version = "~> 2.0"
  region  = "eu-central-1"
}

provider "aws" {
  alias  = "west"
  region = "us-west-1"
}

provider "terraform" {}
