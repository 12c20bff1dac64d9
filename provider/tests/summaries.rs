//! The catalogue of summaries: each is short, contains no value, and is unique.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fmt::Write;

const MAX_CHARACTERS: usize = 60;

#[test]
fn summaries_are_short_static_and_unique() {
    let mut texts = BTreeSet::new();
    for summary in provider::summaries::all() {
        let text = summary.text;
        assert!(text.chars().count() <= MAX_CHARACTERS, "too long: {text}");
        assert!(text.starts_with(|first: char| first.is_uppercase()), "{text}");
        assert!(!text.ends_with('.'), "a full stop: {text}");
        assert!(!text.contains(['{', '}', '"', '`', '|']), "a value: {text}");
        assert!(texts.insert(text), "twice: {text}");
    }
    assert!(texts.len() > 50, "{}", texts.len());
}

#[test]
fn summaries_have_when_and_remedy_as_one_line_of_sentences() {
    for summary in provider::summaries::all() {
        for sentence in [summary.when, summary.remedy] {
            assert!(
                sentence.starts_with(|first: char| first.is_uppercase())
                    && sentence.ends_with('.')
                    && !sentence.contains(['\n', '|', '{']),
                "{}: {sentence}",
                summary.text
            );
        }
    }
}

/// All summaries as a table, sorted. `INSTA_UPDATE=always` writes the snapshot.
#[test]
fn summaries_match_the_catalogue() {
    let rows: BTreeSet<_> = provider::summaries::all()
        .map(|summary| (summary.text, summary.when, summary.remedy))
        .collect();
    let mut table = "| summary | when | remedy |\n|---|---|---|\n".to_owned();
    for (text, when, remedy) in rows {
        writeln!(table, "| {text} | {when} | {remedy} |").unwrap();
    }
    insta::assert_snapshot!("catalogue", table);
}
