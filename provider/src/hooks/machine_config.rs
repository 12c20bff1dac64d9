//! `durantic_machine_config`: checks of the settings.
//!
//! Tests: `tests/terraform/mistakes.rs`.

use async_trait::async_trait;
use engine::codec::Codec;
use engine::hook::Hook;
use engine::survey::Survey;

use super::machine;

/// Checks the settings of a machine.
pub struct MachineConfig;

impl Codec for MachineConfig {}

#[async_trait]
impl Hook for MachineConfig {
    async fn check(&self, survey: &mut Survey<'_>) {
        machine::check_settings(survey).await;
    }
}
