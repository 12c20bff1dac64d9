//! Parsing of source addresses, local names and patterns, as tables.

#![cfg(test)]

use std::fmt::Write as _;

use tools::address::local::{self, EntryError};
use tools::address::pattern::{Pattern, Selection};
use tools::address::{Address, AddressError};

#[test]
fn parse_agrees_with_terraform() {
    let mut failures = String::new();
    for line in include_str!("sources.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let (source, expected) = line
            .split_once(" => ")
            .expect("each line has a source and its address");
        let found = Address::parse(source).map(|address| format!("{} | {address}", address.full()));
        if found.as_deref() != Ok(expected) {
            let _ = writeln!(failures, "{source} should be {expected}, but is {found:?}");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn parse_errors_have_summary_message_and_suggestion() {
    let lines: Vec<String> = include_str!("errors.in")
        .lines()
        .map(|source| match Address::parse(source) {
            Ok(address) => format!("{source} => {address}"),
            Err(error) => format!("{source} => {}", describe(&error)),
        })
        .collect();
    insta::assert_snapshot!("errors", lines.join("\n"));
}

/// A suggestion must not lead to another error.
#[test]
fn parse_errors_suggest_valid_addresses() {
    let is_valid =
        |suggestion: &str| Address::parse(suggestion).is_ok() && !suggestion.starts_with("terraform-");
    for source in include_str!("errors.in").lines() {
        let Err(error) = Address::parse(source) else {
            continue;
        };
        let Some(meant) = error.suggestion.strip_prefix("Did you mean `") else {
            continue;
        };
        let meant = meant.strip_suffix("`?").unwrap();
        assert!(is_valid(meant), "{source}: {meant}");
    }
}

#[test]
fn parse_full_requires_three_known_parts() {
    let lines: Vec<String> = [
        "registry.terraform.io/durantic/durantic",
        "durantic/durantic",
        "durantic",
        "",
        "a/b/c/d",
        "registry.terraform.io/?/aws",
        "registry.terraform.io/-/aws",
        "example.com/-/aws",
        "example.com/a/b_c",
    ]
    .iter()
    .map(|given| match Address::parse_full(given) {
        Ok(address) => format!("{given} => {}", address.full()),
        Err(error) => format!("{given} => {}", describe(&error)),
    })
    .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn from_parts_names_missing_parts() {
    let lines: Vec<String> = [
        ["", "", ""],
        ["", "a", "b"],
        ["example.com", "", "b"],
        ["example.com", "?", "b"],
        ["example.com", "a", ""],
        ["registry.terraform.io", "-", "b"],
        ["example.com", "a", "b"],
    ]
    .iter()
    .map(
        |[host, namespace, type_name]| match Address::from_parts(host, namespace, type_name) {
            Ok(address) => address.full(),
            Err(error) => describe(&error),
        },
    )
    .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn implied_addresses_and_local_names() {
    for (local_name, expected) in [
        ("terraform", "terraform.io/builtin/terraform"),
        ("durantic", "registry.terraform.io/hashicorp/durantic"),
        ("AWS", "registry.terraform.io/hashicorp/aws"),
    ] {
        assert_eq!(Address::implied(local_name).unwrap().full(), expected);
    }
    // The explicit source `terraform` is an ordinary provider; only the implied one is built in.
    let explicit = Address::parse("terraform").unwrap().resolved();
    assert_eq!(explicit.full(), "registry.terraform.io/hashicorp/terraform");
    assert!(!explicit.is_built_in());
    assert!(Address::implied("terraform").unwrap().is_built_in());
    for (resource, expected) in [
        ("durantic_machine_role", "durantic"),
        ("durantic", "durantic"),
        ("_x", ""),
    ] {
        assert_eq!(local::implied_local_name(resource), expected);
    }
    assert!(local::needs_provider_argument("durantic_machine_role", "ours"));
    assert!(!local::needs_provider_argument(
        "durantic_machine_role",
        "durantic"
    ));
}

#[test]
fn resolve_reports_two_entries_for_one_provider() {
    let (addresses, errors) = local::resolve([
        ("durantic", Some("durantic/durantic")),
        ("ours", Some("REGISTRY.terraform.io/Durantic/durantic")),
        ("other", Some("example.com/durantic/durantic")),
        ("aws", None),
        ("broken", Some("a/b/c/d")),
    ]);
    assert_eq!(addresses.len(), 4);
    let messages: Vec<String> = errors
        .iter()
        .map(|error| match error {
            EntryError::Source { local_name, error } => format!("{local_name}: {error}"),
            EntryError::Collision(collision) => collision.to_string(),
        })
        .collect();
    assert_eq!(
        messages,
        [
            "the provider `durantic/durantic` is required twice, as `durantic` and as `ours`",
            "broken: the source `a/b/c/d` is not of the form `[hostname/][namespace/]name`"
        ]
    );
}

#[test]
fn suggest_returns_unique_local_names() {
    for (sources, expected) in [
        (
            &["durantic/durantic", "hashicorp/aws"][..],
            &["durantic", "aws"][..],
        ),
        (
            &["durantic/durantic", "my_org/durantic"],
            &["durantic-durantic", "my-org-durantic"],
        ),
        (
            &["durantic/durantic", "example.com:8443/durantic/durantic"],
            &[
                "registry-terraform-io-durantic-durantic",
                "example-com-8443-durantic-durantic",
            ],
        ),
    ] {
        let addresses: Vec<Address> = sources
            .iter()
            .map(|source| Address::parse(source).unwrap())
            .collect();
        let names = local::suggest(&addresses);
        assert_eq!(names, expected);
        assert!(names.iter().all(|name| local::is_valid(name)));
    }
    assert!(!local::is_valid("my_org"));
    assert!(!local::is_valid("Aws"));
}

#[test]
fn pattern_matches_as_terraform_does() {
    let address = |source: &str| Address::parse(source).unwrap().resolved();
    for (pattern, source, expected) in [
        ("*/*", "durantic/durantic", true),
        ("*/*", "example.com/a/b", false),
        ("*/*/*", "example.com/a/b", true),
        ("example.com/*/*", "example.com/a/b", true),
        ("EXAMPLE.com/A/*", "example.com/a/b", true),
        ("example.com/a/b", "example.com/a/c", false),
        ("durantic/*", "durantic/durantic", true),
        ("durantic/durantic", "example.com/durantic/durantic", false),
    ] {
        let found = Pattern::parse(pattern).unwrap().matches(&address(source));
        assert_eq!(found, expected, "{pattern} and {source}");
    }
    for (pattern, expected) in [
        ("durantic", "two or three parts"),
        ("a/b/c/d", "two or three parts"),
        ("*/a/b", "only in `*/*/*`"),
        ("*/*/b", "only in `*/*/*`"),
        ("*/b", "only if the type is `*`"),
        ("example.com/*/b", "only if the type is `*`"),
        ("a_b.c/*/*", "not a valid hostname"),
        ("a/b_*", "is invalid"),
    ] {
        let error = Pattern::parse(pattern).unwrap_err().to_string();
        assert!(error.contains(expected), "{pattern}: {error}");
    }
    let parse_all = |patterns: &[&str]| {
        patterns
            .iter()
            .map(|pattern| Pattern::parse(pattern).unwrap())
            .collect::<Vec<_>>()
    };
    let everything = Selection::default();
    assert!(everything.allows(&address("a/b")));
    let selection = Selection {
        include: parse_all(&["durantic/*", "example.com/*/*"]),
        exclude: parse_all(&["example.com/a/*"]),
    };
    assert!(selection.allows(&address("durantic/durantic")));
    assert!(selection.allows(&address("example.com/b/c")));
    assert!(!selection.allows(&address("example.com/a/c")));
    assert!(!selection.allows(&address("hashicorp/aws")));
}

#[test]
fn warning_for_an_underscore_in_the_namespace() {
    let warning = Address::parse("my_org/thing").unwrap().warning().unwrap();
    assert!(warning.contains("1.16"), "{warning}");
    assert_eq!(Address::parse("my-org/thing").unwrap().warning(), None);
}

fn describe(error: &AddressError) -> String {
    format!("! {}: {error}; {}", error.kind.summary(), error.suggestion)
}
