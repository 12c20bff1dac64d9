locals {
    badly   = "laid out"
  x=1
}
