# All images

data "durantic_images" "all" {}

output "official_images" {
  value = [for image in data.durantic_images.all.images : image.name if image.is_official]
}
