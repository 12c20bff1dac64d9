terraform {
required_providers {
aws="~> 2.0"
}
}
variable x { type="string" }
variable "list" {
  type = "list"
  description="a" # one
  default = [ "${1}","b" ,] // two
}
resource aws_instance "web"{
  ami="${var.x}"
  tags={ a=1,b = "${var.x}-1" }
  count = -1*2
  user_data=<<-EOT
     kept   ${ var.x }
       as is
    EOT
  dynamic "x" {
      for_each=[for a in [1,2]:a if a!=1]
      content{ }
  }
  list = [
  {
  a = 1
  }, {
  b = 2
  }]
}
