# Several patterns

list "durantic_variable" "teams" {
  for_each = toset(["web_*", "database_*"])
  provider = durantic

  config {
    name = each.key
  }
}
