terraform {
  required_version = ">= 0.13" # until everything is upgraded

  required_providers {
    durantic = {
      source  = "durantic/durantic"
      version = ">= 1.0"
    } # the fleet
  }
}
variable "unused" {
  type    = list(string)
  default = []
}
