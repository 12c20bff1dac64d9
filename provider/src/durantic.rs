//! The resources, data sources and functions of the provider. A new resource or data source needs a file in `schema/` and a line here.
//!
//! Tests: `provider/tests/declarations.rs`.

use crate::{functions, hooks};

macros::provider! {
    dir = "../../schema";

    resource machine_config with hooks::MachineConfig;
    resource machine_deployment with hooks::MachineDeployment;
    resource machine_role with hooks::MachineRole;
    resource mesh_network with hooks::MeshNetwork;
    resource registry_credential;
    resource route with hooks::Route;
    resource route_policy_set with hooks::RoutePolicySet;
    resource secret with hooks::Secret;
    resource secrets_backend with hooks::SecretsBackend;
    resource variable with hooks::Variable;
    resource vip with hooks::Vip;

    data_source image;
    data_source images;
    data_source machine;
    data_source machine_role;
    data_source machines;
    data_source mesh_network;
    data_source registry_credential;
    data_source secret;
    data_source variable;
    data_source vip;

    function functions::RENDER_TEMPLATE;
}
