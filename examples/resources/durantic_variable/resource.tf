# Minimal

resource "durantic_variable" "region" {
  name  = "region"
  value = "eu-central"
}
