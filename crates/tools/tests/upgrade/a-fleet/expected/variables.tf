variable name {
    type    = string
  default = "net"
}
