resource "durantic_machine_role" "web" {
  name = "web-server"

  template_data = <<-EOT
    #cloud-config
    hostname: {{ machine.hostname }}
    write_files:
      - path: /etc/peers
        content: |
          {%- for peer in peers %}
          {{ peer.mesh.ip }} {{ peer.hostname }}
          {%- endfor %}
  EOT
}

# What the machine web-1 would get.
output "cloud_config" {
  value = provider::durantic::render_template(durantic_machine_role.web.template_data, {
    machine = { hostname = "web-1" }
    peers = [
      { hostname = "web-2", mesh = { ip = "10.0.0.2" } },
    ]
  })
}
