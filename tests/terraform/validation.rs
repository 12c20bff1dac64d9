//! `terraform validate` reports every invalid value with its line, and accepts unknown values.

use std::collections::BTreeMap;

use provider::durantic::DEFINITION;
use schema::{Attribute, Format, Scalar, Validate};
use serde_json::Value as Json;

use super::{control_plane, workspace};

/// A configuration with invalid lines, each with the expected error in a comment.
const INVALID: &str = include_str!("../data/invalid.tf");

/// Line → a part of the expected error.
fn expectations(configuration: &str) -> BTreeMap<u64, String> {
    let lines = (1..).zip(configuration.lines());
    let marked = lines.filter_map(|(number, line)| Some((number, line.split_once(" # ")?.1)));
    marked
        .map(|(number, error)| (number, error.trim().to_owned()))
        .collect()
}

/// Asserts that `terraform validate` reports exactly these errors.
async fn validates(configuration: &str, mut expected: BTreeMap<u64, String>) {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, configuration);
    let run = workspace.run(&["validate", "-json"]).await;
    let report: Json = serde_json::from_str(&run.stdout).expect("diagnostics in JSON");
    let diagnostics = report["diagnostics"].as_array().cloned().unwrap_or_default();
    for diagnostic in diagnostics
        .iter()
        .filter(|diagnostic| diagnostic["severity"] == "error")
    {
        let line = diagnostic["range"]["start"]["line"].as_u64().unwrap_or_default();
        let text = format!("{} {}", diagnostic["summary"], diagnostic["detail"]).replace("\\\"", "\"");
        let Some(expected) = expected.remove(&line) else {
            panic!("unexpected or duplicate error on line {line}: {text}");
        };
        assert!(text.contains(&expected), "line {line}: {text}");
    }
    assert_eq!(expected, BTreeMap::new(), "these errors are not reported");
    assert_eq!(control_plane.log().all().len(), 0, "no request was sent");
}

#[tokio::test]
async fn validate_reports_every_invalid_value_with_its_line() {
    validates(INVALID, expectations(INVALID)).await;
}

/// The same configuration with an unknown value in place of each invalid one.
#[tokio::test]
async fn validate_accepts_unknown_values() {
    let lines = INVALID.lines().map(|line| {
        let (code, error) = line.split_once(" # ").unwrap_or((line, ""));
        match code.split_once('=') {
            Some((name, _)) if !error.is_empty() => format!("{name}= terraform_data.later.output\n"),
            _ => format!("{line}\n"),
        }
    });
    let unknown: String = lines.collect();
    let text = format!("{unknown}resource \"terraform_data\" \"later\" {{\n  input = 1\n}}\n");
    // Missing arguments are still errors.
    let missing = expectations(&unknown);
    assert!(missing.len() < expectations(INVALID).len());
    validates(&text, missing).await;
}

/// The validation rules of an attribute: for each, words that only its error has.
fn rules(attribute: &Attribute) -> Vec<&'static [&'static str]> {
    if !attribute.mode.is_settable() {
        return Vec::new();
    }
    let mut rules: Vec<&'static [&'static str]> = Vec::new();
    let mut rule = |holds: bool, words| {
        if holds {
            rules.push(words);
        }
    };
    let Validate {
        length,
        range,
        items,
        ref pattern,
        ref one_of,
    } = attribute.validate;
    let is_nested = attribute.r#type.scalar == Scalar::Object;
    rule(
        attribute.r#type.scalar == Scalar::Int,
        &["must be a whole number"],
    );
    rule(length.is_some(), &["characters"]);
    let below = &["at least", "between"];
    rule(range.is_some_and(|range| range.min.is_some()), below);
    rule(
        range.is_some_and(|range| range.max.is_some()),
        &["at most", "between"],
    );
    rule(items.is_some(), &["elements"]);
    rule(pattern.is_some(), &["must match"]);
    rule(!one_of.is_empty(), &["must be one of", "Did you mean"]);
    rule(
        !attribute.r#type.collections.is_empty() && !is_nested,
        &["Null collection element"],
    );
    let format = attribute.format.map(|format| -> &[&str] {
        match format {
            Format::Uuid => &["a UUID"],
            Format::Ip => &["an IPv4 or IPv6 address"],
            Format::Cidr => &["an address block"],
            Format::Url => &["a URL"],
            Format::Duration => &["a duration"],
            Format::Timestamp => &["a point in time"],
            Format::Json => &["a JSON document"],
            Format::Glob => &["a pattern such as"],
        }
    });
    rules.extend(format);
    rules
}

#[test]
fn every_validation_rule_has_an_invalid_line() {
    let mut expected: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
    let (mut kind, mut of) = ("", "");
    for line in INVALID.lines() {
        if let Some((block, rest)) = line.split_once(" \"durantic_") {
            (kind, of) = (block, rest.split('"').next().unwrap_or_default());
            // The label names an attribute within an object.
            let label = rest.split('"').nth(2).unwrap_or_default();
            let name = label.split('-').next().unwrap_or_default();
            if let Some((_, error)) = line.split_once(" # ") {
                expected.entry((kind, of, name)).or_default().push(error);
            }
        } else if let Some((code, error)) = line.split_once(" # ") {
            let name = code.split_whitespace().next().unwrap_or_default();
            expected.entry((kind, of, name)).or_default().push(error);
        }
    }
    let mut missing = Vec::new();
    for (kind, bindings) in [
        ("resource", DEFINITION.resources),
        ("data", DEFINITION.data_sources),
    ] {
        for schema in bindings.iter().map(|binding| binding.schema) {
            let attributes = schema.attributes.iter();
            let nested = attributes
                .clone()
                .flat_map(|attribute| attribute.attributes.iter());
            for attribute in attributes.chain(nested) {
                let key = (kind, schema.name.as_ref(), attribute.name.as_ref());
                let errors = expected.get(&key).map(Vec::as_slice).unwrap_or_default();
                // Two bounds are two rules with the same words.
                let mut left: Vec<&str> = errors.to_vec();
                for words in rules(attribute) {
                    let found = left
                        .iter()
                        .position(|error| words.iter().any(|word| error.contains(word)));
                    match found {
                        Some(position) => drop(left.remove(position)),
                        None => missing.push(format!("{key:?}: {}", words[0])),
                    }
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "these rules have no invalid line");
}
