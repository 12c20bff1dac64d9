resource "durantic_machine_role" "it" {
  name          = "worker"
  template_data = "#cloud-config\npackages: [nginx]\n"
  image_uuid    = "10000000-0000-4000-8000-000000000001"
  vip_uuid      = "a2000000-0000-4000-8000-000000000001"
}
