resource "acme_rocket" "x" {}
