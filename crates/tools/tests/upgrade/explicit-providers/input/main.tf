resource "null_resource" "x" {
  provider = aws.west
}

resource "google_thing" "y" {
  provider = "random.other"
}
