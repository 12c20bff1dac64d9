import {
  to = durantic_mesh_network.internal
  identity = {
    uuid = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
  }
}
