//! The state of a moved object: what can be moved, and what happens to each attribute and to private state.

use engine::Binding;
use engine::diagnostic::{Diagnostics, Reported};
use engine::hook::Definition;
use engine::moved::{convert, source};
use engine::object::Known;
use engine::private::Private;
use schema::{Provider, Resource};
use serde_json::{Value as Json, json};

use super::support::{UUID, declare_all, prove, reported, shown, value};

const HEAD: &str = r#"
summary = "Configures a unit."
import  = "{unit}"

[api]
create = "change"
read   = "get"
update = "change"
delete = "forget"
path   = { uuid = "unit" }

[attributes.unit]
type      = "string"
mode      = "required"
format    = "uuid"
force_new = true
wire      = { read = "uuid", write = false }
doc       = "Identifies it."

[attributes.size]
type = "int"
doc  = "Its size."
"#;

/// Two resources of the same object, `plain` and `built`, and a `thing`.
fn bindings() -> Vec<Binding> {
    let plain = format!(
        "resource = \"plain\"\n{HEAD}\n[attributes.color]\ntype = \"string\"\ndoc = \"Its color.\"\n\
         [attributes.list]\ntype = \"list(string)\"\ndoc = \"Differs.\"\n\
         [attributes.mode]\ntype = \"string\"\ndefault = \"a\"\ndoc = \"Has a default.\""
    );
    let built = format!(
        "resource = \"built\"\n{HEAD}\n[attributes.force]\ntype = \"string\"\nwire = false\ndoc = \"Repeats.\"\n\
         [attributes.list]\ntype = \"set(string)\"\ndoc = \"Differs.\"\n\
         [attributes.run]\ntype = \"string\"\nmode = \"computed\"\nstable = true\nwire = false\ndoc = \"The run.\"\n\
         [attributes.status]\ntype = \"string\"\nmode = \"computed\"\nstable = true\nwire = false\ndoc = \"Its status.\"\n\
         [job]\nnoun = \"build\"\nafter = [\"create\"]\nstart = \"start\"\npoll = \"poll\"\nsave = {{ run = \"id\" }}\n\
         status = {{ field = \"status\", into = \"status\" }}\ndone = [\"done\"]\nfailed = [\"error\"]\n\
         [timeouts]\ncreate = \"1h\"\n"
    );
    let thing = super::support::THING;
    let files = [
        ("built.toml", &*built),
        ("plain.toml", &*plain),
        ("thing.toml", thing),
    ];
    declare_all(&files).1
}

fn find(bindings: &[Binding], name: &str) -> &'static Resource {
    let found = bindings.iter().find(|binding| binding.schema.name == name);
    found.unwrap().schema
}

fn definition() -> Definition {
    let provider: &'static Provider = Box::leak(Box::new(Provider {
        name: "acme".into(),
        address: "registry.terraform.io/acme/acme".into(),
        summary: "".into(),
        description: "".into(),
        attributes: [].as_slice().into(),
    }));
    Definition {
        provider,
        operations: &[],
        resources: Box::leak(bindings().into_boxed_slice()),
        data_sources: &[],
        functions: &[],
    }
}

#[test]
fn source_is_the_same_object_of_this_provider_in_any_registry() {
    let row =
        |rule, address: &'static str, type_name: &'static str, target: &'static str, is_supported: bool| {
            (rule, (address, type_name, target, is_supported))
        };
    let ours = "registry.terraform.io/acme/acme";
    #[rustfmt::skip]
    let rows = [
        row("another resource of the same object", ours, "acme_plain", "built", true),
        row("in the other direction", ours, "acme_built", "plain", true),
        row("the same resource", ours, "acme_thing", "thing", true),
        row("another registry", "registry.opentofu.org/acme/acme", "acme_plain", "plain", true),
        row("a private registry with a port", "registry.corp.test:8443/acme/acme", "acme_plain", "built", true),
        row("an address without a host", "acme/acme", "acme_plain", "built", true),
        row("an address in another case", "Registry.Terraform.IO/Acme/ACME", "acme_plain", "built", true),
        row("another namespace", "registry.terraform.io/other/acme", "acme_plain", "built", false),
        row("another provider", "registry.terraform.io/acme/other", "acme_plain", "built", false),
        row("a longer address", "registry.terraform.io/x/acme/acme", "acme_plain", "built", false),
        row("another object", ours, "acme_thing", "built", false),
        row("a type that does not exist", ours, "acme_other", "built", false),
        row("a name without the prefix", ours, "plain", "built", false),
        row("no address", "", "acme_plain", "built", false),
    ];
    let definition = definition();
    prove(rows, |(address, type_name, target, is_supported)| {
        let target = find(definition.resources, target);
        let mut diagnostics = Diagnostics::default();
        let found = source(&definition, target, address, type_name, &mut diagnostics);
        let expected = if is_supported {
            format!("{type_name}: ")
        } else {
            let takes = if target.name == "thing" {
                "`acme_thing`"
            } else {
                "`acme_built` or `acme_plain`"
            };
            format!(
                "none: : `{type_name}` of the provider `{address}` cannot become `acme_{}`. That can take over the state of {takes} of the \
                 provider `acme/acme`, from any registry.",
                target.name
            )
        };
        let found = found.map_or("none".to_owned(), |source| format!("acme_{}", source.name));
        (expected, format!("{found}: {}", reported(&diagnostics)))
    });
}

