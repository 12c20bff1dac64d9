//! The description in the front matter: Markdown without its marks, with that generator's newlines.

use docs_gen::compat::plain;

#[track_caller]
fn gives(markdown: &str, expected: &str) {
    assert_eq!(plain(markdown), expected, "of {markdown:?}");
}

#[test]
fn blocks_are_separated_by_one_newline() {
    gives("one\n\ntwo", "one\ntwo");
    gives("# Title\n\ntext", "Title\ntext");
    gives("a\n\n***\n\nb", "a\n\nb");
    gives("\n\nfirst", "first");
}

#[test]
fn fenced_code_gets_two_newlines_and_keeps_its_own() {
    gives("a\n\n```\nx = 1\n```\n\nb", "a\n\nx = 1\n\nb");
    gives("a\n\n    x = 1\n\nb", "a\nx = 1\n\nb");
}

#[test]
fn items_of_a_tight_list_run_together() {
    gives("- a\n- b", "ab");
    gives("x\n\n- a\n- b\n\ny", "x\nab\ny");
    gives("- a\n  - b\n- c", "a\nbc");
}

#[test]
fn items_of_a_loose_list_have_lines_of_their_own() {
    gives("- a\n\n- b", "a\nb");
}

#[test]
fn a_table_stays_as_it_is() {
    gives(
        "t\n\n| a | b |\n|---|---|\n| *1* | 2 |",
        "t\n| a | b |\n|---|---|\n| *1* | 2 |",
    );
}

#[test]
fn a_quote_keeps_its_marks_of_emphasis_and_joins_its_paragraphs() {
    gives("a\n\n> *one*\n> two\n>\n> three", "a\n*one*\ntwothree");
}

#[test]
fn escapes_and_entities_are_not_resolved() {
    gives(r"\*x\* &amp; y", r"\*x\* &amp; y");
    gives(r"a\\b", r"a\\b");
    gives(r"*\*x*", r"\*x");
}

#[test]
fn a_soft_break_is_a_newline_and_a_hard_one_is_nothing() {
    gives("one\ntwo", "one\ntwo");
    gives("one  \ntwo", "onetwo");
    gives("one\\\ntwo", "onetwo");
}

#[test]
fn marks_vanish() {
    gives("*a* **b** `c d` _e_", "a b c d e");
    gives("`` a`b ``", "a`b");
    gives("![picture](x.png) text", " text");
    gives("a <b>c</b> d", "a c d");
    gives("a\n\n<div>\nx\n</div>\n\nb", "a\nb");
}

#[test]
fn a_heading_keeps_its_raw_html() {
    gives("# a <b>c</b>", "a <b>c</b>");
}

#[test]
fn a_link_is_followed_by_its_destination_unless_that_is_local() {
    gives("see [it](https://x.y/z).", "see it https://x.y/z.");
    gives("[a](#b) [c](/d) [e](//f) [g](../h)", "a c e //f g ../h");
    gives("[t][r]\n\n[r]: https://x.y", "t https://x.y");
}

#[test]
fn a_bare_url_is_itself_and_www_gets_a_scheme() {
    gives("at https://x.example/_a_ now", "at https://x.example/_a_ now");
    gives("at <https://x.example> now", "at https://x.example now");
    gives("at www.example.com, now", "at http://www.example.com, now");
    gives("mail a@b.example", "mail a@b.example");
    gives("`www.example.com`", "www.example.com");
}

#[test]
fn carriage_returns_go() {
    gives("one\r\ntwo\r\n\r\nthree", "one\ntwo\nthree");
}
