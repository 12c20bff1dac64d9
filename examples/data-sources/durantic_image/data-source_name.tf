# By name, where another image has the same one

data "durantic_image" "debian" {
  name        = "Debian 13"
  is_official = true
}
