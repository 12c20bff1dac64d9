resource "durantic_route" "it" {
  name          = "pods"
  prefixes      = ["10.244.0.0/16"]
  machine_uuids = ["00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000001"]
}
