//! `durantic_machine_deployment`: when setting `force_provision` is a reason to install again.

use crate::engine::hook::Hook;
use crate::engine::plan::Plan;
use crate::value::Path;

/// Decides that an imported machine is not installed again when `force_provision` is set for the first time.
pub struct MachineDeployment;

impl Hook for MachineDeployment {
    fn plan(&self, plan: &mut Plan) {
        let nothing_was_installed =
            plan.prior.get("provision_uuid").is_null() && plan.prior.get("force_provision").is_null();
        if nothing_was_installed {
            let force_provision = Path::root().attribute("force_provision");
            plan.requires_replace.retain(|path| *path != force_provision);
        }
    }
}
