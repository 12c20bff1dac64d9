//! `durantic_variable`: names that templates cannot write.
//!
//! Tests: `tests/terraform/mistakes.rs`.

use async_trait::async_trait;
use engine::codec::Codec;
use engine::hook::Hook;
use engine::survey::Survey;

use super::template_name;

/// Checks the name of a variable.
pub struct Variable;

impl Codec for Variable {}

#[async_trait]
impl Hook for Variable {
    async fn check(&self, survey: &mut Survey<'_>) {
        template_name::check(survey, "vars");
    }
}
