//! `durantic_machine_deployment`: whether setting `force_provision` installs the machine again, and what an installation needs.
//!
//! Tests: `tests/terraform/deployment.rs`.

use async_trait::async_trait;
use engine::codec::Codec;
use engine::hook::{Hook, RunDescription};
use engine::object::Plan;
use engine::run::given_back_status;
use engine::survey::Survey;
use value::Path;

use super::machine;

/// Keeps an imported machine from being installed again when `force_provision` is set for the first time.
pub struct MachineDeployment;

impl Codec for MachineDeployment {}

#[async_trait]
impl Hook for MachineDeployment {
    async fn check(&self, survey: &mut Survey<'_>) {
        machine::check_settings(survey).await;
        machine::check_installation(survey).await;
    }

    async fn describe_run(&self, survey: &mut Survey<'_>) -> Option<RunDescription> {
        Some(machine::describe_installation(survey).await)
    }

    fn plan(&self, plan: &mut Plan) {
        // After an import, state has no run: Terraform has never installed the machine.
        let is_null = |name: &str| plan.prior.get(name).is_null();
        // A replacement that failed before its run gave the machine back as it was.
        let status = plan.prior.get("provision_status");
        let has_no_status = status.is_null() || status.as_str().and_then(given_back_status) == Some(None);
        let was_never_installed =
            has_no_status && ["provision_uuid", "force_provision"].into_iter().all(is_null);
        if was_never_installed {
            let force_provision = Path::root().attribute("force_provision");
            plan.requires_replace.retain(|path| *path != force_provision);
        }
    }
}
