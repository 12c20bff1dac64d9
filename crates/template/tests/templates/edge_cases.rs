//! Single rules of `check`, and what it must not report.

use template::check;

use crate::names::NAMES;
use crate::{listed, shown};

/// The findings of a template with a header, each as a line.
fn found(template: &str) -> String {
    shown(&check(
        &format!("#cloud-config\n{template}"),
        &listed(&["known"], &["known"]),
    ))
}

#[test]
fn unknown_names_are_errors_only_where_they_are_misspelt_and_unguarded() {
    let table = [
        // One or two letters from a known name.
        (
            "a: {{ machin }}",
            "2:7 error: `machin` is not defined. Did you mean `machine`?",
        ),
        (
            "a: {{ amchine.hostname }}",
            "2:7 error: `amchine` is not defined. Did you mean `machine`?",
        ),
        (
            "a: {{ Vars.known }}",
            "2:7 error: `Vars` is not defined. Did you mean `vars`?",
        ),
        (
            "a: {{ machin | default('x') }}",
            "2:7 warning: `machin` is not defined. Did you mean `machine`?",
        ),
        (
            "{% if machin is defined %}a: {{ machin }}{% endif %}",
            "2:7 warning: `machin` is not defined. Did you mean `machine`?",
        ),
        // Defined by the template.
        ("{% set machin = 1 %}a: {{ machin }}", ""),
        ("{% for machin in [1] %}a: {{ machin }}{% endfor %}", ""),
        (
            "{% macro m(var, peer=1) %}{{ var }}{{ peer }}{% endmacro %}a: {{ m(1) }}",
            "",
        ),
        ("{% with var = 1 %}a: {{ var }}{% endwith %}", ""),
        ("{% import 'x' as var %}a: {{ var.b }}", ""),
        ("{% from 'x' import var %}a: {{ var }}", ""),
        (
            "{% call(peer) m() %}{{ peer }}{% endcall %}{% macro m() %}{% endmacro %}a: 1",
            "",
        ),
        ("{% set vars = {'x': 1} %}a: {{ vars.unknown }}", ""),
        // Far from any known name: a newer control plane may have it.
        (
            "a: {{ node.name }}",
            "2:7 warning: `node` is not defined. A template can use `machine`, `peers`, `role`, `secrets` and `vars`.",
        ),
        ("a: {{ node | default('x') }}", ""),
        ("a: {{ node if node is defined else 'x' }}", ""),
        ("a: {{ (node) | d('x') }}", ""),
        // Each name once.
        (
            "a: {{ machin }}\nb: {{ machin }}",
            "2:7 error: `machin` is not defined. Did you mean `machine`?",
        ),
        ("{% raw %}a: '{{ machin }}'{% endraw %}\n# {# {{ machin }} #}", ""),
    ];
    for (template, expected) in table {
        assert_eq!(found(template), expected, "{template}");
    }
}

#[test]
fn unknown_members_are_warnings() {
    let table = [
        (
            "a: {{ machine['hostnam'] }}",
            "2:15 warning: `machine` has no `hostnam`. Did you mean `hostname`?",
        ),
        (
            "a: {{ peers[0].hostnam }}",
            "2:16 warning: `peers` has no `hostnam`. Did you mean `hostname`?",
        ),
        (
            "a: {{ machine.mesh.id }}",
            "2:20 warning: `mesh` has no `id`. Did you mean `ip`?",
        ),
        (
            "{% for p in peers if p.role %}{% endfor %}",
            "2:24 warning: `p` has no `role`. Did you mean `roles`?",
        ),
        ("a: {{ machine.serial | default('x') }}", ""),
        (
            "{% if machine.serial is defined %}a: {{ machine.serial }}{% endif %}",
            "",
        ),
        ("a: {{ machine.get('serial', 1) }}", ""),
        ("a: {{ machine[vars.known] }}{{ machine.items() }}", ""),
        (
            "a: {{ machine.hostname.split('.') | first }}{{ machine.hostname[0] }}{{ peers[0:1] | length }}",
            "",
        ),
        ("a: {{ role.vip.address }}", ""),
        // The variable of two loops has two shapes.
        (
            "{% for p in peers %}{% endfor %}{% for p in others %}{{ p.x }}{% endfor %}",
            "2:45 warning: `others` is not defined. A template can use `machine`, `peers`, `role`, `secrets` and `vars`.",
        ),
    ];
    for (template, expected) in table {
        assert_eq!(found(template), expected, "{template}");
    }
}

