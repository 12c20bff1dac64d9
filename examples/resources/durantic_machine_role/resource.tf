# Minimal

resource "durantic_machine_role" "web" {
  name = "web"

  # If the role and its use leave the configuration together, Terraform ends the use first.
  lifecycle {
    create_before_destroy = true
  }
}
