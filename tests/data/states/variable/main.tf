resource "durantic_variable" "it" {
  name  = "CLUSTER"
  value = "prod"
}
