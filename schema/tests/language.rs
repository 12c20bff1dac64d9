//! `language.json` is generated from the table of keys, and accepts the same declarations as the parser.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files fails")]

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use schema::{Source, Sources};
use serde_json::Value;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(&schema::language::json()).unwrap();
    jsonschema::draft7::new(&schema).unwrap()
}

fn document(text: &str) -> Option<Value> {
    toml::from_str::<toml::Table>(text)
        .ok()
        .map(|table| serde_json::to_value(table).unwrap())
}

/// The declarations of a folder, except `operations.toml`, in which any key is allowed.
fn declarations(folder: &Path) -> Vec<Source> {
    let sources = Sources::read(folder, &folder.to_string_lossy()).unwrap();
    let files = sources.files.into_iter();
    files.filter(|file| file.name != "operations.toml").collect()
}

#[test]
fn language_json_is_up_to_date() {
    let file = fs::read_to_string(project().join("language.json")).unwrap();
    assert!(file == schema::language::json(), "run `cargo schema language`");
}

#[test]
fn language_json_accepts_good_declarations() {
    let validator = validator();
    let mut files = declarations(project());
    files.extend(declarations(&project().join("tests/every-key")));
    assert!(files.len() > 8, "{files:?}");
    for file in files {
        let document = document(&file.text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", file.name);
    }
}

#[test]
fn language_json_rejects_bad_examples_of_the_grammar() {
    let validator = validator();
    let mut seen = 0;
    for entry in fs::read_dir(project().join("tests/ui/grammar")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        // JSON Schema cannot check the syntax of TOML, its dates, or the parentheses of a type.
        let is_toml_only =
            ["syntax", "toml_1_0", "wrong_type--literal", "unknown_word--type"].contains(&stem);
        if path.extension().is_some_and(|extension| extension == "toml") && !is_toml_only {
            seen += 1;
            assert!(
                !validator.is_valid(&document(&fs::read_to_string(&path).unwrap()).unwrap()),
                "{stem} is valid"
            );
        }
    }
    assert!(seen > 8);
}
