# Minimal

resource "durantic_vip" "web" {
  name    = "web"
  address = "198.51.100.10"
}
