//! The allowed dependencies between crates, and the crates that the shipped program must not contain.
//!
//! Only dependencies that become a part of the crate count, not those of tests and build scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::project::{self, Package};

/// The shipped package.
const PROVIDER: &str = "terraform-provider-durantic";

/// The package of the acceptance tests.
const TESTS: &str = "acceptance";

/// Each crate of the provider and the harness, with the crates of this workspace that it depends on, from the bottom up.
/// Other crates (`docs-gen`, `release`, the tests) may depend on any of these, but these must not depend on them.
const LAYERS: &[(&str, &[&str])] = &[
    ("environment", &[]),
    ("proto", &[]),
    ("schema", &[]),
    ("template", &[]),
    ("value", &[]),
    ("plugin", &["environment", "proto"]),
    ("engine", &["environment", "schema", "value"]),
    ("client", &["engine", "schema", "value"]),
    (
        "rpc",
        &["engine", "environment", "plugin", "proto", "schema", "value"],
    ),
    ("macros", &["schema"]),
    ("tools", &["engine", "environment", "schema", "template", "value"]),
    (
        PROVIDER,
        &[
            "client",
            "engine",
            "environment",
            "macros",
            "rpc",
            "schema",
            "template",
            "tools",
            "value",
        ],
    ),
    (
        "harness",
        &["engine", "proto", PROVIDER, "rpc", "schema", "value"],
    ),
];

/// The crates that a crate must not contain, not even indirectly.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("value", &["reqwest", "schema", "tonic"]),
    ("plugin", &["reqwest", "schema"]),
    (
        "engine",
        &[
            "axum", "http", "hyper", "prost", "reqwest", "rustls", "toml", "tonic",
        ],
    ),
    ("client", &["prost", "tonic"]),
    (PROVIDER, &["toml"]),
];

/// The contents of `schema` without its feature `parse`: the model of the declarations needs no I/O.
const MODEL: &[&str] = &["schema", "strsim"];

#[test]
fn crate_dependencies_equal_the_declared_layers() {
    let packages = project::packages();
    let names: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let actual = packages.iter().map(|package| {
        let dependencies = package.dependencies.iter();
        let shipped = dependencies.filter(|dependency| dependency.kind.is_none());
        let own = shipped.map(|dependency| dependency.name.as_str());
        let own = own.filter(|name| names.contains(name)).collect();
        (package.name.as_str(), own)
    });
    let differences = differences(LAYERS, &actual.collect());
    assert!(
        differences.is_empty(),
        "the dependencies between the crates are not those of LAYERS in tests/structure/crates.rs:\n{differences}"
    );
}

#[test]
fn every_library_has_a_layer() {
    let folder = project::root().join("crates");
    let packages = project::packages();
    let libraries = packages
        .iter()
        .filter(|package| package.folder().starts_with(&folder));
    let known = |package: &&Package| LAYERS.iter().any(|(name, _)| package.name == *name);
    let missing: Vec<&str> = libraries
        .filter(|package| !known(package))
        .map(|package| package.name.as_str())
        .collect();
    assert!(
        missing.is_empty(),
        "{missing:?}: add them to LAYERS in tests/structure/crates.rs"
    );
}

/// The crates must not depend on an example that uses them.
#[test]
fn only_acceptance_tests_depend_on_an_example() {
    let folder = project::root().join("examples");
    let packages = project::packages();
    let examples = packages
        .iter()
        .filter(|package| package.folder().starts_with(&folder));
    let examples: BTreeSet<&str> = examples.map(|package| package.name.as_str()).collect();
    assert!(!examples.is_empty(), "no example was found");
    for package in packages.iter().filter(|package| package.name != TESTS) {
        let dependencies = package.dependencies.iter();
        let used: Vec<&str> = dependencies
            .map(|dependency| dependency.name.as_str())
            .filter(|name| examples.contains(name))
            .collect();
        assert!(used.is_empty(), "`{}` depends on {used:?}", package.name);
    }
}

#[test]
fn crates_contain_no_forbidden_crate() {
    let mut found = String::new();
    for (package, forbidden) in FORBIDDEN {
        let contents = contents(package);
        for name in forbidden.iter().filter(|name| contents.contains(**name)) {
            let path = tree(package, &["--invert", name]);
            let _ = writeln!(found, "`{package}` must not contain `{name}`:\n{path}");
        }
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn schema_without_parse_contains_no_other_crates() {
    let contents = contents("schema");
    let other: Vec<&String> = contents
        .iter()
        .filter(|name| !MODEL.contains(&name.as_str()))
        .collect();
    assert!(
        other.is_empty(),
        "`schema` without `parse` contains {other:?}: is that code for the parser only? The shipped provider would contain it."
    );
}

#[test]
fn every_package_uses_the_workspace_lints() {
    let lints: toml::Value = toml::from_str("workspace = true").expect("this is TOML");
    for package in project::packages() {
        let manifest = package.manifest();
        assert_eq!(
            manifest.get("lints"),
            Some(&lints),
            "{}: add `[lints]` with `workspace = true`",
            package.name
        );
    }
}

#[test]
fn differences_name_new_old_and_missing_dependencies() {
    let layers: &[(&str, &[&str])] = &[("low", &[]), ("high", &["low", "middle"]), ("gone", &[])];
    let actual = BTreeMap::from([
        ("low", BTreeSet::from(["high"])),
        ("high", BTreeSet::from(["low"])),
        ("tests", BTreeSet::from(["low"])),
    ]);
    assert_eq!(
        differences(layers, &actual),
        "`low` depends on `high`, which is not allowed\n\
         `high` no longer depends on `middle`: delete it from the list\n\
         `gone` does not exist\n"
    );
}

/// The differences between the declared and the actual dependencies, one per line.
fn differences(layers: &[(&str, &[&str])], actual: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let mut found = String::new();
    for (package, declared) in layers {
        let Some(actual) = actual.get(package) else {
            let _ = writeln!(found, "`{package}` does not exist");
            continue;
        };
        let declared: BTreeSet<&str> = declared.iter().copied().collect();
        for name in actual.difference(&declared) {
            let _ = writeln!(found, "`{package}` depends on `{name}`, which is not allowed");
        }
        for name in declared.difference(actual) {
            let _ = writeln!(
                found,
                "`{package}` no longer depends on `{name}`: delete it from the list"
            );
        }
    }
    found
}

/// Every crate that becomes a part of a package with its default features on this system.
fn contents(package: &str) -> BTreeSet<String> {
    let tree = tree(package, &["--prefix", "none"]);
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

fn tree(package: &str, arguments: &[&str]) -> String {
    let shipped = ["tree", "--edges", "normal,no-proc-macro", "--package", package];
    project::cargo(&project::root(), &[&shipped, arguments].concat())
}
