//! The description in the front matter: plain text with the newlines of tfplugindocs.

use docs_gen::compat::plain;

#[track_caller]
fn assert_plain(markdown: &str, expected: &str) {
    assert_eq!(plain(markdown), expected, "of {markdown:?}");
}

#[test]
fn plain_separates_blocks_by_one_newline() {
    assert_plain("one\n\ntwo", "one\ntwo");
    assert_plain("# Title\n\ntext", "Title\ntext");
    assert_plain("a\n\n***\n\nb", "a\n\nb");
    assert_plain("\n\nfirst", "first");
}

#[test]
fn plain_puts_two_newlines_before_fenced_code() {
    assert_plain("a\n\n```\nx = 1\n```\n\nb", "a\n\nx = 1\n\nb");
    assert_plain("a\n\n    x = 1\n\nb", "a\nx = 1\n\nb");
}

#[test]
fn plain_joins_items_of_a_tight_list() {
    assert_plain("- a\n- b", "ab");
    assert_plain("x\n\n- a\n- b\n\ny", "x\nab\ny");
    assert_plain("- a\n  - b\n- c", "a\nbc");
}

#[test]
fn plain_separates_items_of_a_loose_list() {
    assert_plain("- a\n\n- b", "a\nb");
}

#[test]
fn plain_keeps_tables() {
    assert_plain(
        "t\n\n| a | b |\n|---|---|\n| *1* | 2 |",
        "t\n| a | b |\n|---|---|\n| *1* | 2 |",
    );
}

#[test]
fn plain_keeps_emphasis_and_joins_paragraphs_in_quotes() {
    assert_plain("a\n\n> *one*\n> two\n>\n> three", "a\n*one*\ntwothree");
}

#[test]
fn plain_keeps_escapes_and_entities() {
    assert_plain(r"\*x\* &amp; y", r"\*x\* &amp; y");
    assert_plain(r"a\\b", r"a\\b");
    assert_plain(r"*\*x*", r"\*x");
}

#[test]
fn plain_drops_hard_breaks_and_keeps_soft_breaks() {
    assert_plain("one\ntwo", "one\ntwo");
    assert_plain("one  \ntwo", "onetwo");
    assert_plain("one\\\ntwo", "onetwo");
}

#[test]
fn plain_removes_marks_images_and_html() {
    assert_plain("*a* **b** `c d` _e_", "a b c d e");
    assert_plain("`` a`b ``", "a`b");
    assert_plain("![picture](x.png) text", " text");
    assert_plain("a <b>c</b> d", "a c d");
    assert_plain("a\n\n<div>\nx\n</div>\n\nb", "a\nb");
}

#[test]
fn plain_keeps_html_in_headings() {
    assert_plain("# a <b>c</b>", "a <b>c</b>");
}

#[test]
fn plain_appends_destinations_of_external_links() {
    assert_plain("see [it](https://x.y/z).", "see it https://x.y/z.");
    assert_plain("[a](#b) [c](/d) [e](//f) [g](../h)", "a c e //f g ../h");
    assert_plain("[t][r]\n\n[r]: https://x.y", "t https://x.y");
}

#[test]
fn plain_keeps_bare_urls_and_adds_a_scheme_to_www() {
    assert_plain("at https://x.example/_a_ now", "at https://x.example/_a_ now");
    assert_plain("at <https://x.example> now", "at https://x.example now");
    assert_plain("at www.example.com, now", "at http://www.example.com, now");
    assert_plain("mail a@b.example", "mail a@b.example");
    assert_plain("`www.example.com`", "www.example.com");
}

#[test]
fn plain_removes_carriage_returns() {
    assert_plain("one\r\ntwo\r\n\r\nthree", "one\ntwo\nthree");
}
