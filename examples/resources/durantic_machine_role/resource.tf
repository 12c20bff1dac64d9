# Minimal

resource "durantic_machine_role" "web" {
  name = "web"
}
