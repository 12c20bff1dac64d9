//! `durantic_machine_deployment`: when setting `force_provision` is a reason to install again.
//!
//! Tests: `tests/terraform/deployment.rs`.

use engine::codec::Codec;
use engine::hook::Hook;
use engine::object::Plan;
use value::Path;

/// Decides that an imported machine is not installed again when `force_provision` is set for the first time.
pub struct MachineDeployment;

impl Codec for MachineDeployment {}

impl Hook for MachineDeployment {
    fn plan(&self, plan: &mut Plan) {
        let is_unset = |name: &str| plan.prior.get(name).is_null();
        let nothing_was_installed = ["provision_uuid", "provision_status", "force_provision"]
            .into_iter()
            .all(is_unset);
        if nothing_was_installed {
            let force_provision = Path::root().attribute("force_provision");
            plan.requires_replace.retain(|path| *path != force_provision);
        }
    }
}
