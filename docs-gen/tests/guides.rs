//! Compares names, defaults and effects of changes in the guides, which are written by hand, with the declarations.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use docs_gen::examples::Examples;
use docs_gen::facts::{Change, Documentation, declared};
use docs_gen::kind::Kind;
use provider::durantic::DEFINITION;
use pulldown_cmark::{Event, Options, Parser};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/guides")
}

fn guide(name: &str) -> String {
    fs::read_to_string(folder().join(name)).expect("the guide")
}

fn facts() -> Documentation {
    declared::documentation(&DEFINITION, "0.0.0", &Examples::new("nowhere")).expect("the facts")
}

#[test]
fn guides_name_the_declared_defaults() {
    let facts = facts();
    let provider = facts.object(Kind::Provider, "durantic").expect("the provider");
    let default = |name: &str| {
        let attribute = provider
            .attributes
            .iter()
            .find(|one| one.name == name)
            .expect(name);
        let default = attribute.default.as_ref().expect("a default");
        default
            .as_str()
            .map_or_else(|| default.to_string(), str::to_owned)
    };
    let deployment = facts
        .object(Kind::Resource, "durantic_machine_deployment")
        .expect("the deployment");
    let create = &deployment
        .timeouts
        .iter()
        .find(|one| one.step == "create")
        .expect("a timeout")
        .default;
    let spelled_out = |duration: &str| {
        let (number, unit) = duration.split_at(duration.len() - 1);
        let unit = match unit {
            "s" => "seconds",
            "m" => "minutes",
            other => other,
        };
        format!("{number} {unit}")
    };
    for (name, sentence) in [
        (
            "authentication.md",
            format!(
                "`request_timeout` ({} by default)",
                spelled_out(&default("request_timeout"))
            ),
        ),
        (
            "authentication.md",
            format!("`max_retries` times ({} by default)", default("max_retries")),
        ),
        (
            "authentication.md",
            format!("The control plane is `{}`.", default("endpoint")),
        ),
        (
            "provisioning.md",
            format!(
                "The limit is {}, unless the `timeouts` block",
                spelled_out(create)
            ),
        ),
    ] {
        let text = guide(name).replace('\n', " ");
        assert!(text.contains(&sentence), "{name} does not contain: {sentence}");
    }
}

/// Names in the guides that are not attributes: those of Terraform's own languages, of derived arguments, and of generated files and resources.
const OTHER_NAMES: [&str; 14] = [
    "depends_on",
    "dev_overrides",
    "for_each",
    "required_providers",
    "create_before_destroy",
    "prevent_destroy",
    "replace_triggered_by",
    "value_wo",
    "value_wo_version",
    "password_wo",
    "password_wo_version",
    "web_1",
    "vip_adopted",
    "all_0",
];

/// Environment variables that many programs have.
const STANDARD_VARIABLES: [&str; 5] = [
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
];

#[test]
fn guides_name_only_existing_attributes() {
    let facts = facts();
    let mut known: BTreeSet<String> = OTHER_NAMES.iter().map(ToString::to_string).collect();
    for object in &facts.objects {
        known.insert(object.name.clone());
        for (path, attribute) in object.every_attribute() {
            known.extend(path.iter().map(ToString::to_string));
            known.extend(attribute.environment.clone());
        }
    }
    let mut count = 0;
    for path in docs_gen::files::walk(&folder()).expect("the guides") {
        let text = guide(&path);
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            let Event::Code(span) = event else { continue };
            let name = span.split([' ', '=', '.']).next().unwrap_or_default();
            // A name that ends with `_` is a prefix.
            let is_name = name.contains('_')
                && !name.ends_with('_')
                && name
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
                && !name.starts_with("TF_");
            if is_name && !STANDARD_VARIABLES.contains(&name) {
                assert!(
                    known.contains(name),
                    "{path} contains `{name}`, which does not exist"
                );
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count}");
}

/// Compares each row of the table in the guide on provisioning.
#[test]
fn provisioning_guide_lists_what_forces_replacement() {
    let facts = facts();
    let deployment = facts
        .object(Kind::Resource, "durantic_machine_deployment")
        .expect("the deployment");
    let text = guide("provisioning.md");
    let mut listed = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let change = match cells[2] {
            effect if effect.starts_with("replaced") => Change::Replaced,
            effect if effect.starts_with("changed in place") => Change::InPlace,
            _ => continue,
        };
        for name in cells[1].split('`').skip(1).step_by(2) {
            let attribute = deployment
                .attributes
                .iter()
                .find(|one| one.name == name)
                .expect(name);
            assert_eq!(attribute.change, Some(change), "{row}");
            listed.insert(name.to_owned());
        }
    }
    let forcing = deployment
        .attributes
        .iter()
        .filter(|one| one.change == Some(Change::Replaced));
    for attribute in forcing.filter(|one| one.name != "machine_uuid") {
        assert!(
            listed.contains(&attribute.name),
            "the guide does not list `{}`",
            attribute.name
        );
    }
}
