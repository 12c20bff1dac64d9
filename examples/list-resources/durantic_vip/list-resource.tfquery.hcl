list "durantic_vip" "api" {
  provider = durantic

  config {
    name = "api-[0-9]*"
  }
}
