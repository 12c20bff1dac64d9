//! Words that the literals and names of a crate must not contain, because they belong to a crate above it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::Span;
use syn::Lit;

use crate::modules::Modules;
use crate::project;

/// A literal or a name in the code of a crate, tests excluded.
struct Word {
    /// `FILE:LINE`.
    place: String,
    kind: Kind,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    String,
    Integer,
    Name,
}

/// The engine reads the names of resources and attributes from the declarations.
#[test]
fn engine_names_no_resource_or_attribute() {
    let declared = declared_names();
    assert!(
        declared.contains("vip") && declared.contains("tunnel_type"),
        "{declared:?}"
    );
    refuse("engine", "it is declared in `schema/`", |word| {
        word.kind == Kind::String && declared.contains(&word.text)
    });
}

/// Only `client` knows what a status code means.
#[test]
fn engine_contains_no_status_code() {
    refuse("engine", "it may be an HTTP status", |word| {
        word.kind != Kind::Name
            && word
                .text
                .parse()
                .is_ok_and(|status: u64| (400..600).contains(&status))
    });
}

/// The generic crates serve any provider.
#[test]
fn generic_crates_never_name_the_product() {
    for package in ["engine", "plugin", "rpc", "template", "tools", "value"] {
        refuse(
            package,
            "only `provider` and `schema/` name the product",
            |word| word.text.to_lowercase().contains("durantic"),
        );
    }
}

/// `provider` passes the names that templates can use.
#[test]
fn template_never_names_what_templates_can_use() {
    let words = [
        "machine",
        "peers",
        "secrets",
        "vars",
        "vip",
        "Terraform",
        "control plane",
    ];
    refuse("template", "its caller passes the names", |word| {
        word.kind == Kind::String && words.iter().any(|known| word.text.contains(known))
    });
}

/// `provider` passes what a user of Terraform can do about an error.
#[test]
fn client_never_names_terraform() {
    let words = ["Terraform", "TF_", "DURANTIC_", "-parallelism", "provider block"];
    refuse(
        "client",
        "`provider` passes the remedies that name Terraform",
        |word| word.kind == Kind::String && words.iter().any(|known| word.text.contains(known)),
    );
}

#[test]
fn words_in_reads_macros_and_attributes_but_not_tests() {
    let code = r#"
        /// A comment.
        #[error("attribute {0}")]
        #[expect(lint, reason = "reason")]
        struct S(u16);
        fn f() { g!("macro", [0x194]); }
        #[cfg(test)] mod tests { const T: &str = "test"; }
    "#;
    let words = words_in(&Modules::read("lib.rs", &|_| Some(code.to_owned())));
    let literals = words.iter().filter(|word| word.kind != Kind::Name);
    let literals: Vec<String> = literals
        .map(|word| format!("{} {}", word.place, word.text))
        .collect();
    assert_eq!(
        literals,
        ["lib.rs:3 attribute {0}", "lib.rs:6 macro", "lib.rs:6 404"]
    );
    let names = words.iter().filter(|word| word.kind == Kind::Name);
    let names: Vec<&str> = names.map(|word| word.text.as_str()).collect();
    assert_eq!(names, ["S", "u16", "f", "g"]);
}

/// Fails with every word of a package that it must not contain.
fn refuse(package: &str, reason: &str, is_wrong: impl Fn(&Word) -> bool) {
    let words = words(package);
    let wrong = words.iter().filter(|word| is_wrong(word));
    let lines: Vec<String> = wrong
        .map(|word| format!("{}: `{}`", word.place, word.text))
        .collect();
    assert!(
        lines.is_empty(),
        "words that `{package}` must not contain, because {reason}:\n{}",
        lines.join("\n")
    );
}

/// The words in all modules of a package.
fn words(package: &str) -> Vec<Word> {
    let packages = project::packages();
    let found = packages.iter().find(|known| known.name == package);
    let package = found.unwrap_or_else(|| panic!("there is no crate `{package}`"));
    let folder = package.folder().strip_prefix(project::root());
    let folder = folder.expect("the crate is in the project").display();
    let mut words: Vec<Word> = package.modules().iter().flat_map(words_in).collect();
    for word in &mut words {
        word.place = format!("{folder}/{}", word.place);
    }
    words
}

fn words_in(modules: &Modules) -> Vec<Word> {
    let mut words = Vec::new();
    for (_, module) in modules.iter() {
        let mut add = |span: Span, kind, text| {
            let place = format!("{}:{}", module.file, span.start().line);
            words.push(Word { place, kind, text });
        };
        for literal in &module.source.literals {
            match literal {
                Lit::Str(string) => add(string.span(), Kind::String, string.value()),
                Lit::Int(integer) => add(integer.span(), Kind::Integer, integer.base10_digits().to_owned()),
                _ => {}
            }
        }
        for name in &module.source.names {
            add(name.span(), Kind::Name, name.to_string());
        }
    }
    words
}

/// Names of everything that is declared, and of its attributes.
fn declared_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["schema", "schema/data", "schema/parts"] {
        for entry in fs::read_dir(project::root().join(folder)).expect("the declarations exist") {
            let file = entry.expect("the folder can be read").path();
            if is_declaration(&file) {
                let text = fs::read_to_string(&file).expect("the declaration can be read");
                let declaration: toml::Table = text.parse().expect("the declaration is TOML");
                add_names(&declaration, &mut names);
            }
        }
    }
    names
}

fn is_declaration(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "toml") && !file.ends_with("Cargo.toml")
}

/// Adds the names in a declaration, or in an attribute that has attributes.
fn add_names(table: &toml::Table, names: &mut BTreeSet<String>) {
    let keys = ["provider", "resource", "data_source"];
    let own = keys.iter().filter_map(|key| table.get(*key)?.as_str());
    names.extend(own.map(str::to_owned));
    for (name, attribute) in table
        .get("attributes")
        .and_then(|value| value.as_table())
        .into_iter()
        .flatten()
    {
        names.insert(name.clone());
        add_names(attribute.as_table().expect("an attribute is a table"), names);
    }
}
