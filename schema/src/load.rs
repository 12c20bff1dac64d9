//! The language as a whole: the files of a folder parsed, then checked.
//!
//! Tests: `schema/tests/ui.rs`.

use crate::declarations::Model;
use crate::diagnostic::Problem;
use crate::source::Sources;
use crate::{check, parse};

/// Parses and checks all files of a folder.
///
/// The model holds everything that could be read, whatever the problems: with problems it serves to look at, not to
/// build from. Problems are sorted by file and place.
pub fn load(sources: &Sources) -> (Model, Vec<Problem>) {
    let (written, mut problems) = parse::parse(sources);
    check::check(&written, sources, &mut problems);
    // A mistake in a part is found once for each of its users.
    problems.sort();
    problems.dedup();
    (written.model, problems)
}

/// Ids of all rules of the language.
pub fn rules() -> Vec<&'static str> {
    parse::rules().chain(check::rules()).collect()
}
