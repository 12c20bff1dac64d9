//! Parses and checks a folder of declarations.
//!
//! Tests: `schema/tests/ui.rs`.

use crate::declarations::Model;
use crate::diagnostic::Problem;
use crate::source::Sources;
use crate::{check, parse};

/// Parses and checks all files of a folder.
///
/// Returns the model and all problems, sorted by file and position. If there are problems, the model contains only what could
/// be read: it is good for messages and tests, but not for building a provider.
pub fn load(sources: &Sources) -> (Model, Vec<Problem>) {
    let (written, mut problems) = parse::parse(sources);
    check::check(&written, sources, &mut problems);
    // A mistake in a part is found again in each declaration that uses the part.
    problems.sort();
    problems.dedup();
    (written.model, problems)
}

/// The ids of all rules that [`load`] checks.
pub fn rules() -> Vec<&'static str> {
    parse::rules().chain(check::rules()).collect()
}
