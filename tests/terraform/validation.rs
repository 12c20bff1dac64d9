//! What can be known to be wrong is told by `terraform validate` where it stands, and what is not known yet passes.

use std::collections::BTreeMap;

use provider::durantic::DEFINITION;
use schema::{Attribute, Format, Scalar, Validate};
use serde_json::Value as Json;

use super::{control_plane, workspace};

/// Wrong lines, each with a comment that says what is wrong with it.
const WRONG: &str = include_str!("../data/wrong.tf");

/// Line → what Terraform must tell about it.
fn expectations(configuration: &str) -> BTreeMap<u64, String> {
    let lines = (1..).zip(configuration.lines());
    let marked = lines.filter_map(|(number, line)| Some((number, line.split_once(" # ")?.1)));
    marked
        .map(|(number, told)| (number, told.trim().to_owned()))
        .collect()
}

/// Asserts that `terraform validate` tells just this.
async fn validates(configuration: &str, mut expected: BTreeMap<u64, String>) {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, configuration);
    let run = workspace.run(&["validate", "-json"]).await;
    let told: Json = serde_json::from_str(&run.stdout).expect("diagnostics in JSON");
    let diagnostics = told["diagnostics"].as_array().cloned().unwrap_or_default();
    for diagnostic in diagnostics
        .iter()
        .filter(|diagnostic| diagnostic["severity"] == "error")
    {
        let line = diagnostic["range"]["start"]["line"].as_u64().unwrap_or_default();
        let text = format!("{} {}", diagnostic["summary"], diagnostic["detail"]).replace("\\\"", "\"");
        let Some(expected) = expected.remove(&line) else {
            panic!("nothing is wrong with line {line}, or that is told twice: {text}");
        };
        assert!(text.contains(&expected), "line {line}: {text}");
    }
    assert_eq!(expected, BTreeMap::new(), "this is wrong and is not told");
    assert_eq!(control_plane.log().all().len(), 0, "nobody was asked");
}

#[tokio::test]
async fn what_is_wrong_is_told_where_it_stands() {
    validates(WRONG, expectations(WRONG)).await;
}

/// The same configuration with an unknown value in each wrong place.
#[tokio::test]
async fn what_is_not_known_yet_passes() {
    let lines = WRONG.lines().map(|line| {
        let (code, told) = line.split_once(" # ").unwrap_or((line, ""));
        match code.split_once('=') {
            Some((name, _)) if !told.is_empty() => format!("{name}= terraform_data.later.output\n"),
            _ => format!("{line}\n"),
        }
    });
    let unknown: String = lines.collect();
    let text = format!("{unknown}resource \"terraform_data\" \"later\" {{\n  input = 1\n}}\n");
    // What is missing altogether is still missing.
    let missing = expectations(&unknown);
    assert!(missing.len() < expectations(WRONG).len());
    validates(&text, missing).await;
}

/// How a value of this attribute can be known to be wrong: words that are only in what is told about it.
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
        }
    });
    rules.extend(format);
    rules
}

#[test]
fn every_rule_has_a_wrong_line() {
    let mut wrong: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
    let (mut kind, mut of) = ("", "");
    for line in WRONG.lines() {
        if let Some((block, rest)) = line.split_once(" \"durantic_") {
            (kind, of) = (block, rest.split('"').next().unwrap_or_default());
        } else if let Some((code, told)) = line.split_once(" # ") {
            let name = code.split_whitespace().next().unwrap_or_default();
            wrong.entry((kind, of, name)).or_default().push(told);
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
                let told = wrong.get(&key).map(Vec::as_slice).unwrap_or_default();
                // Two bounds are two rules with the same words.
                let mut left: Vec<&str> = told.to_vec();
                for words in rules(attribute) {
                    let found = left
                        .iter()
                        .position(|told| words.iter().any(|word| told.contains(word)));
                    match found {
                        Some(position) => drop(left.remove(position)),
                        None => missing.push(format!("{key:?}: {}", words[0])),
                    }
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "no line is wrong like this");
}
