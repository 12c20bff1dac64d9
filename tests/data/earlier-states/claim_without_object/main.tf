provider "durantic" {
  max_retries = 0
}

resource "durantic_variable" "it" {
  name  = "GREETING"
  value = "hello"
}
