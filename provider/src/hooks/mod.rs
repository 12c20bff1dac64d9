//! The hooks: code that only one resource needs. `provider!` in [`crate::durantic`] binds each to its declaration.
//!
//! Tests: `tests/terraform/`.

mod machine_deployment;
mod mesh_network;
mod route_policy_set;
mod secrets_backend;

pub use machine_deployment::MachineDeployment;
pub use mesh_network::MeshNetwork;
pub use route_policy_set::RoutePolicySet;
pub use secrets_backend::SecretsBackend;
