//! The structure of the project: what a reader may rely on in every crate, checked in the sources themselves.

// Tells clippy that the helpers are tests as well: they may unwrap.
#![cfg(test)]

mod crates;
mod cycles;
mod imports;
mod language;
mod modules;
mod places;
mod project;
mod small_crates;
mod source;
mod words;

use std::fmt::Write as _;

/// A reader of a crate can start at the bottom: records lie below the code that acts on them.
#[test]
fn no_files_of_a_crate_import_each_other() {
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
