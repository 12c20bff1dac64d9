//! States of one resource that become those of another: one row for each rule.

use engine::Binding;
use engine::declarations::Declarations;
use engine::diagnostic::Diagnostics;
use engine::moved::{moved, source};
use engine::object::Known;
use engine::private::Private;
use serde_json::{Value as Json, json};

use super::support::{UUID, declare, prove, reported, shown, value};

const ADDRESS: &str = "registry.terraform.io/acme/acme";

/// A resource of a machine, with these attributes and sections beside `uuid` and `size`.
fn machine(name: &str, read: &str, more: &str) -> Binding {
    let file: &'static str = Box::leak(format!("{name}.toml").into_boxed_str());
    declare(
        file,
        &format!(
            r#"
resource = "{name}"
summary  = "A machine."
import   = "{{uuid}}"

[api]
create = "change"
read   = "{read}"
update = "change"
delete = "forget"

[attributes]
uuid = {{ type = "string", mode = "required", format = "uuid", force_new = true, wire = {{ read = "uuid", write = false }}, doc = "Identifies it." }}
size = {{ type = "int", mode = "optional+computed", stable = true, doc = "Its size." }}
{more}
"#
        ),
    )
}

const RUNS: &str = r#"
again  = { type = "string", force_new = true, wire = false, doc = "Builds it again." }
run    = { type = "string", mode = "computed", stable = true, wire = false, doc = "The run." }
status = { type = "string", mode = "computed", stable = true, wire = false, doc = "Its status." }

[job]
noun   = "build"
after  = ["create"]
start  = "start"
poll   = "poll"
save   = { run = "id" }
status = { field = "status", into = "status" }
done   = ["done"]
failed = ["error"]

[timeouts]
create = "1h"
"#;

fn all() -> [Binding; 3] {
    [
        machine(
            "settings",
            "get",
            "note = { type = 'string', wire = false, doc = 'A note.' }",
        ),
        machine("build", "get", RUNS),
        machine("other", "get_other", ""),
    ]
}

fn declared(bindings: &[Binding]) -> Declarations {
    Declarations {
        prefix: "acme",
        all: bindings.iter().map(|binding| binding.schema).collect(),
    }
}

#[test]
fn only_resources_of_the_same_object_can_be_moved() {
    let bindings = all();
    let [_, build, other] = &bindings;
    let declarations = declared(&bindings);
    let cannot = |address: &str, from: &str, to: &str, made_of: &str| {
        json!(format!(
            ": A `{from}` of the provider `{address}` cannot become a `{to}`. A `{to}` can be made of {made_of} the same object."
        ))
    };
    let build_of = "`acme_settings` and `acme_build` of this provider, on any host, because they manage";
    #[rustfmt::skip]
    let rows = [
        ("another resource of the same object", ((ADDRESS, "acme_settings"), build, json!("settings"))),
        ("the same resource of another host", (("registry.opentofu.org/acme/acme", "acme_build"), build, json!("build"))),
        ("a private registry", (("terraform.example.com/acme/acme", "acme_settings"), build, json!("settings"))),
        ("another spelling", (("registry.terraform.io/Acme/ACME", "acme_settings"), build, json!("settings"))),
        ("another object", ((ADDRESS, "acme_other"), build, cannot(ADDRESS, "acme_other", "acme_build", build_of))),
        ("the same the other way round", ((ADDRESS, "acme_build"), other, cannot(ADDRESS, "acme_build", "acme_other",
            "`acme_other` of this provider, on any host, because it manages"))),
        ("another namespace", (("registry.terraform.io/evil/acme", "acme_settings"), build,
            cannot("registry.terraform.io/evil/acme", "acme_settings", "acme_build", build_of))),
        ("another provider", (("registry.terraform.io/hashicorp/aws", "aws_instance"), build,
            cannot("registry.terraform.io/hashicorp/aws", "aws_instance", "acme_build", build_of))),
    ];
    prove(rows, |(origin, target, expected)| {
        let mut diagnostics = Diagnostics::default();
        let found = source(&declarations, ADDRESS, origin, target.schema, &mut diagnostics);
        let found = found.map_or_else(|_| json!(reported(&diagnostics)), |found| json!(found.name));
        (expected, found)
    });
}

#[test]
fn moved_object_keeps_what_both_resources_have() {
    let [settings, build, _] = all();
    let run = json!({"saved": {"run": "r"}, "status": "running", "stage": "going", "trigger": null});
    let run_warning = ": Build \"0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11\" has a build run that may still be active. It goes on, but the resource does not wait for it.";
    let private = |private: Json| Private::decode(json!({"acme": private}).to_string().as_bytes(), "acme");
    let seen = json!({"endpoint": "https://api.example.com", "token": "t"});
    let row = |rule, (from, to): (&'static str, &'static str), state: Json, before: Json, expected: Json| {
        (rule, (from, to, state, before, expected))
    };
    let in_settings = || json!({"uuid": UUID, "size": 3, "note": "n"});
    let in_build = || json!({"uuid": UUID, "size": 3, "again": "1", "run": "r", "status": "done"});
    #[rustfmt::skip]
    let rows = [
        row("what only the source has is dropped, and what only the target has is null", ("settings", "build"), in_settings(), json!({}), json!([
            {"uuid": UUID, "size": 3, "again": null, "run": null, "status": null, "timeouts": null}, {}, ""])),
        row("the same the other way round", ("build", "settings"), in_build(), json!({}),
            json!([{"uuid": UUID, "size": 3, "note": null}, {}, ""])),
        row("private state of attributes that both have", ("settings", "build"), in_settings(),
            json!({"configured": ["note", "size"], "overridden": {"note": 1, "size": 2}, "seen": seen, "shows_apply": true, "memory": 1, "unsent": true}),
            json!([{"uuid": UUID, "size": 3, "again": null, "run": null, "status": null, "timeouts": null},
                {"configured": ["size"], "overridden": {"size": 2}, "seen": seen, "shows_apply": true}, ""])),
        row("an active run goes on without the resource", ("build", "settings"), in_build(), json!({"run": run}),
            json!([{"uuid": UUID, "size": 3, "note": null}, {}, run_warning])),
        row("the same resource keeps everything", ("build", "build"), in_build(), json!({"memory": 1}),
            json!([{"uuid": UUID, "size": 3, "again": "1", "run": "r", "status": "done", "timeouts": null}, {"memory": 1}, ""])),
    ];
    prove(rows, |(from, to, state, before, expected)| {
        let find = |name: &str| if name == "build" { &build } else { &settings };
        let known = Known {
            state: value(find(from), &state),
            private: private(before),
        };
        let mut diagnostics = Diagnostics::default();
        let known = moved(find(from).schema, find(to).schema, known, &mut diagnostics);
        let stored: Json =
            serde_json::from_slice(&known.private.encode("acme")).unwrap_or(json!({"acme": {}}));
        (
            expected,
            json!([shown(&known.state), stored["acme"], reported(&diagnostics)]),
        )
    });
}
