# Minimal

resource "durantic_route" "office" {
  name     = "office"
  prefixes = ["10.20.0.0/16"]
}
