resource "durantic_machine_config" "it" {
  machine_uuid    = "00000000-0000-4000-8000-000000000002"
  kexec_installer = true
}
