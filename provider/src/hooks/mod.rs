//! The hooks: code that only one resource needs. `provider!` in [`crate::durantic`] binds each to its declaration.
//!
//! Tests: `tests/terraform/`.

mod machine;
mod machine_config;
mod machine_deployment;
mod machine_role;
mod mesh_network;
mod prefixes;
mod route;
mod route_policy_set;
mod secret;
mod secrets_backend;
mod template_values;
mod variable;
mod vip;

pub use machine_config::MachineConfig;
pub use machine_deployment::MachineDeployment;
pub use machine_role::MachineRole;
pub use mesh_network::MeshNetwork;
pub use route::Route;
pub use route_policy_set::RoutePolicySet;
pub use secret::Secret;
pub use secrets_backend::SecretsBackend;
pub use variable::Variable;
pub use vip::Vip;
