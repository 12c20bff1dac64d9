# With an image, a template and a virtual IP

data "durantic_image" "ubuntu" {
  name        = "Ubuntu 24.04"
  is_official = true
}

resource "durantic_vip" "web" {
  name    = "web"
  address = "198.51.100.10"
}

resource "durantic_machine_role" "frontend" {
  name           = "frontend"
  description    = "nginx behind the virtual IP"
  merge_priority = 200
  image_uuid     = data.durantic_image.ubuntu.uuid
  vip_uuid       = durantic_vip.web.uuid
  requires_mesh  = true

  # The control plane renders the template for each machine.
  template_data = <<-EOT
    #cloud-config
    hostname: {{ machine.hostname }}
    packages:
      - nginx
  EOT

  # If the role and its use leave the configuration together, Terraform ends the use first.
  lifecycle {
    create_before_destroy = true
  }
}