#[test]
fn members_of_the_account_are_checked_if_they_are_known() {
    let table = [
        ("a: {{ secrets.known }}{{ vars['known'] }}", ""),
        (
            "a: {{ vars.other }}",
            "2:12 warning: There is no variable with the name `other`. Create the variable, or use `default` if it may be missing.",
        ),
        ("a: {{ secrets.other | default('') }}", ""),
        (
            "{% if 'other' in secrets and secrets.other %}a: {{ secrets.other }}{% endif %}",
            "",
        ),
        (
            "a: {{ vars.get('other', 1) }}{{ vars.items() }}{{ secrets[vars.known] }}",
            "",
        ),
    ];
    for (template, expected) in table {
        assert_eq!(found(template), expected, "{template}");
    }
    assert_eq!(shown(&check("#cloud-config\na: {{ secrets.other }}", &NAMES)), "");
}

#[test]
fn results_are_checked_for_each_value_that_a_template_expects() {
    let table = [
        (
            "{% if vars.known == 'a' %}- b{% else %}c: 1{% endif %}",
            "2:27 warning: The result must be a YAML mapping, such as `packages: [nginx]`.",
        ),
        (
            "{% if vars.known %}a: 1{% else %}b: c: 1{% endif %}",
            "2:38 warning: The result is not valid YAML: mapping values are not allowed in this context.",
        ),
        (
            "a:\n{% for p in peers %}\n - {{ p.hostname }}: x: y\n{% endfor %}",
            "4:23 warning: The result is not valid YAML: mapping values are not allowed in this context.",
        ),
        (
            "{% if peers %}a: 1{% else %}- x{% endif %}",
            "2:29 warning: The result must be a YAML mapping, such as `packages: [nginx]`.",
        ),
        (
            "{% for p in peers %}{% if 'x' in p.roles %}- a{% endif %}{% endfor %}\n",
            "2:44 warning: The result must be a YAML mapping, such as `packages: [nginx]`.",
        ),
        (
            "a: 1\n---\nb: 1\n",
            "3:1 warning: The result has a second YAML document, which cloud-init rejects.",
        ),
        // Two conditions that are never both true.
        (
            "{% if vars.known %}a: 1{% endif %}\n{% if not vars.known %}a: 2{% endif %}",
            "",
        ),
        // A variable with lines of YAML.
        ("{{ vars.known }}\n  {{ secrets.known | indent(2) }}\nb: 1", ""),
        (
            "{{ vars.known }}: 1\n{{ secrets.known }}: 2\na: [{{ vars.known }}]",
            "",
        ),
        (
            "port: {{ vars.known | int + 1 }}\nlist: {{ vars.known.split(',') }}",
            "",
        ),
    ];
    for (template, expected) in table {
        assert_eq!(found(template), expected, "{template}");
    }
}

#[test]
fn only_cloud_config_is_read_as_yaml() {
    for template in [
        "#!/bin/sh\na: b: c",
        "#cloud-config-archive\n- a: b: c",
        "## template: jinja\n#cloud-config\n{% raw %}a: {{ b }}{% endraw %}",
        "Content-Type: text/cloud-config\n\na: b: c",
    ] {
        assert_eq!(shown(&check(template, &NAMES)), "", "{template}");
    }
    assert_eq!(
        shown(&check("## template: jinja\n#cloud-config\na: b: c", &NAMES)),
        "3:5 warning: The result is not valid YAML: mapping values are not allowed in this context."
    );
}

