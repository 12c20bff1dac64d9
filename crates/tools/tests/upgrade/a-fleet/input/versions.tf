terraform {
  required_version = ">= 0.12" # until everything is upgraded

  required_providers {
    durantic = ">= 1.0" # the fleet
  }
}
variable unused {
type="list"
default=[ ]
}
