//! Tests of the cycle detection, each with a crate of a few lines.

use std::collections::BTreeMap;

use crate::cycles::{self, Cycle};
use crate::modules::Modules;

/// The cycles in a crate. Each line is `FILE: CODE`; a file may have several lines.
fn cycles(lines: &str) -> Vec<Vec<String>> {
    let mut files = BTreeMap::<String, String>::new();
    for (file, code) in lines.lines().filter_map(|line| line.trim().split_once(": ")) {
        files
            .entry(format!("src/{file}"))
            .or_default()
            .extend([code, "\n"]);
    }
    let found = cycles::find(&Modules::read("src/lib.rs", &|file| files.get(file).cloned()));
    let short = |cycle: &Cycle| cycle.to_string().replace("src/", "").replace(".rs", "");
    let lines = |text: String| text.lines().map(|line| line.trim().to_owned()).collect();
    found.iter().map(short).map(lines).collect()
}

#[test]
fn find_reports_two_files_that_import_each_other() {
    let found = cycles(
        "lib.rs: mod plan; mod apply;
         plan.rs: use crate::apply::{Known, Progress};
         plan.rs: pub struct Plan(Known, Progress);
         apply.rs: use super::plan::Plan;
         apply.rs: pub struct Known; pub struct Progress; fn apply(_: Plan) {}",
    );
    assert_eq!(found, [["apply -> plan: Plan", "plan -> apply: Known, Progress"]]);
}

#[test]
fn find_reports_three_files_in_a_cycle() {
    let found = cycles(
        "lib.rs: mod a; mod b; mod c; mod d;
         a.rs: use crate::b::B; pub struct A(B);
         b.rs: use crate::{c, d::D}; pub struct B(c::C, D);
         c.rs: use crate::a::A; pub struct C(A);
         d.rs: pub struct D;",
    );
    assert_eq!(found, [["a -> b: B", "b -> c: C", "c -> a: A"]]);
}

#[test]
fn find_reports_cycles_without_a_common_file_separately() {
    let found = cycles(
        "lib.rs: mod a; mod b; mod c; mod d;
         a.rs: use crate::b::B; pub struct A;
         b.rs: use crate::a::A; pub struct B;
         c.rs: use crate::d::D; pub struct C;
         d.rs: use crate::c::C; pub struct D;",
    );
    assert_eq!(found, [["a -> b: B", "b -> a: A"], ["c -> d: D", "d -> c: C"]]);
}

#[test]
fn find_follows_a_re_export_to_the_definition() {
    let found = cycles(
        "lib.rs: mod client; mod log;
         client/mod.rs: mod error; pub use error::Error;
         client/error.rs: use crate::log::Line; pub struct Error(Line);
         log.rs: use crate::client::Error as Failure; pub struct Line; fn log(_: Failure) {}",
    );
    assert_eq!(
        found,
        [["client/error -> log: Line", "log -> client/error: Error"]]
    );
}

#[test]
fn find_follows_a_glob_re_export() {
    let found = cycles(
        "lib.rs: mod client; mod log;
         client/mod.rs: mod retry; pub use retry::*;
         client/retry.rs: use crate::log::Line; pub fn retry() -> Line { todo!() }
         log.rs: pub struct Line; fn log() { crate::client::retry(); }",
    );
    assert_eq!(
        found,
        [["client/retry -> log: Line", "log -> client/retry: retry"]]
    );
}

#[test]
fn find_reports_siblings_that_import_through_their_parent() {
    let found = cycles(
        "lib.rs: mod a; mod b; pub use a::A; pub use b::B;
         a.rs: use crate::B; pub struct A(B);
         b.rs: use super::*; pub struct B; fn b(_: A) {}",
    );
    assert_eq!(found, [["a -> b: B", "b -> a: A"]]);
}

#[test]
fn find_reports_paths_without_a_use() {
    let found = cycles(
        "lib.rs: mod a; mod b;
         a.rs: pub fn one() -> usize { super::b::two() }
         b.rs: pub fn two() -> usize { crate::a::one() }",
    );
    assert_eq!(found, [["a -> b: two", "b -> a: one"]]);
}

