//! The expansion of `provider!`, and the line at which it reports each problem.

use std::path::{Path, PathBuf};

use crate::expand::{Caller, expand};

/// Declarations that use every key of the language.
const EVERY_KEY: &str = r#"dir = "../../schema/tests/every-key";
    resource appliance; resource gadget; resource seal; resource slot; resource thing with crate::hooks::Thing;
    data_source appliance; data_source thing; data_source things;"#;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn expanded(input: &str) -> (String, Vec<String>) {
    let (expansion, problems) = expand(input.parse().unwrap(), &Caller::in_folder(&tests()));
    let file = syn::parse2(expansion).unwrap();
    // The folder is not below the working directory, so messages contain its absolute path.
    let project = format!("{}/", tests().join("../..").canonicalize().unwrap().display());
    let messages = problems
        .iter()
        .map(|problem| problem.message().replace(&project, ""));
    (prettyplease::unparse(&file), messages.collect())
}

/// Compares a string with a snapshot in `tests/golden`. `INSTA_UPDATE=always cargo test -p macros` updates the snapshot; read it
/// before you commit it.
fn assert_golden(name: &str, found: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(tests().join("golden"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, found));
}

#[test]
fn expand_creates_statics_of_the_declarations() {
    let (expansion, problems) = expanded(EVERY_KEY);
    assert_eq!(problems, Vec::<String>::new());
    assert_golden("statics", &of_thing(&expansion));
}

/// Removes the statics of all resources except `thing`, which has every key of a resource.
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
fn expand_supports_another_engine_path() {
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
fn expand_reports_each_problem_once_at_its_line() {
    let (expansion, problems) =
        expanded(r#"dir = "bad"; resource thing; resource thing; data_source things;"#);
    // The expansion is still complete, so a problem causes no further errors.
    assert!(expansion.contains("pub static DEFINITION"));
    assert_golden("problems", &problems.join("\n----\n"));
}

#[test]
fn expand_compares_hooks_with_the_declarations() {
    let lines = EVERY_KEY.replace(" with crate::hooks::Thing", "");
    let (_, problems) = expanded(&lines.replace("things;", "things with crate::hooks::Thing;"));
    assert_golden("hooks", &problems.join("\n----\n"));
}

#[test]
fn expand_reports_a_missing_folder() {
    let (expansion, problems) = expanded(r#"dir = "none"; resource thing;"#);
    assert_eq!(expansion, "");
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].starts_with("failed to read `macros/tests/none`: "),
        "{problems:?}"
    );
}

#[test]
fn expand_reports_syntax_errors() {
    let message = |input| expanded(input).1.remove(0);
    assert_eq!(message("resource thing;"), "expected `dir`");
    assert_eq!(message("engine = ::engine; resource thing;"), "expected `dir`");
    assert_eq!(message(r#"engine = "engine"; dir = "x";"#), "expected identifier");
    assert_eq!(
        message(r#"dir = "x"; provider thing;"#),
        "expected one of: `function`, `resource`, `data_source`"
    );
    assert_eq!(
        message(r#"dir = "x"; resource thing using x;"#),
        "expected `with`"
    );
}
