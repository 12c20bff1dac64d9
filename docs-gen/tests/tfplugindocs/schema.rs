//! The section "Schema": groups, lines, anchors, and newlines between sections.

use super::{section, try_section};

const SEE: &str = "(see [below for nested schema]";

#[test]
fn section_groups_attributes_and_sorts_by_bytes() {
    let block = r#"{"attributes":{
        "b":{"type":"string","required":true,"description":"Second."},
        "a_":{"type":"number","required":true},
        "aZ":{"type":"bool","required":true},
        "o":{"type":["list","string"],"optional":true,"computed":true,"description":"  trimmed \u00a0\u0085"},
        "c":{"type":["map",["set","number"]],"computed":true},
        "d":{"type":"dynamic","optional":true}
    }}"#;
    assert_eq!(
        section(block),
        "## Schema\n\n### Required\n\n- `aZ` (Boolean)\n- `a_` (Number)\n- `b` (String) Second.\n\n\
         ### Optional\n\n- `d` (Dynamic)\n- `o` (List of String) trimmed\n\n\
         ### Read-Only\n\n- `c` (Map of Set of Number)\n\n"
    );
}

#[test]
fn section_orders_flags_and_adds_the_write_only_note() {
    let block = r#"{"attributes":{
        "s":{"type":"string","optional":true,"sensitive":true,"deprecated":true,"write_only":true,"description":"S."},
        "t":{"type":"string","required":true}
    }}"#;
    let link = "https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments";
    assert_eq!(
        section(block),
        format!(
            "## Schema\n\n### Required\n\n- `t` (String)\n\n### Optional\n\n\
             > **NOTE**: [Write-only arguments]({link}) are supported in Terraform 1.11 and later.\n\n\
             - `s` (String, Sensitive, Deprecated, [Write-only]({link})) S.\n\n"
        )
    );
}

#[test]
fn write_only_note_ignores_nested_attributes() {
    let write_only = r#"{"type":"string","optional":true,"write_only":true}"#;
    let blocks = format!(
        r#"{{"block_types":{{"a":{{"nesting_mode":"list","block":{{"block_types":{{"b":{{"nesting_mode":"list","block":{{"attributes":{{"w":{write_only}}}}}}}}}}}}}}}}}"#
    );
    assert_eq!(
        section(&blocks).matches("**NOTE**").count(),
        3,
        "at a, at b and at w"
    );
    let nested = format!(
        r#"{{"attributes":{{"a":{{"optional":true,"nested_type":{{"nesting_mode":"single","attributes":{{"w":{write_only}}}}}}}}}}}"#
    );
    assert_eq!(section(&nested).matches("**NOTE**").count(), 0);
}

#[test]
fn id_without_description_is_read_only() {
    let of = |name: &str, description: &str| {
        section(&format!(
            r#"{{"attributes":{{"{name}":{{"type":"string","required":true,"description":"{description}"}}}}}}"#
        ))
    };
    assert_eq!(
        of("id", ""),
        "## Schema\n\n### Read-Only\n\n- `id` (String) The ID of this resource.\n\n"
    );
    assert_eq!(
        of("ID", ""),
        "## Schema\n\n### Read-Only\n\n- `ID` (String) The ID of this resource.\n\n"
    );
    assert_eq!(of("id", " "), "## Schema\n\n### Required\n\n- `id` (String)\n\n");
    assert_eq!(
        of("id", "Mine."),
        "## Schema\n\n### Required\n\n- `id` (String) Mine.\n\n"
    );
}

#[test]
fn id_in_a_block_is_an_ordinary_attribute() {
    let block = r#"{"block_types":{"b":{"nesting_mode":"list","block":{"attributes":{"id":{"type":"string","required":true}}}}}}"#;
    assert_eq!(
        section(block),
        format!(
            "## Schema\n\n### Optional\n\n- `b` (Block List) {SEE}(#nestedblock--b))\n\n\
             <a id=\"nestedblock--b\"></a>\n### Nested Schema for `b`\n\nRequired:\n\n- `id` (String)\n\n\n"
        )
    );
}

