# By name, if another image has the same name

data "durantic_image" "debian" {
  name        = "Debian 13"
  is_official = true
}