#[test]
fn find_reports_paths_in_macros_and_functions() {
    let found = cycles(
        "lib.rs: mod a; mod b; mod c;
         a.rs: pub fn a() { println!(\"{}\", [crate::b::b(1)][0]); }
         b.rs: pub fn b(_: u8) -> u8 { use crate::c; c::c::<u8>() }
         c.rs: macro_rules! m { () => { $crate::a::a() } } pub fn c<T>() -> T { m!() }",
    );
    assert_eq!(found, [["a -> b: b", "b -> c: c", "c -> a: a"]]);
}

#[test]
fn find_counts_inline_modules_as_part_of_their_file() {
    let found = cycles(
        "lib.rs: pub mod targets { pub use crate::a::a; } mod a; mod b;
         a.rs: mod inner { use super::super::b; fn i() { b::b(); } } pub fn a() {}
         b.rs: pub fn b() { crate::targets::a(); }",
    );
    assert_eq!(found, [["a -> b: b", "b -> a: a"]]);
}

#[test]
fn find_allows_imports_between_a_module_and_its_children() {
    let found = cycles(
        "lib.rs: mod job; pub struct Error; pub fn run() { job::run(); }
         job/mod.rs: mod start; mod wait; use crate::Error;
         job/mod.rs: pub struct Run(Error); pub fn run() { start::start(); }
         job/start.rs: use super::{Run, wait}; pub fn start() -> Run { wait::wait() }
         job/wait.rs: use super::Run; pub fn wait() -> Run { todo!() }",
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn find_reports_a_child_in_a_cycle_through_its_parent() {
    let found = cycles(
        "lib.rs: mod apply; mod job;
         apply.rs: use crate::job::start; pub struct Session; fn apply() { start::start(); }
         job/mod.rs: pub mod start; use crate::apply::Session; pub struct Run(Session);
         job/start.rs: use super::Run; pub fn start() -> Run { todo!() }",
    );
    let arrows = [
        "apply -> job/start: start",
        "job/mod -> apply: Session",
        "job/start -> job/mod: Run",
    ];
    assert_eq!(found, [arrows]);
}

#[test]
fn find_reports_a_parent_in_a_cycle_through_a_child() {
    let found = cycles(
        "lib.rs: mod check; mod parse;
         check/mod.rs: mod wire; pub fn check() { wire::wire(); }
         check/wire.rs: use crate::parse::is_key; pub fn wire() { is_key(); }
         parse.rs: pub fn is_key() {} pub fn parse() { crate::check::check(); }",
    );
    let arrows = [
        "check/mod -> check/wire: wire",
        "check/wire -> parse: is_key",
        "parse -> check/mod: check",
    ];
    assert_eq!(found, [arrows]);
}

#[test]
fn find_reports_imports_between_a_module_and_a_grandchild() {
    let found = cycles(
        "lib.rs: mod job; pub use job::start::start; pub struct Error; fn run() { job::run(); }
         job.rs: pub mod start; pub fn run() { start::start(); }
         job/start.rs: use crate::Error; pub fn start() -> Error { todo!() }",
    );
    let arrows = [
        "job -> job/start: start",
        "job/start -> lib: Error",
        "lib -> job: run",
    ];
    assert_eq!(found, [arrows]);
}

#[test]
fn find_ignores_tests_other_crates_and_comments() {
    let found = cycles(
        "lib.rs: mod json; mod plan; #[cfg(test)] mod tests;
         json.rs: use json::json; pub struct Json;
         json.rs: #[cfg(test)] use crate::plan::plan;
         json.rs: #[cfg(test)] mod tests { fn t() { crate::plan::plan(); } }
         json.rs: impl Json { #[cfg(test)] fn t() { crate::plan::plan(); } }
         plan.rs: use ::plan::json; use crate::json::Json;
         plan.rs: /// See [`crate::json`].
         plan.rs: pub(in crate::plan) fn plan(_: Json) {}",
    );
    assert!(found.is_empty(), "{found:?}");
}
