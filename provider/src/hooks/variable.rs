//! `durantic_variable`: names that templates cannot write, and machines with an earlier value.
//!
//! Tests: `tests/terraform/mistakes.rs`.

use async_trait::async_trait;
use engine::codec::Codec;
use engine::hook::Hook;
use engine::survey::Survey;

use super::template_values;
use crate::templates::VARIABLES;

/// Checks the name of a variable.
pub struct Variable;

impl Codec for Variable {}

#[async_trait]
impl Hook for Variable {
    async fn check(&self, survey: &mut Survey<'_>) {
        template_values::check(survey, VARIABLES);
        template_values::check_readers(survey, VARIABLES, &["value"]).await;
    }
}