#[test]
fn section_lists_blocks_of_every_nesting_mode() {
    let inner = r#"{"attributes":{"x":{"type":"string","optional":true}},"description":"In it."}"#;
    let read_only = r#"{"attributes":{"x":{"type":"string","computed":true}}}"#;
    let block = format!(
        r#"{{"block_types":{{
            "l":{{"nesting_mode":"list","block":{inner},"min_items":1,"max_items":3}},
            "s":{{"nesting_mode":"set","block":{inner}}},
            "m":{{"nesting_mode":"map","block":{{"deprecated":true,"attributes":{{"x":{{"type":"string","required":true}}}}}}}},
            "one":{{"nesting_mode":"single","block":{inner}}},
            "must":{{"nesting_mode":"single","block":{inner},"min_items":1,"max_items":1}},
            "ro":{{"nesting_mode":"single","block":{read_only}}},
            "empty":{{"nesting_mode":"list","block":{{}}}}
        }}}}"#
    );
    let text = section(&block);
    let head = text.split("<a id").next().expect("a head");
    assert_eq!(
        head,
        format!(
            "## Schema\n\n### Required\n\n\
             - `l` (Block List, Min: 1, Max: 3) In it. {SEE}(#nestedblock--l))\n\
             - `must` (Block, Required, Max: 1) In it. {SEE}(#nestedblock--must))\n\n\
             ### Optional\n\n\
             - `empty` (Block List) {SEE}(#nestedblock--empty))\n\
             - `m` (Block Map, Deprecated) {SEE}(#nestedblock--m))\n\
             - `one` (Block, Optional) In it. {SEE}(#nestedblock--one))\n\
             - `s` (Block Set) In it. {SEE}(#nestedblock--s))\n\n\
             ### Read-Only\n\n\
             - `ro` (Block, Read-only) {SEE}(#nestedblock--ro))\n\n"
        )
    );
    assert!(
        text.contains("### Nested Schema for `empty`\n\n\n<a id"),
        "no groups, one newline: {text}"
    );
    assert!(text.contains("### Nested Schema for `ro`\n\nRead-Only:\n\n- `x` (String)\n\n\n"));
}

#[test]
fn nested_sections_end_with_one_more_newline_per_level() {
    let block = r#"{"block_types":{"a":{"nesting_mode":"list","block":{
        "attributes":{"x":{"type":"string","optional":true}},
        "block_types":{"b":{"nesting_mode":"set","block":{"attributes":{"y":{"type":"string","required":true}}}}}}}}}"#;
    assert_eq!(
        section(block),
        format!(
            "## Schema\n\n### Optional\n\n- `a` (Block List) {SEE}(#nestedblock--a))\n\n\
             <a id=\"nestedblock--a\"></a>\n### Nested Schema for `a`\n\nOptional:\n\n\
             - `b` (Block Set) {SEE}(#nestedblock--a--b))\n- `x` (String)\n\n\
             <a id=\"nestedblock--a--b\"></a>\n### Nested Schema for `a.b`\n\nRequired:\n\n- `y` (String)\n\n\n\n"
        )
    );
}

#[test]
fn section_lists_nested_attributes_of_every_nesting_mode() {
    let of = |mode: &str| {
        let text = section(&format!(
            r#"{{"attributes":{{"n":{{"optional":true,"description":"N.","nested_type":{{"nesting_mode":"{mode}","min_items":1,"max_items":2,"attributes":{{"x":{{"type":"string","required":true}},"none":{{"type":"string"}}}}}}}}}}}}"#
        ));
        assert!(!text.contains("none"), "an attribute without a flag is omitted");
        text.lines()
            .find(|line| line.starts_with("- `n`"))
            .expect("the line")
            .to_owned()
    };
    assert_eq!(
        of("single"),
        format!("- `n` (Attributes, Max: 2) N. {SEE}(#nestedatt--n))")
    );
    assert_eq!(
        of("list"),
        format!("- `n` (Attributes List, Min: 1, Max: 2) N. {SEE}(#nestedatt--n))")
    );
    assert_eq!(
        of("set"),
        format!("- `n` (Attributes Set, Min: 1, Max: 2) N. {SEE}(#nestedatt--n))")
    );
    assert_eq!(
        of("map"),
        format!("- `n` (Attributes Map, Min: 1, Max: 2) N. {SEE}(#nestedatt--n))")
    );
}

