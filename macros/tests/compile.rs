//! What only rustc shows: that an expansion compiles, where an error of `provider!` points, and that nothing follows from it.

#[test]
fn expansions_compile_and_errors_point_at_the_line_of_the_list() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/accepts/*.rs");
    cases.compile_fail("tests/rejects/*.rs");
}