/// Converts an object and its private state, as stored.
fn moved(from: &str, to: &str, state: &Json, private: &Json) -> (Json, Json, String) {
    let bindings = bindings();
    let known = Known {
        state: value(
            &Binding {
                schema: find(&bindings, from),
                hook: None,
            },
            state,
        ),
        private: Private::decode(json!({"acme": private}).to_string().as_bytes(), "acme"),
    };
    let mut diagnostics = Diagnostics::default();
    let moved = convert(
        find(&bindings, from),
        find(&bindings, to),
        known,
        &mut diagnostics,
    );
    let private: Json = serde_json::from_slice(&moved.private.encode("acme")).unwrap_or_default();
    let mut state = shown(&moved.state);
    state.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    (state, private["acme"].clone(), reported(&diagnostics))
}

#[test]
fn convert_keeps_what_both_resources_have() {
    let full_plain = json!({"unit": UUID, "size": 3, "color": "red", "list": ["a"], "mode": "b"});
    let full_built =
        json!({"unit": UUID, "size": 3, "force": "1", "list": ["a"], "run": "r", "status": "done"});
    let shared = json!({"unit": UUID, "size": 3});
    let with_default = json!({"unit": UUID, "size": 3, "mode": "a"});
    #[rustfmt::skip]
    let rows = [
        ("attributes that only the target has, or with another type, are null", ("plain", "built", full_plain.clone(), shared)),
        ("a default of the target applies", ("built", "plain", full_built.clone(), with_default)),
        ("the same resource keeps everything", ("plain", "plain", full_plain.clone(), full_plain)),
    ];
    prove(rows, |(from, to, state, expected)| {
        let (state, _, report) = moved(from, to, &state, &json!({}));
        (json!([expected, ""]), json!([state, report]))
    });
}

#[test]
fn convert_keeps_of_private_state_what_the_target_can_use() {
    let seen = json!({"endpoint": "https://api.test", "token": "00ff"});
    let with_key = |key: &str| json!({"seen": {"endpoint": "https://api.test", "token": "00ff", "key": key}});
    let others = json!({"seen": {"endpoint": "https://api.test", "token": "00ff", "key": format!("built/{UUID}"),
        "others": [{"resource": "thing", "identity": {"uuid": UUID}}]}});
    let run = json!({"saved": {"run": "r1"}, "status": "s", "stage": "going", "trigger": {"force": "1"}, "purpose": "wanted",
        "taints": false, "was_needed": false});
    let failed = json!({"saved": {"run": "r1"}, "status": "error", "stage": "failed", "trigger": {}, "purpose": "wanted", "taints": false,
        "was_needed": false});
    let followed = json!({"web": {"lines": "00ff"}});
    let lost = format!(
        ": The build run of built {UUID:?} continues, but Terraform no longer follows it. Check in the control plane's dashboard how it ends."
    );
    let row = |rule, from, to, private: Json, expected: Json, report: &str| {
        (rule, (from, to, private, expected, report.to_owned()))
    };
    let none = || Json::Null;
    let here = || json!({"seen": seen});
    #[rustfmt::skip]
    let rows = [
        row("configured arguments of both", "plain", "built", json!({"configured": ["color", "list", "size"]}), json!({"configured": ["size"]}), ""),
        row("overridden values of both", "plain", "built", json!({"overridden": {"color": 1, "list": 2, "size": 3}}), json!({"overridden": {"size": 3}}), ""),
        row("where the object was seen, with the key of the token's fingerprint", "plain", "built", here(), with_key(&format!("plain/{UUID}")), ""),
        row("a key of an earlier move", "plain", "built", with_key("older/x"), with_key("older/x"), ""),
        row("a move back to where it was seen", "plain", "built", with_key(&format!("built/{UUID}")), here(), ""),
        row("other objects that were seen there", "built", "plain",
            json!({"seen": {"endpoint": "https://api.test", "token": "00ff", "others": [{"resource": "thing", "identity": {"uuid": UUID}}]}}), others, ""),
        row("the same resource has the same key", "plain", "plain", here(), here(), ""),
        row("that it was imported is over", "plain", "built", json!({"imported": true}), none(), ""),
        row("unsent values that the target does not have", "plain", "built", json!({"unsent": true}), none(), ""),
        row("what Terraform shows", "plain", "built", json!({"shows_apply": true}), json!({"shows_apply": true}), ""),
        row("what a codec keeps, for the same one", "plain", "plain", json!({"memory": 1}), json!({"memory": 1}), ""),
        row("what a codec keeps, for another one", "plain", "built", json!({"memory": 1}), none(), ""),
        row("plans are over", "plain", "built",
            json!({"change": {"of": "plain/x"}, "destroy": {"process": "p"}}), none(), ""),
        row("a run of the same job", "built", "built", json!({"run": run}), json!({"run": run}), ""),
        row("what a run of the same job was started with", "built", "built", json!({"followed": followed}), json!({"followed": followed}), ""),
        row("what a run was started with, without a job", "built", "plain", json!({"followed": followed}), none(), ""),
        row("an active run without a job", "built", "plain", json!({"run": run}), none(), &lost),
        row("a failed run without a job", "built", "plain", json!({"run": failed}), none(), ""),
        row("a failed run of the same job", "built", "built", json!({"run": failed}), json!({"run": failed}), ""),
    ];
    prove(rows, |(from, to, private, expected, report)| {
        let (_, private, reported) = moved(from, to, &json!({"unit": UUID}), &private);
        (json!([expected, report]), json!([private, reported]))
    });
}

#[test]
fn source_error_is_reported() {
    let definition = definition();
    let target = find(definition.resources, "plain");
    let mut diagnostics = Diagnostics::default();
    let found = source(&definition, target, "a/b", "c", &mut diagnostics);
    assert_eq!(found.err(), Some(Reported));
    let summaries: Vec<_> = diagnostics.iter().map(|one| one.summary.text).collect();
    assert_eq!(summaries, ["Unsupported move"]);
}
