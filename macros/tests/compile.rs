//! What only rustc shows: where an error of `provider!` points, and that nothing follows from it.

#[test]
fn errors_point_at_the_line_of_the_list() {
    trybuild::TestCases::new().compile_fail("tests/rejects/*.rs");
}
