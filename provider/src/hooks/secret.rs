//! `durantic_secret`: names that templates cannot write.
//!
//! Tests: `tests/terraform/mistakes.rs`.

use async_trait::async_trait;
use engine::codec::Codec;
use engine::hook::Hook;
use engine::survey::Survey;

use super::template_name;

/// Checks the name of a secret.
pub struct Secret;

impl Codec for Secret {}

#[async_trait]
impl Hook for Secret {
    async fn check(&self, survey: &mut Survey<'_>) {
        template_name::check(survey, "secrets");
    }
}
