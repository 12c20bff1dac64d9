# The plan fails if the secret that the template reads does not exist

data "durantic_secret" "database_password" {
  name = "database_password"
}

resource "durantic_machine_role" "database" {
  name          = "database"
  template_data = <<-EOT
    #cloud-config
    write_files:
      - path: /etc/app/password
        content: "{{ secrets.${data.durantic_secret.database_password.name} }}"
  EOT
}
