# All arguments

resource "durantic_variable" "ntp_server" {
  name        = "ntp_server"
  value       = "ntp.example.com"
  description = "Read by templates as vars.ntp_server"
}
