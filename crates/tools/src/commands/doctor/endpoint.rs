//! Whether the provider's API can be called as the configuration asks.
//!
//! Tests: `tests/cli/doctor.rs`.

use std::path::Path;

use super::super::context::Context;
use super::super::probe::ProviderBlock;
use super::Findings;
use crate::upgrade::module::Module;

pub fn check(context: &Context, directory: &Path, findings: &mut Findings) {
    let block = Module::load(directory)
        .map(|module| ProviderBlock::find(&module, context.identity.name))
        .unwrap_or_default();
    let found = (context.identity.probe)(&block, &context.environment);
    findings.lines.extend(found);
}
