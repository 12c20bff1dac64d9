//! Compiles expansions of `provider!` with rustc: a good one compiles, and an error points at its line and causes no other errors.

// Clippy then treats the helpers as tests, which can unwrap.
#![cfg(test)]

mod engine_elsewhere;
mod stub;

/// Each program in `rejects/` has the errors of rustc in the file beside it. `TRYBUILD=overwrite` updates them.
#[test]
fn provider_errors_point_at_their_line() {
    trybuild::TestCases::new().compile_fail("tests/compile/rejects/*.rs");
}