#[test]
fn object_inherits_the_group_of_the_outermost_attribute() {
    let block = r#"{"attributes":{"n":{"required":true,"nested_type":{"nesting_mode":"single","attributes":{
        "o":{"computed":true,"type":["object",{"p":"string","q":["list",["object",{"r":"bool"}]]},["p"]]}}}}}}"#;
    assert_eq!(
        section(block),
        format!(
            "## Schema\n\n### Required\n\n- `n` (Attributes) {SEE}(#nestedatt--n))\n\n\
             <a id=\"nestedatt--n\"></a>\n### Nested Schema for `n`\n\nRead-Only:\n\n\
             - `o` (Object) {SEE}(#nestedatt--n--o))\n\n\
             <a id=\"nestedatt--n--o\"></a>\n### Nested Schema for `n.o`\n\nRequired:\n\n\
             - `p` (String)\n- `q` (List of Object) {SEE}(#nestedobjatt--n--o--q))\n\n\
             <a id=\"nestedobjatt--n--o--q\"></a>\n### Nested Schema for `n.o.q`\n\nRequired:\n\n- `r` (Boolean)\n\n\n\n\n"
        )
    );
}

#[test]
fn object_in_a_block_inherits_no_group_from_outside() {
    let block = r#"{"block_types":{"b":{"nesting_mode":"list","min_items":1,"block":{"attributes":{
        "o":{"computed":true,"type":["object",{"p":"string"}]}}}}}}"#;
    let text = section(block);
    assert!(
        text.ends_with("### Nested Schema for `b.o`\n\nRead-Only:\n\n- `p` (String)\n\n\n\n"),
        "{text}"
    );
}

#[test]
fn only_direct_collections_of_objects_have_sections() {
    assert_eq!(
        section(r#"{"attributes":{"o":{"optional":true,"type":["object",{}]}}}"#),
        format!(
            "## Schema\n\n### Optional\n\n- `o` (Object) {SEE}(#nestedatt--o))\n\n\
             <a id=\"nestedatt--o\"></a>\n### Nested Schema for `o`\n\nOptional:\n\n\n\n"
        )
    );
    assert_eq!(
        section(
            r#"{"attributes":{"o":{"optional":true,"type":["list",["list",["object",{"p":"string"}]]]}}}"#
        ),
        "## Schema\n\n### Optional\n\n- `o` (List of List of Object)\n\n"
    );
}

#[test]
fn section_neither_indents_nor_escapes_descriptions() {
    assert_eq!(
        section(
            r#"{"attributes":{"a":{"optional":true,"type":"string","description":"One \u003cb\u003e\n\ntwo & three\n"}}}"#
        ),
        "## Schema\n\n### Optional\n\n- `a` (String) One <b>\n\ntwo & three\n\n"
    );
}

#[test]
fn section_refuses_what_tfplugindocs_refuses() {
    for (block, error) in [
        (
            r#"{"attributes":{"a":{"type":"string"}}}"#,
            "tfplugindocs cannot document `a`: it is neither",
        ),
        (
            r#"{"block_types":{"b":{"nesting_mode":"list","block":{"attributes":{"a":{"type":"string"}}}}}}"#,
            "tfplugindocs cannot document `b`: it is neither",
        ),
        (
            r#"{"block_types":{"b":{"nesting_mode":"list","max_items":1,"block":{"attributes":{"a":{"type":"string","computed":true}}}}}}"#,
            "tfplugindocs cannot document `b`: it is neither",
        ),
        (
            r#"{"block_types":{"b":{"nesting_mode":"group","block":{}}}}"#,
            "unsupported nesting mode `group`",
        ),
        (
            r#"{"attributes":{"a":{"type":["tuple",["string"]],"optional":true}}}"#,
            "type `tuple` cannot be documented",
        ),
        (
            r#"{"attributes":{"a":{"type":["list",["tuple",[]]],"optional":true}}}"#,
            "type `tuple` cannot be documented",
        ),
    ] {
        let found = try_section(block).expect_err(block).to_string();
        assert!(found.starts_with(error), "{block}: {found}");
    }
}
