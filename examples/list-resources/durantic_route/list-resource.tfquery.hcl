list "durantic_route" "all" {
  provider = durantic
}
