resource "durantic_secret" "it" {
  name  = "JOIN_TOKEN"
  value = "abcdef.0123456789abcdef"
}
