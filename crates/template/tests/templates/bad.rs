//! Templates with mistakes, each with what `check` finds.

pub const BAD: [(&str, &str); 30] = [
    (
        "#cloud-config\nhostname: {{ machine.hostname }\n",
        "2:31 error: Unexpected `}`: `{{` ends with `}}`.",
    ),
    (
        "#cloud-config\nhostname: {{ machine.hostname\n",
        "2:11 error: `{{` is never closed: add `}}`.",
    ),
    (
        "#cloud-config\n{% if vars.environment %}\npackages: [nginx]\n",
        "2:1 error: `if` is never closed: add `{% endif %}`.",
    ),
    (
        "#cloud-config\n{% for peer in peers %}\n- {{ peer.hostname }}\n{% endif %}\n",
        "4:1 error: `endif` does not match `for`, which must be closed first with `{% endfor %}`.",
    ),
    (
        "#cloud-config\npackages: [nginx]\n{% endfor %}\n",
        "3:1 error: `endfor` closes nothing: no `for` is open.",
    ),
    (
        "#cloud-config\n{% if vars.environment = 'test' %}\na: 1\n{% endif %}\n",
        "2:24 error: Unexpected `=`: Jinja compares with `==`, and assigns with `{% set %}`.",
    ),
    (
        "#cloud-config\n{% if a %}\na: 1\n{% else if b %}\nb: 1\n{% endif %}\n",
        "4:9 error: Unexpected `if` after `else`: Jinja's word is `elif`.",
    ),
    (
        "#cloud-config\nruncmd: [\"echo ${#array[@]}\"]\n",
        "2:17 error: The comment that begins with `{#` is never closed: add `#}`. To write `${#` for a shell, put it between `{% raw %}` and `{% endraw %}`.",
    ),
    (
        "#cloud-config\nname: {{ vars.environment | }}\n",
        "2:29 error: Unexpected `}}`, expected the name of a filter.",
    ),
    (
        "#cloud-config\nname: {{ machine hostname }}\n",
        "2:18 error: Unexpected `hostname`, expected `}}`.",
    ),
    (
        "#cloud-config\nname: {{ 'unclosed }}\n",
        "2:10 error: The string that begins with ' is never closed.",
    ),
    (
        "#cloud-config\n{% if a && b %}\na: 1\n{% endif %}\n",
        "2:9 error: Unexpected character `&`. Jinja's word is `and`.",
    ),
    (
        "#cloud-config\n{% els %}\n",
        "2:4 warning: Jinja has no tag `els`. Did you mean `else`?",
    ),
    (
        "#cloud-config\nhostname: {{ machin.hostname }}\n",
        "2:14 error: `machin` is not defined. Did you mean `machine`?",
    ),
    (
        "#cloud-config\nname: {{ var.environment }}\ntoken: {{ secret.API_TOKEN }}\n",
        "2:10 error: `var` is not defined. Did you mean `vars`?\n3:11 error: `secret` is not defined. Did you mean `secrets`?",
    ),
    (
        "#cloud-config\nhostname: {{ ansible_hostname }}\n",
        "2:14 warning: `ansible_hostname` is not defined. A template can use `machine`, `peers`, `role`, `secrets` and `vars`.",
    ),
    (
        "#cloud-config\nhostname: {{ machine.hostnam }}\n",
        "2:22 warning: `machine` has no `hostnam`. Did you mean `hostname`?",
    ),
    (
        "#cloud-config\nip: {{ machine.ip }}\n",
        "2:16 warning: `machine` has no `ip`. It has `hostname`, `mesh` and `discovered_ip_addresses`.",
    ),
    (
        "#cloud-config\n{% for peer in peers %}\nx-{{ peer.name }}: {{ peer.mesh.address }}\n{% endfor %}\n",
        "3:11 warning: `peer` has no `name`. It has `hostname`, `roles` and `mesh`.\n3:33 warning: `mesh` has no `address`. It has `ip`.",
    ),
    (
        "#cloud-config\nfirst: {{ peers.hostname }}\n",
        "2:17 warning: `peers` is a list and has no `hostname`: use a loop or an index.",
    ),
    (
        "#cloud-config\ntoken: {{ secrets.API_TOKN }}\nother: {{ secrets['db'] }}\n",
        "2:19 warning: There is no secret with the name `API_TOKN`. Did you mean `API_TOKEN`?\n3:19 warning: There is no secret with the name `db`. Create the secret, or use `default` if it may be missing.",
    ),
    (
        "#cloud-config\nname: {{ vars.enviroment }}\n",
        "2:15 warning: There is no variable with the name `enviroment`. Did you mean `environment`?",
    ),
    (
        "packages: [nginx]\n",
        "1:1 warning: cloud-init ignores the result, because it begins with neither `#cloud-config` nor another header that cloud-init knows.",
    ),
    (
        "# cloud-config\nhostname: {{ machine.hostname }}\n",
        "1:1 warning: cloud-init ignores the result, because it does not begin with exactly `#cloud-config`.",
    ),
    (
        "templates/web.yaml.j2",
        "1:1 warning: The template looks like the path of a file. To use the content of the file, write `file(…)`.",
    ),
    (
        "#cloud-config\npackages:\n\t- nginx\n",
        "3:2 warning: The result is not valid YAML: tabs disallowed within this context (block indentation).",
    ),
    (
        "#cloud-config\nhostname: {{ machine.hostname }}: x\n",
        "2:33 warning: The result is not valid YAML: mapping values are not allowed in this context.",
    ),
    (
        "#cloud-config\nruncmd: [a]\n{% for peer in peers %}\n{{ peer.hostname }}: 1\n{% endfor %}\nruncmd: [b]\n",
        "6:1 warning: The result has the key `runcmd` twice in one mapping: only the last one counts.",
    ),
    (
        "#cloud-config\n{% if vars.environment == 'test' %}\npackages [nginx]\n{% endif %}\nhostname: x\n",
        "3:1 warning: The result must be a YAML mapping, such as `packages: [nginx]`.",
    ),
    (
        "#cloud-config\npeers:\n{% for peer in peers %}\n  - {{ peer.hostname }}\n - x\n{% endfor %}\n",
        "5:2 warning: The result is not valid YAML: while parsing a block mapping, did not find expected key.",
    ),
];
