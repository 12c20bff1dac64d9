# The names of secrets: their values are never listed

list "durantic_secret" "database" {
  provider = durantic

  config {
    name = "database_*"
  }
}
