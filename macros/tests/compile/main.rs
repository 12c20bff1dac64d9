//! What only rustc shows: that an expansion compiles, where an error of `provider!` points, and that nothing follows from it.

// Tells clippy that the helpers are tests as well: they may unwrap.
#![cfg(test)]

mod engine_elsewhere;
mod stub;

/// Each program in `rejects/`, and what rustc says of it in the file beside it. `TRYBUILD=overwrite` writes it.
#[test]
fn errors_point_at_the_line_of_the_list() {
    trybuild::TestCases::new().compile_fail("tests/compile/rejects/*.rs");
}
