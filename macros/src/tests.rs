//! Golden expansion, and where each problem is told.

use std::path::{Path, PathBuf};

use crate::expand::{Caller, expand};

/// Declarations that use every key of the language.
const EVERY_KEY: &str = r#"dir = "../../schema/tests/every-key";
    resource appliance; resource gadget; resource seal; resource slot; resource thing with crate::hooks::Thing;
    data_source things;"#;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn expanded(input: &str) -> (String, Vec<String>) {
    let (expansion, problems) = expand(input.parse().unwrap(), &Caller::in_folder(&tests()));
    let file = syn::parse2(expansion).unwrap();
    // Outside of this crate, the messages name the folder of this checkout.
    let project = format!("{}/", tests().join("../..").canonicalize().unwrap().display());
    let messages = problems
        .iter()
        .map(|problem| problem.message().replace(&project, ""));
    (prettyplease::unparse(&file), messages.collect())
}

/// Compares with a snapshot in `tests/golden`. `INSTA_UPDATE=always cargo test -p macros` writes it; read it before
/// you commit it.
fn assert_golden(name: &str, found: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(tests().join("golden"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, found));
}

#[test]
fn good_declarations_expand_to_statics() {
    let (expansion, problems) = expanded(EVERY_KEY);
    assert_eq!(problems, Vec::<String>::new());
    assert_golden("statics", &of_thing(&expansion));
}

/// An expansion without the statics of the resources beside `thing`, which has every key of a resource.
fn of_thing(expansion: &str) -> String {
    let mut file = syn::parse_file(expansion).unwrap();
    for item in &mut file.items {
        if let syn::Item::Mod(module) = item {
            let items = &mut module.content.as_mut().unwrap().1;
            items.retain(|item| !matches!(item, syn::Item::Static(other) if !other.ident.to_string().starts_with("THING")));
        }
    }
    prettyplease::unparse(&file)
}

#[test]
fn the_engine_may_be_at_another_path() {
    let (default, _) = expanded(EVERY_KEY);
    let (other, problems) = expanded(&format!("engine = crate::core::engine; {EVERY_KEY}"));
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
        expanded(r#"dir = "bad"; resource thing; resource thing; data_source things;"#);
    // The expansion is whole all the same: nothing must follow from a problem.
    assert!(expansion.contains("pub static DEFINITION"));
    assert_golden("problems", &problems.join("\n----\n"));
}

#[test]
fn hooks_are_bound_where_they_are_asked_for_and_nowhere_else() {
    let lines = EVERY_KEY.replace(" with crate::hooks::Thing", "");
    let (_, problems) = expanded(&lines.replace("things;", "things with crate::hooks::Thing;"));
    assert_golden("hooks", &problems.join("\n----\n"));
}

#[test]
fn a_folder_that_is_not_there_is_an_error_of_its_own() {
    let (expansion, problems) = expanded(r#"dir = "none"; resource thing;"#);
    assert_eq!(expansion, "");
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].starts_with("failed to read `macros/tests/none`: "),
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
