provider "durantic" {
  endpoint  = "https://api.example.com"
  api_token = "dur_example"
}

provider "durantic" {
  alias     = "second"
  endpoint  = "https://second.example.com"
  api_token = "dur_example"
}
