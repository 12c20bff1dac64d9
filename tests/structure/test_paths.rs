//! The tests that a module's documentation names must exist.

use std::fmt::Write as _;
use std::fs;

use crate::project;

/// A module whose tests are not in its own file names them in its documentation: `` Tests: `PATH`, `PATH`. `` A path is
/// relative to the project's folder or to the module's.
#[test]
fn tests_named_in_module_docs_exist() {
    let root = project::root();
    let (mut named, mut missing) = (0, String::new());
    let sources = project::files(&["rs"]);
    for package in project::packages() {
        let source = package.folder().join("src");
        for file in sources.iter().filter(|file| file.starts_with(&source)) {
            let text = fs::read_to_string(file).expect("the module can be read");
            let folder = file.parent().expect("a file is in a folder");
            for path in paths(&text) {
                named += 1;
                if !root.join(path).exists() && !folder.join(path).exists() {
                    let file = file.strip_prefix(&root).unwrap_or(file).display();
                    let _ = writeln!(missing, "{file}: `{path}`");
                }
            }
        }
    }
    assert!(missing.is_empty(), "these tests do not exist:\n{missing}");
    assert!(
        named > 100,
        "only {named} paths were found: did the format of the line change?"
    );
}

#[test]
fn paths_reads_the_last_paragraph_of_module_docs() {
    let text = "//! Like `a/it`.\n//! More. Tests: `a.rs`, `b/`,\n//! `c.rs`, which tests `d`.\n\n// Tests: `e.rs`.\n";
    assert_eq!(paths(text), ["a.rs", "b/", "c.rs"]);
    assert_eq!(paths("//! Nothing.\n"), Vec::<&str>::new());
}

/// The paths of tests in the last paragraph of a module's documentation.
fn paths(text: &str) -> Vec<&str> {
    let end = text.lines().position(|line| !line.starts_with("//!"));
    let documentation = text.lines().take(end.unwrap_or(usize::MAX));
    let named = documentation.skip_while(|line| !line.contains("Tests: "));
    let named = named.map(|line| line.split_once("Tests: ").map_or(line, |(_, paths)| paths));
    let quoted = named.flat_map(|line| line.split('`').skip(1).step_by(2));
    quoted.filter(|text| text.contains(['/', '.'])).collect()
}
