# A value that another configuration manages

data "durantic_variable" "domain" {
  name = "domain"
}

output "api_url" {
  value = "https://api.${data.durantic_variable.domain.value}"
}
