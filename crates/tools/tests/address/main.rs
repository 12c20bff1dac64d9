//! Addresses of providers, as tables.

#![cfg(test)]

use std::fmt::Write as _;

use tools::address::local::{self, EntryError};
use tools::address::pattern::{Pattern, Selection};
use tools::address::{Address, AddressError};

#[test]
fn every_source_is_read_as_terraform_reads_it() {
    let mut failures = String::new();
    for line in include_str!("sources.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let (source, wanted) = line.split_once(" => ").expect("a source and what it is");
        let found = Address::parse(source).map(|address| format!("{} | {address}", address.full()));
        if found.as_deref() != Ok(wanted) {
            let _ = writeln!(failures, "{source} should be {wanted}, but is {found:?}");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_error_says_what_is_wrong_and_what_to_do() {
    let lines: Vec<String> = include_str!("errors.in")
        .lines()
        .map(|source| match Address::parse(source) {
            Ok(address) => format!("{source} => {address}"),
            Err(error) => format!("{source} => {}", explained(&error)),
        })
        .collect();
    insta::assert_snapshot!("errors", lines.join("\n"));
}

/// Nobody is sent from one error to the next.
#[test]
fn what_is_suggested_is_an_address() {
    let is_name = |text: &str| Address::parse(text).is_ok() && !text.starts_with("terraform-");
    for source in include_str!("errors.in").lines() {
        let Err(error) = Address::parse(source) else {
            continue;
        };
        let Some(meant) = error.suggestion.strip_prefix("Did you mean `") else {
            continue;
        };
        let meant = meant.strip_suffix("`?").unwrap();
        assert!(is_name(meant), "{source}: {meant}");
    }
}

#[test]
fn a_full_name_is_read_strictly() {
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
        Err(error) => format!("{given} => {}", explained(&error)),
    })
    .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn parts_that_are_missing_are_named() {
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
            Err(error) => explained(&error),
        },
    )
    .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_is_not_declared_is_implied() {
    for (local_name, wanted) in [
        ("terraform", "terraform.io/builtin/terraform"),
        ("durantic", "registry.terraform.io/hashicorp/durantic"),
        ("AWS", "registry.terraform.io/hashicorp/aws"),
    ] {
        assert_eq!(Address::implied(local_name).unwrap().full(), wanted);
    }
    // Written out, `terraform` is an ordinary provider.
    let explicit = Address::parse("terraform").unwrap().resolved();
    assert_eq!(explicit.full(), "registry.terraform.io/hashicorp/terraform");
    assert!(!explicit.is_built_in());
    assert!(Address::implied("terraform").unwrap().is_built_in());
    for (resource, wanted) in [
        ("durantic_machine_role", "durantic"),
        ("durantic", "durantic"),
        ("_x", ""),
    ] {
        assert_eq!(local::implied_local_name(resource), wanted);
    }
    assert!(local::needs_provider_argument("durantic_machine_role", "ours"));
    assert!(!local::needs_provider_argument(
        "durantic_machine_role",
        "durantic"
    ));
}

#[test]
fn two_entries_for_one_provider_collide() {
    let (addresses, errors) = local::resolve([
        ("durantic", Some("durantic/durantic")),
        ("ours", Some("REGISTRY.terraform.io/Durantic/durantic")),
        ("other", Some("example.com/durantic/durantic")),
        ("aws", None),
        ("broken", Some("a/b/c/d")),
    ]);
    assert_eq!(addresses.len(), 4);
    let texts: Vec<String> = errors
        .iter()
        .map(|error| match error {
            EntryError::Source { local_name, error } => format!("{local_name}: {error}"),
            EntryError::Collision(collision) => collision.to_string(),
        })
        .collect();
    assert_eq!(
        texts,
        [
            "the provider `durantic/durantic` is required twice, as `durantic` and as `ours`",
            "broken: the source `a/b/c/d` is not of the form `[hostname/][namespace/]name`"
        ]
    );
}

#[test]
fn local_names_that_are_suggested_never_collide() {
    for (sources, wanted) in [
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
        assert_eq!(names, wanted);
        assert!(names.iter().all(|name| local::is_valid(name)));
    }
    assert!(!local::is_valid("my_org"));
    assert!(!local::is_valid("Aws"));
}

#[test]
fn patterns_select_as_terraforms_do() {
    let address = |source: &str| Address::parse(source).unwrap().resolved();
    for (pattern, source, wanted) in [
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
        assert_eq!(found, wanted, "{pattern} and {source}");
    }
    for (pattern, wanted) in [
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
        assert!(error.contains(wanted), "{pattern}: {error}");
    }
    let patterns = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| Pattern::parse(text).unwrap())
            .collect::<Vec<_>>()
    };
    let everything = Selection::default();
    assert!(everything.allows(&address("a/b")));
    let selection = Selection {
        include: patterns(&["durantic/*", "example.com/*/*"]),
        exclude: patterns(&["example.com/a/*"]),
    };
    assert!(selection.allows(&address("durantic/durantic")));
    assert!(selection.allows(&address("example.com/b/c")));
    assert!(!selection.allows(&address("example.com/a/c")));
    assert!(!selection.allows(&address("hashicorp/aws")));
}

#[test]
fn an_underscore_in_a_namespace_is_warned_of() {
    let warning = Address::parse("my_org/thing").unwrap().warning().unwrap();
    assert!(warning.contains("1.16"), "{warning}");
    assert_eq!(Address::parse("my-org/thing").unwrap().warning(), None);
}

fn explained(error: &AddressError) -> String {
    format!("! {}: {error}; {}", error.kind.summary(), error.suggestion)
}
