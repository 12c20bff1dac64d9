//! Checks of the sources: the dependencies between crates, the imports between files, and the words in names and strings.

// For clippy: the helpers count as tests, which may unwrap.
#![cfg(test)]

mod crates;
mod cycles;
mod imports;
mod language;
mod modules;
mod project;
mod small_crates;
mod source;
mod test_paths;
mod words;

use std::fmt::Write as _;

/// A reader can start with the files without imports: records are below the code that uses them.
#[test]
fn files_of_a_crate_have_no_import_cycles() {
    let mut found = String::new();
    for package in project::packages() {
        for cycle in package.modules().iter().flat_map(cycles::find) {
            let _ = writeln!(found, "{}\n{cycle}", package.name);
        }
    }
    assert!(
        found.is_empty(),
        "files import each other in a cycle; only a module and its direct children may:\n\n{found}\
         Move what they share, usually a record, to a file below the code that acts on it."
    );
}