#[test]
fn headers_are_looked_for_in_the_result() {
    let header = "cloud-init ignores the result, because it begins with neither";
    let table = [
        ("{% if peers %}#cloud-config{% endif %}", false),
        ("{% set header = '#cloud-config' %}{{ header }}\na: 1", false),
        ("{{ unknown_function() }}", false),
        ("{# nothing #}", false),
        ("{% for p in peers %}{% endfor %}hello", true),
        ("{{ machine.hostname }}", true),
        ("## template: jinja\npackages: []", true),
        ("\u{feff}#cloud-config", true),
    ];
    for (template, is_missing) in table {
        let found = shown(&check(template, &NAMES));
        assert_eq!(found.contains(header), is_missing, "{template}: {found}");
    }
}

#[test]
fn findings_name_the_place_in_the_template() {
    let table = [
        ("#cloud-config\n\u{e4}: {{ machin }}", "2:7 error: "),
        ("#cloud-config\r\na: 1\r\nb: {{ machin }}\r\n", "3:7 error: "),
        (
            "{#\n\n#}#cloud-config\n{% for p in peers %}\n{% endfor %}\na: b: c\n",
            "6:5 warning: ",
        ),
        (
            "{% macro m() %}\nb: c: d\n{% endmacro %}#cloud-config\n{{ m() }}\n",
            "2:5 warning: ",
        ),
    ];
    for (template, expected) in table {
        let found = shown(&check(template, &NAMES));
        assert!(found.starts_with(expected), "{template}: {found}");
    }
}

/// Templates that would need too much time or memory.
#[test]
fn check_ends_for_every_template() {
    let repeat = |tag: &dyn Fn(usize, usize) -> String| {
        (0..40).map(|n| tag(n, n + 1)).collect::<Vec<String>>().concat()
    };
    let doubled = repeat(&|n, next| format!("{{% set x{next} = x{n} ~ x{n} %}}"));
    let captured =
        repeat(&|n, next| format!("{{% set y{next} %}}{{{{ y{n} }}}}{{{{ y{n} }}}}{{% endset %}}"));
    for template in [
        format!("{{% set x0 = 'x' %}}{doubled}{{{{ x40 }}}}"),
        format!("{{% set y0 = 'y' %}}{captured}{{{{ y40 }}}}"),
        "{% set ns = namespace(x='x') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}".to_owned(),
        "{{ 'x' * 99999999 }}{{ [0] * 99999999 }}".to_owned(),
        "{{ '%099999999d' | format(1) }}{{ '{:>99999999}'.format(1) }}".to_owned(),
        "{% for a in range(999) %}{% for b in range(999) %}{{ a }}{% endfor %}{% endfor %}".to_owned(),
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".to_owned(),
        "{{ ".repeat(10_000),
        "(".repeat(10_000),
        format!("{{{{ {} }}}}", "x is y.z ".repeat(10_000)),
        format!("#cloud-config\na: {}", "[".repeat(10_000)),
        format!("#cloud-config\n{}", "a:\n ".repeat(1_000)),
        "x ".repeat(1 << 20),
    ] {
        let findings = check(&template, &NAMES);
        assert!(findings.len() < 30);
    }
}

/// Findings show names, but neither strings nor text of the template.
#[test]
fn findings_do_not_contain_the_template() {
    for template in [
        "canary canary",
        "canary/canary.yaml",
        "#cloud-config\ncanary canary: canary: canary",
        "#cloud-config\na: {{ 'canary' 'canary' x }}",
        "#cloud-config\na: {{ x 'canary' }}",
        "#cloud-config\na: {{ x 1337 }}",
        "#cloud-config\na: &canary 1\nb: *canary2",
    ] {
        let found = shown(&check(template, &NAMES));
        assert!(
            !found.is_empty() && !found.contains("canary") && !found.contains("1337"),
            "{found}"
        );
    }
}
