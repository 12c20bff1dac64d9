//! The check of the connection to the provider's API, with the arguments of the provider block.
//!
//! Tests: `tests/cli/doctor.rs`.

use std::path::Path;

use super::super::context::Context;
use super::super::probe::ProviderBlock;
use super::Findings;
use crate::upgrade::module::Module;

/// Has the provider check its connection, and adds its findings.
pub fn check(context: &Context, directory: &Path, findings: &mut Findings) {
    let block = Module::load(directory)
        .map(|module| ProviderBlock::find(&module, context.identity.name))
        .unwrap_or_default();
    let found = (context.identity.probe)(&block, &context.environment);
    findings.lines.extend(found);
}
