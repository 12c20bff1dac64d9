//! Words that no text for users has: the glossary in CONTRIBUTING.md says what to write instead.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::project;
use crate::words::strings;

/// A phrase, and what to write instead. A phrase is whole words, in any case.
const BANNED: [(&str, &str); 23] = [
    ("told", "reported"),
    ("whoever", "anyone who"),
    ("whence", "where … from"),
    ("nobody", "no one, or name who"),
    ("is none", "there is no …, or … is missing"),
    ("are none", "there are no …"),
    ("be none", "there is no …"),
    ("a text", "a string"),
    ("no text", "not a string"),
    ("no texts", "not strings"),
    ("what stood", "name it"),
    ("what is wrong", "name the error"),
    ("in sight", "visible"),
    ("out of sight", "hidden"),
    ("makes no sense", "unexpected, with what was expected"),
    ("make no sense", "unexpected, with what was expected"),
    ("stands for", "is, or represents"),
    ("stand for", "is, or represents"),
    ("somebody else", "another client, or another run"),
    ("anew", "again"),
    ("unset, it", "if omitted"),
    ("as it was to be", "as planned"),
    ("of another form", "invalid"),
];

/// Crates whose strings a user gets to see.
const CRATES: [&str; 7] = [
    "client",
    "engine",
    "plugin",
    "rpc",
    "schema",
    "tools",
    "terraform-provider-durantic",
];

/// Files that users read, and folders of such files.
const FILES: [&str; 7] = [
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "docs",
    "examples",
    "schema",
    "templates",
];

#[test]
fn texts_for_users_have_no_banned_phrase() {
    let mut found = String::new();
    let mut count = 0;
    let mut check = |place: &str, text: &str| {
        count += 1;
        for (phrase, instead) in BANNED {
            if has_phrase(text, phrase) {
                let _ = writeln!(found, "{place}: `{phrase}`; write: {instead}");
            }
        }
    };
    for package in CRATES {
        for (place, text) in strings(package) {
            check(&place, &text);
        }
    }
    let root = project::root();
    for file in FILES.iter().flat_map(|path| files(&root.join(path))) {
        let text = fs::read_to_string(&file).expect("the file can be read");
        let file = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        for (number, paragraph) in paragraphs(&text) {
            check(&format!("{file}:{number}"), &paragraph);
        }
    }
    assert!(count > 3_000, "only {count} texts were found");
    assert!(found.is_empty(), "banned phrases:\n{found}");
}

#[test]
fn a_phrase_is_whole_words_in_any_case() {
    let rows = [
        ("Told by the server", "told", true),
        ("it was told.", "told", true),
        ("untold", "told", false),
        ("told_by", "told", false),
        ("There is none", "is none", true),
        ("is nonesuch", "is none", false),
        ("it\n  is none", "is none", true),
    ];
    for (text, phrase, expected) in rows {
        assert_eq!(has_phrase(text, phrase), expected, "`{phrase}` in `{text}`");
    }
}

fn has_phrase(text: &str, phrase: &str) -> bool {
    let text = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let is_word = |character: Option<char>| character.is_some_and(|it| it.is_alphanumeric() || it == '_');
    text.match_indices(phrase).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text
            .get(at + phrase.len()..)
            .and_then(|after| after.chars().next());
        !is_word(before) && !is_word(after)
    })
}

/// The paragraphs of a text, for a phrase may go on in the next line, and the number of each one's first line.
fn paragraphs(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut is_new = true;
    for (number, line) in (1..).zip(text.lines()) {
        match found.last_mut() {
            Some((_, paragraph)) if !is_new && !line.trim().is_empty() => {
                paragraph.push('\n');
                paragraph.push_str(line);
            }
            _ if !line.trim().is_empty() => found.push((number, line.to_owned())),
            _ => {}
        }
        is_new = line.trim().is_empty();
    }
    found
}

/// The file, or all files in the folder that hold prose for users.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let is_prose = |file: &Path| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("md" | "tf" | "toml")) && !file.ends_with("Cargo.toml")
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(path).expect("the folder exists").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("tests") && !path.ends_with("src") && !path.ends_with("target") {
            found.extend(files(&path));
        } else if path.is_file() && is_prose(&path) {
            found.push(path);
        }
    }
    found
}
