# The images that are pulled with a credential

data "durantic_registry_credential" "platform" {
  name = "platform"
}

data "durantic_images" "all" {}

locals {
  credential_uuid = data.durantic_registry_credential.platform.uuid
}

output "private_images" {
  value = [for image in data.durantic_images.all.images : image.name if image.registry_credential_uuid == local.credential_uuid]
}
