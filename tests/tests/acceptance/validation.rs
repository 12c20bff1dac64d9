//! What can be known to be wrong is told by `terraform validate` where it stands, and what is not known yet passes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use provider::durantic::DEFINITION;
use provider::schema::{Attribute, Scalar, Validate};

use super::{control_plane, workspace};

/// Wrong lines, each with a comment that says what is wrong with it.
const WRONG: &str = include_str!("../../data/wrong.tf");

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

/// Whether a value of this attribute can be known to be wrong.
fn has_rule(attribute: &Attribute) -> bool {
    let is_int = attribute.r#type.scalar == Scalar::Int;
    attribute.mode.is_settable()
        && (is_int || attribute.format.is_some() || attribute.validate != Validate::default())
}

#[test]
fn every_rule_has_a_wrong_line() {
    let mut wrong = BTreeSet::new();
    let mut resource = "";
    for line in WRONG.lines() {
        if let Some(block) = line.strip_prefix("resource \"durantic_") {
            resource = block.split('"').next().unwrap_or_default();
        } else if let Some((code, _)) = line.split_once(" # ") {
            wrong.insert((resource, code.split_whitespace().next().unwrap_or_default()));
        }
    }
    for schema in DEFINITION.resources.iter().map(|binding| binding.schema) {
        let nested = schema
            .attributes
            .iter()
            .flat_map(|attribute| attribute.attributes.iter());
        for attribute in schema
            .attributes
            .iter()
            .chain(nested)
            .filter(|attribute| has_rule(attribute))
        {
            let key = (schema.name.as_ref(), attribute.name.as_ref());
            assert!(wrong.contains(&key), "no line is wrong with {key:?}");
        }
    }
}
