//! Templates as users write them, and templates with mistakes.

mod bad;
mod edge_cases;
mod names;

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use names::NAMES;
use template::{Finding, Names, Severity, check, uses};

/// Each finding as a line.
fn shown(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        format!(
            "{}:{} {severity}: {}",
            finding.line, finding.column, finding.message
        )
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// The good templates: one file for each style.
fn good() -> io::Result<Vec<(String, String)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates/good");
    let mut templates = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        templates.push((name, fs::read_to_string(file.path())?));
    }
    templates.sort();
    Ok(templates)
}

#[test]
fn check_finds_nothing_in_good_templates() {
    let templates = good().unwrap();
    assert_eq!(templates.len(), 30);
    for (name, template) in templates {
        assert_eq!(shown(&check(&template, &NAMES)), "", "{name}");
    }
}

/// A good template with CRLF, without its last line end, or between spaces, is good, too.
#[test]
fn check_finds_nothing_in_good_templates_with_other_line_ends() {
    for (name, template) in good().unwrap() {
        for variant in [
            template.replace('\n', "\r\n"),
            template.trim_end().to_owned(),
            format!("\n{template}\n\n"),
        ] {
            assert_eq!(shown(&check(&variant, &NAMES)), "", "{name}");
        }
    }
}

/// A good template that ends within a tag is an error, and nothing else is.
#[test]
fn check_finds_the_error_of_each_cut_template() {
    for (name, template) in good().unwrap() {
        for (offset, _) in template.match_indices("{{") {
            let is_raw =
                template[..offset].matches(" raw ").count() > template[..offset].matches(" endraw ").count();
            let cut = &template[..offset + 2];
            if !is_raw && !template[..offset].ends_with("{# Runs early, in each boot. Uses ") {
                let findings = check(cut, &NAMES);
                assert_eq!(findings.len(), 1, "{name}: {findings:?}");
                assert_eq!(findings[0].severity, Severity::Error, "{name} {cut}");
            }
        }
    }
}

#[test]
fn check_finds_exactly_the_mistakes_of_bad_templates() {
    assert_eq!(bad::BAD.len(), 30);
    let names = listed(&["API_TOKEN"], &["environment"]);
    for (template, expected) in bad::BAD {
        assert_eq!(shown(&check(template, &names)), expected, "{template}");
    }
}

fn listed(secrets: &[&str], variables: &[&str]) -> Names {
    let set = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<String>>()
    };
    NAMES.with("secrets", set(secrets)).with("vars", set(variables))
}

#[test]
fn uses_are_the_members_that_a_template_reads() {
    let table = [
        ("", "", false),
        (
            "{{ secrets.b }}{{ secrets['a b'] | trim }}{{ vars.c }}",
            "a b, b",
            false,
        ),
        (
            "{% if secrets.a is defined %}{% endif %}{{ secrets.get('d', 'x') }}",
            "a, d",
            false,
        ),
        ("{% if 'a' in secrets %}{% endif %}", "a", false),
        ("{% set secrets = {} %}{{ secrets.a }}", "", false),
        ("{{ mysecrets.a }}{{ x.secrets.a }} secrets.b", "", false),
        ("{{ secrets.a }}{{ unclosed", "a", false),
        ("{{ secrets[name] }}", "", true),
        ("{% for name in secrets %}{% endfor %}", "", true),
        ("{% for k, v in secrets.items() %}{% endfor %}", "", true),
    ];
    for (template, expected, has_others) in table {
        let found = uses(template, &NAMES, "secrets");
        let names: Vec<&str> = found.names.iter().map(String::as_str).collect();
        assert_eq!(
            (names.join(", ").as_str(), found.has_others),
            (expected, has_others),
            "{template}"
        );
    }
}
