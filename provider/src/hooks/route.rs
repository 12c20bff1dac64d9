//! `durantic_route`: blocks with host bits.
//!
//! Tests: `tests/terraform/mistakes.rs`.

use async_trait::async_trait;
use engine::codec::Codec;
use engine::hook::Hook;
use engine::survey::Survey;
use value::Path;

use super::prefixes::warn_host_bits;

/// Checks the prefixes of a route.
pub struct Route;

impl Codec for Route {}

#[async_trait]
impl Hook for Route {
    async fn check(&self, survey: &mut Survey<'_>) {
        let name = "prefixes";
        let (planned, prior) = (
            survey.planned().get(name).clone(),
            survey.prior().get(name).clone(),
        );
        warn_host_bits(survey, &Path::root().attribute(name), &planned, &prior);
    }
}
