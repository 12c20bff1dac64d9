# By address

data "durantic_image" "ubuntu" {
  docker_image_url = "ghcr.io/durantic/ubuntu:24.04"
}
