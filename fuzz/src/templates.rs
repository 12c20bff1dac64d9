//! The target for templates of roles.

use provider::templates::NAMES;
use serde_json::json;
use template::{Severity, check, render, uses};

use crate::{Target, seeds};

pub(crate) const TEMPLATE: Target = Target {
    name: "template",
    run: template,
    seeds: template_seeds,
    dictionary: &[
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "{%- raw %}",
        "{% endraw %}",
        "{% if ",
        "{% else %}",
        "{% endif %}",
        "{% for peer in peers %}",
        "{% endfor %}",
        "{% set x = ",
        "{% macro m(a, b=1) %}",
        "{% endmacro %}",
        " is defined",
        " | default(1)",
        "secrets.",
        "vars[\"",
        "'",
        "\"",
        "\\",
        " ~ ",
        " * ",
        "#cloud-config\n",
        "\n- ",
        ": ",
        "\t",
        "&a ",
        "*a",
        "---\n",
        "|\n",
    ],
};

/// Any string is checked and rendered within the limits, each finding has a place in the template, and a template with an error is
/// not rendered.
pub fn template(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let findings = check(text, &NAMES);
    let lines: Vec<&str> = text.split('\n').collect();
    for finding in &findings {
        assert!((1..=lines.len() + 1).contains(&finding.line), "{finding:?}");
        assert!(finding.column >= 1 && !finding.message.is_empty(), "{finding:?}");
    }
    uses(text, &NAMES, "secrets");
    let result = render(text, &json!({ "vars": { "a": 1 }, "peers": [] }));
    if findings
        .iter()
        .any(|finding| finding.severity == Severity::Error && finding.kind == template::Kind::Syntax)
    {
        assert!(result.is_err(), "{text:?}");
    }
}

/// Good templates of every style, and those of the examples.
fn template_seeds() -> Vec<Vec<u8>> {
    let good = seeds::file_contents("crates/template/tests/templates/good", ".j2");
    seeds::inputs(good.into_iter().chain(seeds::file_contents("examples", ".yaml")))
}
