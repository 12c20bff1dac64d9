//! `durantic_secret`: names that templates cannot write, and machines with an earlier value.
//!
//! Tests: `tests/terraform/mistakes.rs`.

use async_trait::async_trait;
use engine::codec::Codec;
use engine::hook::Hook;
use engine::survey::Survey;

use super::template_values;
use crate::templates::SECRETS;

/// Checks the name of a secret.
pub struct Secret;

impl Codec for Secret {}

#[async_trait]
impl Hook for Secret {
    async fn check(&self, survey: &mut Survey<'_>) {
        template_values::check(survey, SECRETS);
        template_values::check_readers(survey, SECRETS, &["value", "value_wo_version"]).await;
    }
}
