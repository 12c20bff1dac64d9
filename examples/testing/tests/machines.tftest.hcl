# `terraform test` reads no token and sends no request: the provider is a mock.

mock_provider "durantic" {
  source = "./mocks"
}

variables {
  hostnames = ["node-1"]
}

run "plan" {
  command = plan

  assert {
    condition     = durantic_machine_deployment.node["node-1"].role_names == tolist(["web"])
    error_message = "The machine must have the role web."
  }

  assert {
    condition     = durantic_machine_role.web.requires_mesh
    error_message = "The role needs a network."
  }
}

run "apply" {
  assert {
    condition     = durantic_machine_role.web.image_uuid == data.durantic_image.system.uuid
    error_message = "The role must have the image."
  }

  assert {
    condition     = durantic_machine_deployment.node["node-1"].provision_status == "completed"
    error_message = "The installation must be completed."
  }

  assert {
    condition     = output.addresses == { node-1 = "192.0.2.1" }
    error_message = "Each machine must have an address."
  }
}

run "two_machines" {
  command = plan

  variables {
    hostnames = ["node-1", "node-2"]
  }

  # A mock has the same values for all objects of a type, so another machine needs its own.
  override_data {
    target = data.durantic_machine.node["node-2"]
    values = {
      uuid = "00000000-0000-4000-8000-000000000002"
    }
  }

  assert {
    condition     = length(durantic_vip.web.machine_uuids) == 2
    error_message = "Both machines must announce the address."
  }
}

run "address_without_tag" {
  command = plan

  variables {
    image = "ghcr.io/durantic/ubuntu"
  }

  expect_failures = [var.image]
}
