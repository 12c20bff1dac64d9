//! Golden expansion, and where each problem is told.

use std::path::{Path, PathBuf};

use crate::expand::{Caller, expand};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn expanded(input: &str) -> (String, Vec<String>) {
    let (expansion, problems) = expand(input.parse().unwrap(), &Caller::in_folder(&tests()));
    let file = syn::parse2(expansion).unwrap();
    // The messages name the folder of this checkout.
    let folder = format!("{}/", tests().display());
    let here = format!("{}/", std::env::current_dir().unwrap().display());
    let tests = folder.strip_prefix(&here).unwrap_or(&folder).to_owned();
    let messages = problems
        .iter()
        .map(|problem| problem.message().replace(&folder, "").replace(&tests, ""));
    (prettyplease::unparse(&file), messages.collect())
}

/// Compares with a snapshot beside the declarations. `INSTA_UPDATE=always cargo test -p macros` writes it; read it before
/// you commit it.
fn assert_golden(declarations: &str, name: &str, found: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(tests().join("declarations").join(declarations));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, found));
}

#[test]
fn good_declarations_expand_to_statics() {
    let (expansion, problems) =
        expanded(r#"dir = "declarations/good"; resource thing with crate::hooks::Thing; data_source thing;"#);
    assert_eq!(problems, Vec::<String>::new());
    assert_golden("good", "statics", &expansion);
}

#[test]
fn the_engine_may_be_at_another_path() {
    let lines = r#"dir = "declarations/good"; resource thing with crate::hooks::Thing; data_source thing;"#;
    let (default, _) = expanded(lines);
    let (other, problems) = expanded(&format!("engine = crate::core::engine; {lines}"));
    assert_eq!(problems, Vec::<String>::new());
    assert!(
        !other.contains("::engine::") || !other.contains(" ::engine::"),
        "{other}"
    );
    let words = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(
        words(&other),
        words(&default.replace("::engine::", "crate::core::engine::"))
    );
}

#[test]
fn every_problem_is_told_once_at_the_line_it_belongs_to() {
    let (expansion, problems) =
        expanded(r#"dir = "declarations/bad"; resource thing; resource thing; data_source things;"#);
    // The expansion is whole all the same: nothing must follow from a problem.
    assert!(expansion.contains("pub static DEFINITION"));
    assert_golden("bad", "problems", &problems.join("\n----\n"));
}

#[test]
fn hooks_are_bound_where_they_are_asked_for_and_nowhere_else() {
    let (_, problems) =
        expanded(r#"dir = "declarations/good"; resource thing; data_source thing with crate::hooks::Thing;"#);
    assert_golden("good", "hooks", &problems.join("\n----\n"));
}

#[test]
fn a_folder_that_is_not_there_is_an_error_of_its_own() {
    let (expansion, problems) = expanded(r#"dir = "declarations/none"; resource thing;"#);
    assert_eq!(expansion, "");
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].starts_with("failed to read `declarations/none`: "),
        "{problems:?}"
    );
}

#[test]
fn what_is_not_the_macros_grammar_is_said_so() {
    let message = |input| expanded(input).1.remove(0);
    assert_eq!(message("resource thing;"), "expected `dir`");
    assert_eq!(message("engine = ::engine; resource thing;"), "expected `dir`");
    assert_eq!(message(r#"engine = "engine"; dir = "x";"#), "expected identifier");
    assert_eq!(
        message(r#"dir = "x"; function thing;"#),
        "expected `resource` or `data_source`"
    );
    assert_eq!(
        message(r#"dir = "x"; resource thing using x;"#),
        "expected `with`"
    );
}
