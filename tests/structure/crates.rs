//! Which crate depends on which, and what the shipped program must not contain.
//!
//! A dependency here is one that becomes a part of the crate: those of tests and of build scripts do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::project::{self, Package};

/// The package that is shipped.
const PROVIDER: &str = "terraform-provider-durantic";

/// The package of the tests of the whole provider.
const TESTS: &str = "acceptance";

/// Each crate of the provider, and the harness of its tests, with the crates of this workspace that it depends on, from the
/// bottom up. Other crates (`docs-gen`, `release`, the tests) may depend on any of these, and none of these on them.
const LAYERS: &[(&str, &[&str])] = &[
    ("environment", &[]),
    ("proto", &[]),
    ("schema", &[]),
    ("value", &[]),
    ("plugin", &["environment", "proto"]),
    ("engine", &["environment", "schema", "value"]),
    ("client", &["engine", "schema", "value"]),
    (
        "rpc",
        &["engine", "environment", "plugin", "proto", "schema", "value"],
    ),
    ("macros", &["schema"]),
    ("tools", &["environment"]),
    (
        PROVIDER,
        &[
            "client",
            "engine",
            "environment",
            "macros",
            "rpc",
            "schema",
            "tools",
            "value",
        ],
    ),
    (
        "harness",
        &["engine", "proto", PROVIDER, "rpc", "schema", "value"],
    ),
];

/// What a crate must not contain, not even through another one.
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

/// All that `schema` contains without its feature `parse`: the model of the declarations needs no I/O.
const MODEL: &[&str] = &["schema", "strsim"];

#[test]
fn the_crates_depend_on_each_other_as_declared() {
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
fn each_library_in_crates_has_its_layer() {
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

/// An example shows what the crates can do, so none of them may need it.
#[test]
fn only_the_tests_depend_on_an_example() {
    let folder = project::root().join("examples");
    let packages = project::packages();
    let examples = packages
        .iter()
        .filter(|package| package.folder().starts_with(&folder));
    let examples: BTreeSet<&str> = examples.map(|package| package.name.as_str()).collect();
    assert!(!examples.is_empty(), "there is one at least");
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
fn no_crate_contains_what_it_must_not_know() {
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
fn the_model_of_the_declarations_needs_no_other_crates() {
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
fn the_lints_of_the_workspace_hold_everywhere() {
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
fn a_new_an_old_and_a_missing_dependency_are_named() {
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

/// Where the dependencies of the crates are not the declared ones, a line each.
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

/// Every crate that becomes a part of a package with its default features, on this system.
fn contents(package: &str) -> BTreeSet<String> {
    let tree = tree(package, &["--prefix", "none"]);
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

fn tree(package: &str, arguments: &[&str]) -> String {
    let shipped = ["tree", "--edges", "normal,no-proc-macro", "--package", package];
    project::cargo(&project::root(), &[&shipped, arguments].concat())
}
