//! Phrases that no page, comment, message or name of the project contains. The glossary in CONTRIBUTING.md has the words to
//! write instead.

use std::fmt::Write as _;
use std::fs;

use crate::project;

/// A phrase, and what to write instead. A phrase is whole words, in any case.
const BANNED: [(&str, &str); 27] = [
    ("told", "reported"),
    ("tells", "reports, or names"),
    ("telling", "reporting"),
    ("untold", "not reported, or hidden"),
    ("said", "reported, printed, or configured"),
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
    ("somebody", "another client, or another run"),
    ("anew", "again"),
    ("unset, it", "if omitted"),
    ("as it was to be", "as planned"),
    ("of another form", "invalid"),
];

/// Extensions of the files that hold prose or code.
const EXTENSIONS: [&str; 11] = [
    "rs", "toml", "md", "tf", "tftpl", "html", "css", "js", "yml", "sh", "txt",
];

/// This file, which lists the phrases, and copies of files that others wrote.
const EXCLUDED: [&str; 2] = ["tests/structure/language.rs", "tests/data/"];

/// The header of the glossary's table, whose last column has some of the phrases.
const GLOSSARY: &str = "| word | means | instead of |";

#[test]
fn files_have_no_banned_phrase() {
    let root = project::root();
    let (mut count, mut found) = (0, String::new());
    for file in project::files(&EXTENSIONS) {
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        if EXCLUDED.iter().any(|excluded| name.starts_with(excluded)) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("the file can be read");
        for (line, paragraph) in paragraphs(&text) {
            count += 1;
            if paragraph.starts_with(GLOSSARY) {
                continue;
            }
            let words = words(&paragraph);
            for (phrase, instead) in BANNED {
                if has_phrase(&words, phrase) {
                    let _ = writeln!(found, "{name}:{line}: `{phrase}`; write: {instead}");
                }
            }
        }
    }
    assert!(count > 8_000, "only {count} paragraphs were found");
    assert!(found.is_empty(), "banned phrases:\n{found}");
}

#[test]
fn has_phrase_finds_whole_words_in_any_case() {
    let rows = [
        ("Told by the server", "told", true),
        ("it was told.", "told", true),
        ("untold", "told", false),
        ("fn told_by(", "told", true),
        ("There is none", "is none", true),
        ("it.is_none()", "is none", false),
        ("is nonesuch", "is none", false),
        ("it\n  is none", "is none", true),
        ("/// There is\n    /// none.", "is none", true),
        ("\"there is \\\n  none\"", "is none", true),
    ];
    for (text, phrase, expected) in rows {
        assert_eq!(
            has_phrase(&words(text), phrase),
            expected,
            "`{phrase}` in `{text}`"
        );
    }
}

/// The words of a paragraph in lower case, separated by one space. The marks of comments and continued strings are left out,
/// so that a phrase on two lines is found.
fn words(paragraph: &str) -> String {
    let marks = ["//", "///", "//!", "#", "\\"];
    paragraph
        .split_whitespace()
        .filter(|word| !marks.contains(word))
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// Whether the words contain a phrase. A phrase of one word is also found as a part of a name, such as `told_by`.
fn has_phrase(text: &str, phrase: &str) -> bool {
    let is_one_word = !phrase.contains(' ');
    let is_word = |character: Option<char>| {
        character.is_some_and(|it| it.is_alphanumeric() || (it == '_' && !is_one_word))
    };
    text.match_indices(phrase).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text
            .get(at + phrase.len()..)
            .and_then(|after| after.chars().next());
        !is_word(before) && !is_word(after)
    })
}

/// The paragraphs of a text, each with the number of its first line. A phrase may continue on the next line, so lines alone
/// would not do.
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
