provider "fresh" {
  version = "~> 1.0"
}
