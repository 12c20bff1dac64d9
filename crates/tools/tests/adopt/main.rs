//! What `adopt` writes: one row for each rule, on declarations of a provider that exists only here.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its objects fails")]

mod account;

use std::collections::BTreeMap;

use account::{Objects, definition};
use serde_json::json;
use tools::adopt::blocks::Options;
use tools::adopt::existing::{Existing, HEADER, Reader};
use tools::adopt::managed::{Managed, StateError};
use tools::adopt::plan::{Plan, WriteError, plan};
use tools::adopt::present::{Present, State};

/// A directory, a state and a command line.
struct Setting<'a> {
    files: &'a [(&'a str, &'a str)],
    state: &'a str,
    official: bool,
    wanted: &'a str,
    write_only: bool,
    expressions: bool,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Self {
            files: &[],
            state: "",
            official: false,
            wanted: "",
            write_only: true,
            expressions: true,
        }
    }
}

fn existing(files: &[(&str, &str)]) -> Existing {
    let mut existing = Existing::default();
    for (name, text) in files {
        if [".tf", ".tf.json"]
            .iter()
            .any(|extension| name.ends_with(extension))
        {
            existing.add(name, text).unwrap();
        } else {
            let folder = name.split('/').next().unwrap();
            existing.entries.insert(folder.to_owned(), name.contains('/'));
        }
    }
    existing.resolve();
    existing
}

fn planned(objects: &Objects, setting: &Setting<'_>) -> Result<Plan, WriteError> {
    let account = objects.account();
    let managed = match setting.state {
        "" => Managed::default(),
        state => Managed::parse(definition(), state).unwrap(),
    };
    let is_wanted = |name: &str| name.contains(setting.wanted);
    let read = |path: &str| {
        let mut files = setting.files.iter();
        let found = files.find(|(name, _)| *name == path);
        found.map(|(_, text)| text.as_bytes().to_vec())
    };
    let existing = existing(setting.files);
    let present = Present {
        prefix: "acme",
        provider: existing.provider(|source| source == "test/acme"),
        existing: &existing,
        managed: &managed,
        include_official: setting.official,
        is_wanted: &is_wanted,
    };
    let options = Options {
        has_write_only: setting.write_only,
        has_import_expressions: setting.expressions,
        source: "test/acme",
        version: "~> 1.2",
        read: &read,
    };
    plan(definition(), &account, &present, &options)
}

/// The files of a plan without their first line, and without the provider's requirement.
fn files(plan: &Plan) -> BTreeMap<&str, String> {
    let files = plan.files.iter().filter(|(name, _)| *name != "versions.tf");
    files
        .map(|(name, change)| {
            let text = change.after.strip_prefix(HEADER).unwrap_or(&change.after);
            (name.as_str(), text.trim_start().to_owned())
        })
        .collect()
}

/// The text of the file for a kind of object in an empty directory.
fn written(objects: &Objects, file: &str) -> String {
    let plan = planned(objects, &Setting::default()).unwrap();
    assert_eq!(plan.problems, [""; 0]);
    files(&plan).remove(file).unwrap_or_default()
}

#[test]
fn every_form_of_argument_is_written() {
    let objects = Objects::default().with(
        "gadget",
        json!({
            "uuid": account::uuid(1), "name": "Web 1", "note": "a ${b} \"c\"\n", "size": 3, "ratio": 0.5, "is_open": true,
            "script": "#!/bin/sh\r\n", "tags": {"b c": "1", "a": "${x}"}, "ports": [22, 80],
            "parts": [{"label": "one", "weight": 2, "uuid": account::uuid(9)}, {"label": "two", "weight": 1, "uuid": account::uuid(8)}],
            "limits": {"low": 1, "high": null}, "state": "new",
        }),
    );
    let plan = planned(&objects, &Setting::default()).unwrap();
    let files = files(&plan);
    assert_eq!(files["gadget/web_1.sh"], "#!/bin/sh\r\n");
    insta::assert_snapshot!("arguments", files["gadget.tf"]);
    insta::assert_snapshot!("versions", plan.files["versions.tf"].after);
}

#[test]
fn defaults_and_what_the_control_plane_decides_are_left_out() {
    let gadget = json!({
        "uuid": account::uuid(1), "name": "a", "note": "", "size": 1, "is_open": false, "script": "", "state": "new",
    });
    let text = written(&Objects::default().with("gadget", gadget), "gadget.tf");
    let (_, block) = text.split_once("resource ").unwrap();
    assert_eq!(
        block.split("\n\n").next().unwrap(),
        "\"acme_gadget\" \"a\" {\n  name  = \"a\"\n  pin_wo = var.gadget_a\n  # pin_wo_version = 1\n}"
            .replace("name  =", "name   =")
    );
}

#[test]
fn names_are_unique_identifiers() {
    let names = ["web", "Web", "w-e b", "w.e.b", "12", "", "ü"];
    let mut objects = Objects::default();
    for (number, name) in names.iter().enumerate() {
        objects = objects.with("gadget", account::gadget(number, name));
    }
    let plan = planned(&objects, &Setting::default()).unwrap();
    let added: Vec<(&str, &str)> = plan
        .added
        .iter()
        .map(|added| {
            (
                added.name.as_str(),
                added.address.strip_prefix("acme_gadget.").unwrap(),
            )
        })
        .collect();
    assert_eq!(
        added,
        [
            // An object without a name.
            (account::uuid(5).as_str(), "gadget"),
            ("12", "gadget_12"),
            ("Web", "web"),
            ("w-e b", "w_e_b"),
            ("w.e.b", "w_e_b_2"),
            ("web", "web_2"),
            ("ü", "gadget_2"),
        ]
    );
}

/// The identity is no name, in whatever letters the control plane returns it.
#[test]
fn object_without_a_name_has_that_of_its_kind() {
    let uuid = "0000000A-0000-4000-8000-00000000000B";
    let objects = Objects::default().with("gadget", json!({ "uuid": uuid, "name": "", "note": "x" }));
    let plan = planned(&objects, &Setting::default()).unwrap();
    assert_eq!(plan.added[0].address, "acme_gadget.gadget");
}

/// Resources, entries of the map, data sources with what they need to find one object, and values that nothing has.
#[test]
fn references_are_written_as_expressions() {
    let unit = |number: usize, host: &str| json!({ "uuid": account::uuid(number), "host": host });
    let badge = |number: usize, name: &str, is_public: bool| json!({ "uuid": account::uuid(number), "name": name, "is_public": is_public });
    let objects = Objects::default()
        .with("gadget", account::gadget(1, "web"))
        .with("gadget", account::official(2, "base"))
        .with("owner", json!({ "uuid": account::uuid(11), "host": "node-1", "gadget_names": ["web", "base", "gone"], "badge_uuid": account::uuid(21) }))
        .with("owner", json!({ "uuid": account::uuid(12), "host": "node-1", "gadget_names": [], "badge_uuid": account::uuid(22) }))
        .with("owner", json!({ "uuid": account::uuid(13), "host": "", "gadget_names": [], "badge_uuid": account::uuid(23) }))
        .with("group", json!({ "uuid": account::uuid(31), "name": "all", "unit_uuids": [account::uuid(12), account::uuid(14).to_uppercase(), account::uuid(99)] }))
        .target("unit", &[unit(11, "node-1"), unit(12, "node-1"), unit(13, ""), unit(14, "db")])
        .target("badge", &[badge(21, "gold", true), badge(22, "gold", false), badge(23, "", false)]);
    let plan = planned(&objects, &Setting::default()).unwrap();
    let files = files(&plan);
    let files =
        ["owner.tf", "group.tf", "units.tf", "data.tf"].map(|file| format!("## {file}\n{}", files[file]));
    insta::assert_snapshot!("references", files.join("\n"));
    assert_eq!(plan.left, BTreeMap::from([(State::Official, 1)]));
}

/// What the first run wrote is there in the second, and changes no byte, also if nothing was applied.
#[test]
fn second_run_changes_nothing() {
    let objects = Objects::default()
        .with("gadget", account::gadget(1, "web"))
        .with(
            "owner",
            json!({ "uuid": account::uuid(11), "host": "a", "gadget_names": ["web"], "badge_uuid": null }),
        )
        .target("unit", &[json!({ "uuid": account::uuid(11), "host": "a" })]);
    for expressions in [true, false] {
        let setting = Setting {
            expressions,
            ..Setting::default()
        };
        let first = planned(&objects, &setting).unwrap();
        let files: Vec<(&str, &str)> = first
            .files
            .iter()
            .map(|(name, change)| (name.as_str(), change.after.as_str()))
            .collect();
        let second = Setting {
            files: &files,
            ..setting
        };
        let second = planned(&objects, &second).unwrap();
        assert!(second.files.is_empty(), "{:?}", second.files);
        assert_eq!(second.left, BTreeMap::from([(State::Written, 2)]));
    }
}

/// An object that the user imports by its identity, its name or the URL of its page.
#[test]
fn import_blocks_of_the_user_count() {
    let objects = Objects::default().with("gadget", account::gadget(1, "web"));
    let uuid = account::uuid(1);
    let resource = "resource \"acme_gadget\" \"mine\" {}\n";
    let import = |id: &str| format!("{resource}import {{\n  to = acme_gadget.mine\n  {id}\n}}\n");
    for (id, counts) in [
        (format!("id = \"{uuid}\""), true),
        (format!("id = \"{}\"", uuid.to_uppercase()), true),
        (format!("identity = {{ uuid = \"{uuid}\" }}"), true),
        ("id = \"web\"".to_owned(), true),
        (format!("id = \"https://x.example/gadgets/{uuid}/edit\""), true),
        ("id = local.ids[\"web\"]".to_owned(), true),
        ("id = local.ids.web".to_owned(), true),
        ("for_each = local.ids\n  id = each.value".to_owned(), true),
        ("for_each = local.names\n  id = each.key".to_owned(), true),
        ("for_each = local.names\n  id = each.value".to_owned(), false),
        ("id = local.one".to_owned(), true),
        // The map was deleted.
        ("id = local.gone[\"web\"]".to_owned(), true),
        ("id = local.gone[\"db\"]".to_owned(), false),
        ("id = local.ids[\"db\"]".to_owned(), false),
        ("id = \"web-2\"".to_owned(), false),
    ] {
        let locals = format!(
            "locals {{\n  ids = {{ web = \"{uuid}\", db = \"x\" }}\n  names = {{ web = \"y\" }}\n  one = \"{uuid}\"\n}}\n"
        );
        let main = import(&id);
        let setting = Setting {
            files: &[("main.tf", &main), ("locals.tf", &locals)],
            ..Setting::default()
        };
        let plan = planned(&objects, &setting).unwrap();
        let written = plan.left.contains_key(&State::Written);
        assert_eq!(written, counts, "{id}");
    }
    // A block may be for a module, and for several objects.
    for to in [
        "module.a.acme_gadget.mine",
        "module.a[\"x\"].acme_gadget.mine[each.key]",
    ] {
        let main =
            import(&format!("id = \"{uuid}\"")).replace("to = acme_gadget.mine", &format!("to = {to}"));
        let setting = Setting {
            files: &[("main.tf", &main)],
            ..Setting::default()
        };
        let plan = planned(&objects, &setting).unwrap();
        assert!(plan.left.contains_key(&State::Written), "{to}");
    }
    // No block can refer to the address of a `for_each`: its index differs for each object.
    let owner =
        json!({ "uuid": account::uuid(11), "host": "a", "gadget_names": ["web"], "badge_uuid": null });
    let with_owner = Objects::default()
        .with("gadget", account::gadget(1, "web"))
        .with("owner", owner)
        .target("unit", &[json!({ "uuid": account::uuid(11), "host": "a" })]);
    let each =
        import("for_each = local.names\n  id = each.key").replace("gadget.mine\n", "gadget.mine[each.key]\n");
    for (main, expected) in [
        (&import("id = \"web\""), "acme_gadget.mine.name"),
        (&each, "data.acme_gadget.web.name"),
    ] {
        let setting = Setting {
            files: &[
                ("main.tf", main),
                ("locals.tf", "locals {\n  names = { web = \"\" }\n}\n"),
            ],
            ..Setting::default()
        };
        let plan = planned(&with_owner, &setting).unwrap();
        assert_eq!(plan.left, BTreeMap::from([(State::Written, 1)]));
        let owner = &plan.files["owner.tf"].after;
        assert!(owner.contains(&format!("gadget_names = [{expected}]")), "{owner}");
    }
    // The block of another kind does not count.
    let other = import(&format!("id = \"{uuid}\"")).replace("acme_gadget", "acme_group");
    let setting = Setting {
        files: &[("main.tf", &other)],
        ..Setting::default()
    };
    assert_eq!(planned(&objects, &setting).unwrap().added.len(), 1);
}

/// The object may be the one of a block that only Terraform can evaluate: it is not adopted a second time.
#[test]
fn objects_of_unknown_import_blocks_are_left() {
    let objects = Objects::default().with("gadget", account::gadget(1, "web")).with(
        "group",
        json!({ "uuid": account::uuid(2), "name": "all", "unit_uuids": [] }),
    );
    let state = json!({ "version": 4, "resources": [
        { "mode": "managed", "type": "acme_gadget", "name": "mine", "instances": [{ "attributes": { "uuid": account::uuid(7) } }] }
    ] });
    let of_each = |key: &str| {
        let index = format!("\"index_key\": \"{key}\", \"attributes\"");
        state.to_string().replace("\"attributes\"", &index)
    };
    for (id, state, added) in [
        ("id = var.x", "", 1),
        ("id = local.gone", "", 1),
        ("id = \"${var.x}\"", "", 1),
        ("for_each = var.ids\n  id = each.value", "", 1),
        ("for_each = merge({}, {})\n  id = each.key", "", 1),
        ("id = \"other\"", "", 2),
        // It was applied.
        ("id = var.x", &state.to_string(), 2),
        ("[\"a]b\"]\n  id = var.x", &of_each("a]b"), 2),
        // Another object of the resource was imported.
        ("[\"c\"]\n  id = var.x", &of_each("a"), 1),
        (
            "[each.key]\n  for_each = var.ids\n  id = each.value",
            &of_each("a"),
            1,
        ),
    ] {
        let index = if id.starts_with('[') { "" } else { "\n  " };
        let main = format!("import {{\n  to = acme_gadget.mine{index}{id}\n}}\n");
        let setting = Setting {
            files: &[("main.tf", &main)],
            state,
            ..Setting::default()
        };
        let plan = planned(&objects, &setting).unwrap();
        assert_eq!(plan.added.len(), added, "{id}");
        let problem = "gadget \"web\" may be what the import block of `acme_gadget.mine";
        let is_reported = plan.problems.iter().any(|text| text.starts_with(problem));
        assert_eq!(is_reported, added == 1, "{id}: {:?}", plan.problems);
    }
    let json = "{\"import\": {\"to\": \"acme_gadget.mine\", \"id\": \"${local.ids}\"}}";
    let setting = Setting {
        files: &[("main.tf.json", json)],
        ..Setting::default()
    };
    assert_eq!(planned(&objects, &setting).unwrap().added.len(), 1);
    // One problem for all objects.
    let objects = objects.with("gadget", account::gadget(3, "db"));
    assert_eq!(
        planned(&objects, &setting).unwrap().problems,
        [
            "2 gadget objects may be what the import block of `acme_gadget.mine` in `main.tf.json` imports, which only Terraform can evaluate. \
             Apply that block and remove it, or write its `id` as a string."
        ]
    );
}

/// A block that was not applied yet, by its identity or a name that no two objects have. Names of `moved` and `removed` blocks are taken.
#[test]
fn resources_of_the_user_count() {
    let objects = Objects::default()
        .with("gadget", account::gadget(1, "web"))
        .with(
            "owner",
            json!({ "uuid": account::uuid(11), "host": "a", "gadget_names": ["web"], "badge_uuid": null }),
        )
        .target("unit", &[json!({ "uuid": account::uuid(11), "host": "a" })]);
    let uuid = account::uuid(11);
    let state = json!({ "version": 4, "resources": [
        { "mode": "managed", "type": "acme_gadget", "name": "mine", "instances": [{ "attributes": { "uuid": account::uuid(7) } }] }
    ] });
    let resource =
        |r#type: &str, arguments: &str| format!("resource \"acme_{type}\" \"mine\" {{\n  {arguments}\n}}\n");
    for (text, state, added) in [
        (
            resource("owner", &format!("unit_uuid = \"{}\"", uuid.to_uppercase())),
            "",
            "acme_gadget.web",
        ),
        (
            resource("owner", "for_each = local.ids\n  unit_uuid = each.value"),
            "",
            "acme_gadget.web",
        ),
        (
            resource("owner", "unit_uuid = local.ids.a"),
            "",
            "acme_gadget.web",
        ),
        (
            resource("owner", "unit_uuid = local.ids.b"),
            "",
            "acme_gadget.web acme_owner.a",
        ),
        (resource("gadget", "name = \"web\""), "", "acme_owner.a"),
        (
            resource("gadget", "name = \"db\""),
            "",
            "acme_gadget.web acme_owner.a",
        ),
        // The block of an object in the state is that of this object.
        (
            resource("gadget", "name = \"web\""),
            &state.to_string(),
            "acme_gadget.web acme_owner.a",
        ),
        (
            "removed {\n  from = acme_gadget.web\n}\n".to_owned(),
            "",
            "acme_gadget.web_2 acme_owner.a",
        ),
        (
            "moved {\n  from = acme_gadget.web[0]\n  to = acme_gadget.web_2\n}\n".to_owned(),
            "",
            "acme_gadget.web_3 acme_owner.a",
        ),
    ] {
        let locals = format!("locals {{\n  ids = {{ a = \"{uuid}\", b = \"x\" }}\n}}\n");
        let setting = Setting {
            files: &[("main.tf", &text), ("locals.tf", &locals)],
            state,
            ..Setting::default()
        };
        let plan = planned(&objects, &setting).unwrap();
        let found: Vec<&str> = plan.added.iter().map(|added| added.address.as_str()).collect();
        assert_eq!(found.join(" "), added, "{text}");
    }
    for json in [
        r#"{"resource": {"acme_gadget": {"mine": {"name": "web"}}}}"#,
        r#"[{"resource": [{"acme_gadget": [{"mine": [{"name": "web"}]}]}]}]"#,
    ] {
        let setting = Setting {
            files: &[("main.tf.json", json)],
            ..Setting::default()
        };
        let plan = planned(&objects, &setting).unwrap();
        assert_eq!(plan.left, BTreeMap::from([(State::Written, 1)]), "{json}");
        assert!(plan.files["owner.tf"].after.contains("[acme_gadget.mine.name]"));
    }
    let setting = Setting {
        files: &[(
            "main.tf.json",
            r#"{"terraform": [{"required_providers": [{"acme": {"source": "test/acme"}}]}], "data": {"acme_gadget": {"base": {}}}}"#,
        )],
        ..Setting::default()
    };
    let objects = objects.with("gadget", account::official(3, "base")).with(
        "owner",
        json!({ "uuid": account::uuid(12), "host": "b", "gadget_names": ["base"], "badge_uuid": null }),
    );
    let plan = planned(&objects, &setting).unwrap();
    assert!(!plan.files.contains_key("versions.tf"));
    assert!(plan.files["data.tf"].after.contains("\"base_2\""));
}

/// With an import to an address that another object has in the state, Terraform would replace that object.
#[test]
fn addresses_of_the_state_are_taken() {
    let objects = Objects::default().with("gadget", account::gadget(1, "web"));
    let state = json!({ "version": 4, "resources": [
        { "mode": "managed", "type": "acme_gadget", "name": "web", "instances": [{ "index_key": 0, "attributes": { "uuid": account::uuid(7) } }] }
    ] });
    let setting = Setting {
        state: &state.to_string(),
        ..Setting::default()
    };
    let plan = planned(&objects, &setting).unwrap();
    assert_eq!(plan.added[0].address, "acme_gadget.web_2");
}

#[test]
fn names_and_files_of_the_user_are_not_used() {
    let mut gadget = account::gadget(1, "web");
    gadget["script"] = json!("one");
    let objects = Objects::default()
        .with("gadget", gadget)
        .with(
            "owner",
            json!({ "uuid": account::uuid(11), "host": "a", "gadget_names": [], "badge_uuid": null }),
        )
        .target("unit", &[json!({ "uuid": account::uuid(11), "host": "a" })]);
    let setting = Setting {
        files: &[
            ("Gadget.tf", "resource \"acme_gadget\" \"web\" {}\n"),
            (
                "gadget_adopted.tf.json",
                "{\"variable\": {\"gadget_web_2\": {}}, \"locals\": {\"units\": {}}}",
            ),
            ("gadget/web_2.sh", "mine"),
            ("gadget/web_2_2.sh", "mine, too"),
            ("owner.tf", ""),
            // `OpenTofu` reads it in place of owner_adopted.tf.
            ("owner_adopted.tofu", ""),
        ],
        ..Setting::default()
    };
    let plan = planned(&objects, &setting).unwrap();
    let names: Vec<&str> = plan.files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "gadget/web_2_3.sh",
            "gadget_adopted.tf",
            "owner_adopted_2.tf",
            "units_2.tf",
            "versions.tf"
        ]
    );
    let text = &plan.files["gadget_adopted.tf"].after;
    assert!(
        text.contains("\"acme_gadget\" \"web_2\"") && text.contains("var.gadget_web_2_2"),
        "{text}"
    );
    assert!(
        plan.files["owner_adopted_2.tf"]
            .after
            .contains("local.units_2[\"a\"]")
    );
    // A file that is there already is used as it is.
    let setting = Setting {
        files: &[("gadget/web.sh", "one")],
        ..Setting::default()
    };
    let plan = planned(&objects, &setting).unwrap();
    assert!(!plan.files.contains_key("gadget/web.sh"));
    assert!(plan.files["gadget.tf"].after.contains("/gadget/web.sh\")"));
    // A file where the folder would be.
    let setting = Setting {
        files: &[("gadget", "")],
        ..Setting::default()
    };
    assert!(
        planned(&objects, &setting)
            .unwrap()
            .files
            .contains_key("gadget_adopted/web.sh")
    );
}

#[test]
fn provider_has_its_local_name_and_one_requirement() {
    let objects = Objects::default().with("gadget", account::gadget(1, "web"));
    let required = |entry: &str| format!("terraform {{\n  required_providers {{\n    {entry}\n  }}\n}}\n");
    let of = |entry: &str| {
        let text = required(entry);
        let setting = Setting {
            files: &[("terraform.tf", &text)],
            ..Setting::default()
        };
        planned(&objects, &setting)
    };
    let plan = of("acme = { source = \"test/acme\" }").unwrap();
    assert!(!plan.files.contains_key("versions.tf"));
    assert!(!plan.files["gadget.tf"].after.contains("provider"));
    let plan = of("other = { source = \"test/acme\" }").unwrap();
    assert!(plan.files["gadget.tf"].after.contains("{\n  provider = other\n"));
    let file = "terraform.tf".to_owned();
    let name = "acme".to_owned();
    for (entry, expected) in [
        (
            "other = { source = \"elsewhere/acme\" }",
            WriteError::Required { file: file.clone() },
        ),
        (
            "acme = { source = \"elsewhere/acme\" }",
            WriteError::Source {
                name: name.clone(),
                file: file.clone(),
            },
        ),
        (
            "acme = { version = \"~> 1.0\" }",
            WriteError::Source {
                name: name.clone(),
                file: file.clone(),
            },
        ),
        // Terraform takes the source from the local name.
        ("acme = \"~> 1.0\"", WriteError::Source { name, file }),
    ] {
        assert_eq!(of(entry).unwrap_err(), expected, "{entry}");
    }
    // Without an object, nothing needs the provider.
    let text = required("other = { source = \"elsewhere/acme\" }");
    let setting = Setting {
        files: &[("terraform.tf", &text)],
        wanted: "nothing",
        ..Setting::default()
    };
    assert!(planned(&objects, &setting).unwrap().files.is_empty());
}

/// A data source of the configuration is used only if it finds the same object for certain.
#[test]
fn data_sources_of_the_user_count_if_they_find_the_same() {
    let objects = Objects::default()
        .with("gadget", account::official(2, "base"))
        .with(
            "owner",
            json!({ "uuid": account::uuid(11), "host": "a", "gadget_names": ["base"], "badge_uuid": null }),
        );
    let exact = "data \"acme_gadget\" \"base\" {\n  name = \"base\"\n}\n";
    let with = |line: &str| exact.replace("\n}", &format!("\n  {line}\n}}"));
    let changed = format!("{exact}\ndata \"acme_gadget\" \"base\" {{\n  name = \"other\"\n}}\n");
    for (text, is_used) in [
        (exact.to_owned(), true),
        (with("lifecycle {}"), true),
        (with("count = 1"), false),
        (with("for_each = toset([])"), false),
        (with("provider = acme.other"), false),
        (with("depends_on = [acme_unit.a]"), false),
        (with("note = var.note"), false),
        (changed, false),
        (format!("check \"a\" {{\n{exact}}}\n"), false),
    ] {
        let setting = Setting {
            files: &[("mine.tf", &text)],
            ..Setting::default()
        };
        let plan = planned(&objects, &setting).unwrap();
        let name = if is_used { "base" } else { "base_2" };
        let expected = format!("[data.acme_gadget.{name}.name]");
        assert!(plan.files["owner.tf"].after.contains(&expected), "{text}");
        assert_eq!(plan.files.contains_key("data.tf"), !is_used, "{text}");
    }
    // With a local name of the provider, the data sources of the first run are found again.
    let required = "terraform {\n  required_providers {\n    other = { source = \"test/acme\" }\n  }\n}\n";
    let own = with("provider = other");
    for (text, is_used) in [(exact, false), (&own, true)] {
        let setting = Setting {
            files: &[("mine.tf", text), ("terraform.tf", required)],
            ..Setting::default()
        };
        let plan = planned(&objects, &setting).unwrap();
        assert_eq!(plan.files.contains_key("data.tf"), !is_used, "{text}");
    }
}

#[test]
fn import_blocks_name_the_provider_if_its_local_name_differs() {
    let objects = Objects::default().with("gadget", account::gadget(1, "web"));
    for (name, is_named) in [("acme", false), ("other", true)] {
        let required = format!(
            "terraform {{\n  required_providers {{\n    {name} = {{ source = \"test/acme\" }}\n  }}\n}}\n"
        );
        let setting = Setting {
            files: &[("terraform.tf", &required)],
            ..Setting::default()
        };
        let plan = planned(&objects, &setting).unwrap();
        let (_, import) = plan.files["gadget.tf"].after.split_once("import {").unwrap();
        assert_eq!(import.contains("  provider = other\n"), is_named, "{import}");
    }
}

#[test]
fn password_in_a_url_is_noted() {
    for (note, is_noted) in [
        ("https://user:word@example.com/", true),
        ("https://user@example.com/", false),
        ("https://example.com/a:b@c", false),
        ("see https://user:word@example.com/", false),
    ] {
        let mut gadget = account::gadget(1, "web");
        gadget["note"] = json!(note);
        let plan = planned(&Objects::default().with("gadget", gadget), &Setting::default()).unwrap();
        assert_eq!(
            plan.notes.len(),
            usize::from(is_noted),
            "{note}: {:?}",
            plan.notes
        );
    }
}

/// Terraform has strings in Unicode's composed form, and so must the keys of a map, and the paths of files.
#[test]
fn names_that_are_one_in_unicode_get_numbers() {
    let names = [
        "gro\u{308}\u{df}e",
        "gr\u{f6}\u{df}e",
        "\u{f90a}",
        "\u{91d1}",
        "\u{130}stanbul",
        "\u{560}\u{588}",
    ];
    let mut objects = Objects::default();
    let mut units = Vec::new();
    for (number, name) in (1..).zip(names) {
        let (gadget, unit) = (account::uuid(number), account::uuid(100 + number));
        objects = objects
            .with(
                "gadget",
                json!({ "uuid": gadget, "name": name, "script": format!("{number}\n") }),
            )
            .with(
                "owner",
                json!({ "uuid": unit, "host": name, "gadget_names": [], "badge_uuid": null }),
            );
        units.push(json!({ "uuid": unit, "host": name }));
    }
    let objects = objects.target("unit", &units);
    let plan = planned(&objects, &Setting::default()).unwrap();
    assert_eq!(plan.problems, [""; 0]);
    let mut map = Existing::default();
    map.add("units.tf", &plan.files["units.tf"].after).unwrap();
    let keys: Vec<&str> = map.maps[0].entries.iter().map(|(key, _)| key.as_str()).collect();
    let composed: Vec<value::Value> = keys.iter().map(|key| value::Value::string(*key)).collect();
    let distinct: std::collections::BTreeSet<_> = composed.iter().collect();
    assert_eq!(
        (keys.len(), distinct.len()),
        (names.len(), names.len()),
        "{keys:?}"
    );
    for (file, _) in plan.in_order() {
        assert!(file.is_ascii(), "{file}");
    }
    let scripts = plan.files.keys().filter(|file| file.starts_with("gadget/"));
    assert_eq!(scripts.count(), names.len());
}

#[test]
fn older_versions_get_what_they_understand() {
    let objects = Objects::default()
        .with("gadget", account::gadget(1, "web"))
        .with(
            "owner",
            json!({ "uuid": account::uuid(11), "host": "a", "gadget_names": [], "badge_uuid": null }),
        )
        .target("unit", &[json!({ "uuid": account::uuid(11), "host": "a" })]);
    let setting = Setting {
        write_only: false,
        expressions: false,
        ..Setting::default()
    };
    let plan = planned(&objects, &setting).unwrap();
    let files = files(&plan);
    assert_eq!(
        files["gadget.tf"],
        format!(
            "resource \"acme_gadget\" \"web\" {{\n  name = \"web\"\n}}\n\nimport {{\n  to = acme_gadget.web\n  id = \"{}\"\n}}\n",
            account::uuid(1)
        )
    );
    assert!(files["owner.tf"].contains(&format!("  id = \"{}\"\n", account::uuid(11))));
    assert!(files["owner.tf"].contains("unit_uuid    = local.units[\"a\"]"));
}

/// What refers to an object that has a resource elsewhere in the configuration uses that.
#[test]
fn managed_objects_are_left_out_and_referred_to() {
    let owner = json!({ "uuid": account::uuid(11), "host": "a", "gadget_names": ["web", "db", "far"], "badge_uuid": null });
    let objects = Objects::default()
        .with("gadget", account::gadget(1, "web"))
        .with("gadget", account::gadget(2, "db"))
        .with("gadget", account::gadget(3, "far"))
        .with("owner", owner)
        .target("unit", &[json!({ "uuid": account::uuid(11), "host": "a" })]);
    let instance = |key: serde_json::Value, number: usize| json!({ "index_key": key, "attributes": { "uuid": account::uuid(number) } });
    let resource = |name: &str, instances: Vec<serde_json::Value>| json!({ "mode": "managed", "type": "acme_gadget", "name": name, "instances": instances });
    let mut far = resource("far", vec![instance(json!(null), 3)]);
    far["module"] = json!("module.m");
    let state = json!({
        "version": 4,
        "resources": [resource("one", vec![instance(json!(null), 1)]), resource("many", vec![instance(json!("a\"b"), 2)]), far],
    })
    .to_string();
    let setting = Setting {
        files: &[(
            "main.tf",
            "resource \"acme_gadget\" \"one\" {}\nresource \"acme_gadget\" \"many\" {}\n",
        )],
        state: &state,
        ..Setting::default()
    };
    let plan = planned(&objects, &setting).unwrap();
    assert_eq!(plan.left, BTreeMap::from([(State::Managed, 3)]));
    let text = &plan.files["owner.tf"].after;
    for expected in [
        "acme_gadget.one.name",
        "acme_gadget.many[\"a\\\"b\"].name",
        "data.acme_gadget.far.name",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    // The state of another configuration has no addresses here.
    let mut elsewhere = Managed::default();
    elsewhere.add_elsewhere(Managed::parse(definition(), &state).unwrap());
    let key = format!("get_gadget/{}", account::uuid(1));
    assert!(elsewhere.contains(&key));
    assert!(elsewhere.address(&key).is_none());
}

/// What Terraform and `OpenTofu` read, and in which order.
#[test]
fn configuration_is_that_of_its_reader() {
    let folder = tempfile::tempdir().unwrap();
    let provider = |name: &str, argument: &str| format!("provider \"{name}\" {{\n  {argument}\n}}\n");
    for (name, text) in [
        ("a.tf", provider("acme", "endpoint = \"one\"")),
        ("a_override.tf", provider("acme", "endpoint = \"two\"")),
        ("b.tf", provider("acme", "token = var.x")),
        ("c.tf.json", "{\"provider\": {\"acme\": [{\"alias\": \"b\", \"x\": \"y\"}, {\"open\": true, \"z\": \"${var.z}\"}]}}".to_owned()),
        ("d.tf", "terraform {\n  backend \"s3\" {}\n}\n".to_owned()),
        ("d.tofu", "locals {\n  x = \"y\"\n}\n".to_owned()),
        ("e.tofu", provider("acme", "alias = \"b\"")),
        (".f.tf", "resource {".to_owned()),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::fs::create_dir(folder.path().join("g.tf")).unwrap();
    let arguments = |existing: &Existing| {
        let arguments = existing.providers["acme"].iter();
        let arguments = arguments.map(|(name, argument)| format!("{name} = {:?}", argument.value));
        arguments.collect::<Vec<_>>().join(", ")
    };
    let expected = "endpoint = Some(\"two\"), open = Some(\"true\"), token = None, z = None";
    let terraform = Existing::load(folder.path(), Reader::Terraform).unwrap();
    assert_eq!(arguments(&terraform), expected);
    assert_eq!(terraform.backend.as_deref(), Some("d.tf"));
    assert!(terraform.locals.is_empty());
    let tofu = Existing::load(folder.path(), Reader::OpenTofu).unwrap();
    assert_eq!(arguments(&tofu), expected);
    assert_eq!(tofu.backend, None, "d.tofu is read in place of d.tf");
    assert!(tofu.locals.contains("x"));
    assert!(terraform.entries["g.tf"], "a folder");
}

#[test]
fn states_have_their_objects_in_each_form() {
    let uuid = account::uuid(1);
    let key = format!("get_gadget/{uuid}");
    let shown = |module: serde_json::Value| {
        json!({ "format_version": "1.0", "values": { "root_module": module } }).to_string()
    };
    let resource = json!({ "mode": "managed", "type": "acme_gadget", "address": "acme_gadget.a[0]", "values": { "uuid": uuid.to_uppercase() } });
    let mut deposed = resource.clone();
    deposed["deposed_key"] = json!("1a2b3c4d");
    let in_child = json!({ "child_modules": [{ "address": "module.m", "child_modules": [{ "address": "module.m.module.n", "resources": [resource] }] }] });
    let data = json!({ "resources": [{ "mode": "data", "type": "acme_gadget", "address": "data.acme_gadget.a", "values": { "uuid": uuid } }] });
    let stored = |instance: serde_json::Value| {
        json!({ "version": 4, "resources": [{ "mode": "managed", "type": "acme_gadget", "name": "a", "instances": [instance] }] }).to_string()
    };
    let attributes = json!({ "uuid": uuid });
    for (state, expected) in [
        (
            shown(json!({ "resources": [resource] })),
            Some(Some("acme_gadget.a[0]")),
        ),
        (shown(json!({ "resources": [deposed] })), Some(None)),
        (shown(in_child), Some(None)),
        (shown(data), None),
        (json!({ "format_version": "1.0" }).to_string(), None),
        (
            stored(json!({ "index_key": 0, "attributes": attributes })),
            Some(Some("acme_gadget.a[0]")),
        ),
        (
            stored(json!({ "deposed": "1", "attributes": attributes })),
            Some(None),
        ),
        (
            stored(json!({ "status": "tainted", "attributes": attributes })),
            Some(Some("acme_gadget.a")),
        ),
        (stored(json!({ "attributes": { "uuid": null } })), None),
        (stored(json!({})), None),
        (json!({ "version": 4 }).to_string(), None),
    ] {
        let managed = Managed::parse(definition(), &state).unwrap();
        let found = managed.contains(&key).then(|| managed.address(&key));
        assert_eq!(found, expected, "{state}");
    }
    // Resources of any module, for their import blocks.
    let module = json!({ "version": 4, "resources": [{ "mode": "managed", "module": "module.m[\"a\"]", "type": "acme_gadget", "name": "b", "instances": [{ "index_key": 0, "attributes": attributes }] }] });
    let managed = Managed::parse(definition(), &module.to_string()).unwrap();
    assert!(managed.has("module.m[\"a\"].acme_gadget.b[0]"));
    for address in [
        "module.m[\"a\"].acme_gadget.b",
        "module.m[…].acme_gadget.b[0]",
        "acme_gadget.b[0]",
    ] {
        assert!(!managed.has(address), "{address}");
    }
    for (text, expected) in [
        ("", StateError::Form),
        ("[]", StateError::Form),
        ("{}", StateError::Form),
        ("{\"version\": 3}", StateError::Version(3)),
        ("{\"meta\": {}, \"encrypted_data\": \"x\"}", StateError::Encrypted),
    ] {
        assert_eq!(
            Managed::parse(definition(), text).unwrap_err(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn objects_without_a_valid_configuration_are_reported() {
    let mut bad = account::gadget(1, "bad");
    bad["size"] = json!(99);
    let objects = Objects::default()
        .with("gadget", bad)
        .with("gadget", account::gadget(2, "good"))
        .with(
            "owner",
            json!({ "uuid": account::uuid(11), "host": "a", "gadget_names": ["bad"], "badge_uuid": null }),
        )
        .target("unit", &[json!({ "uuid": account::uuid(11), "host": "a" })]);
    let plan = planned(&objects, &Setting::default()).unwrap();
    assert_eq!(
        plan.problems,
        ["gadget \"bad\" has no valid configuration: `size` must be between 1 and 9, got 99."]
    );
    assert_eq!(plan.added.len(), 2);
    assert!(plan.files["owner.tf"].after.contains("data.acme_gadget.bad.name"));
}

/// An entry that this program adds to the map may not change what another block has.
#[test]
fn map_gets_entries_only_if_nothing_else_depends_on_them() {
    let (one, two) = (account::uuid(11), account::uuid(12));
    let unit = |uuid: &str, host: &str| json!({ "uuid": uuid, "host": host });
    let objects = Objects::default()
        .with(
            "group",
            json!({ "uuid": account::uuid(31), "name": "all", "unit_uuids": [two] }),
        )
        .target("unit", &[unit(&one, "a"), unit(&two, "a")]);
    let map = |entries: &str| format!("{HEADER}\n\nlocals {{\n  units = {{\n{entries}  }}\n}}\n");
    let literal = map(&format!("    \"a\" = \"{one}\"\n"));
    let unused = "resource \"acme_owner\" \"a\" {\n  unit_uuid = local.units[\"a\"]\n}\n";
    let each = "resource \"acme_owner\" \"all\" {\n  for_each = local.units\n}\n";
    let of = |expression: &str| format!("output \"all\" {{\n  value = {expression}\n}}\n");
    for (expression, is_whole) in [
        ("local.units", true),
        ("keys(local.units)", true),
        ("\"${join(\" \", local.units)}\"", true),
        ("local.units[*]", true),
        ("values(local.units.*.a)", true),
        ("local. units", true),
        ("local.units[var.a]", false),
        ("local.units.a", false),
        ("\"local.units\"", false),
        ("\"$${local.units}\"", false),
        ("1 # every host of local.units", false),
        ("<<-EOT\n    local.units\n  EOT", false),
        ("<<-EOT\n    ${jsonencode(local.units)}\n  EOT", true),
    ] {
        let text = of(expression);
        let json = json!({ "output": { "all": [{ "value": format!("a ${{{expression}}}") }] } }).to_string();
        let literal = map(&format!("    \"a\" = \"{one}\"\n"));
        let mut settings = vec![("other.tf", text)];
        if !expression.contains(['"', '#', '<']) {
            settings.push(("other.tf.json", json));
        }
        for (file, other) in settings {
            let setting = Setting {
                files: &[("units.tf", &literal), (file, &other)],
                ..Setting::default()
            };
            let plan = planned(&objects, &setting).unwrap();
            assert_eq!(plan.files.contains_key("units.tf"), !is_whole, "{other}");
        }
    }
    for (units, other, expected) in [
        (literal.clone(), unused, "local.units[\"a#2\"]"),
        (literal.clone(), each, "local.units_2[\"a\"]"),
        (
            literal,
            "output \"all\" {\n  value = local.units\n}\n",
            "local.units_2[\"a\"]",
        ),
        // The key is there, whatever its value.
        (map("    \"a\" = var.a\n"), unused, "local.units[\"a#2\"]"),
        (map("    (var.a) = var.b\n"), unused, "local.units_2[\"a\"]"),
    ] {
        let setting = Setting {
            files: &[("units.tf", &units), ("other.tf", other)],
            ..Setting::default()
        };
        let plan = planned(&objects, &setting).unwrap();
        let text = &plan.files["group.tf"].after;
        assert!(text.contains(expected), "{units}{other}{text}");
        let extended = expected.starts_with("local.units[");
        assert_eq!(plan.files.contains_key("units.tf"), extended, "{units}{other}");
    }
    // A map of the user whose name only begins alike is not the map.
    let units = map(&format!("    \"a\" = \"{one}\"\n")).replace("units =", "units_old =");
    let setting = Setting {
        files: &[("units.tf", &units)],
        ..Setting::default()
    };
    let plan = planned(&objects, &setting).unwrap();
    assert!(plan.files["group.tf"].after.contains("local.units[\"a\"]"));
}

#[test]
fn resource_without_instances_manages_nothing() {
    let objects = Objects::default().with("gadget", account::gadget(1, "web"));
    for (count, added) in [("0", 1), ("1", 0), ("var.count", 0)] {
        let text = format!("resource \"acme_gadget\" \"x\" {{\n  count = {count}\n  name = \"web\"\n}}\n");
        let setting = Setting {
            files: &[("mine.tf", &text)],
            ..Setting::default()
        };
        assert_eq!(planned(&objects, &setting).unwrap().added.len(), added, "{count}");
        let text = json!({ "resource": { "acme_gadget": { "x": { "count": count.parse::<u8>().ok(), "name": "web" } } } }).to_string();
        let setting = Setting {
            files: &[("mine.tf.json", &text)],
            ..Setting::default()
        };
        assert_eq!(planned(&objects, &setting).unwrap().added.len(), added, "{text}");
    }
}

/// The resource of another provider block is an object of another account.
#[test]
fn resource_of_another_account_manages_nothing_here() {
    let objects = Objects::default().with("gadget", account::gadget(1, "web"));
    let required = "terraform {\n  required_providers {\n    other = { source = \"test/acme\" }\n  }\n}\n";
    for (required, provider, added) in [
        ("", "acme", 0),
        ("", "acme.b", 1),
        (required, "other", 0),
        (required, "other.b", 1),
    ] {
        let text =
            format!("resource \"acme_gadget\" \"x\" {{\n  provider = {provider}\n  name = \"web\"\n}}\n");
        let json = json!({ "resource": { "acme_gadget": { "x": { "provider": provider, "name": "web" } } } })
            .to_string();
        for (name, text) in [("mine.tf", text), ("mine.tf.json", json)] {
            let setting = Setting {
                files: &[(name, &text), ("terraform.tf", required)],
                ..Setting::default()
            };
            assert_eq!(
                planned(&objects, &setting).unwrap().added.len(),
                added,
                "{required}{text}"
            );
        }
    }
}

/// A block is never changed, so its references are there from the beginning, or it is not written.
#[test]
fn objects_that_refer_to_what_could_not_be_listed_are_left() {
    let group = |number: usize, units: &[String]| json!({ "uuid": account::uuid(number), "name": format!("g{number}"), "unit_uuids": units });
    let gadget = |limits: serde_json::Value| {
        let mut gadget = account::gadget(1, "web");
        gadget["limits"] = limits;
        gadget
    };
    let objects = Objects::default()
        .with("gadget", gadget(json!({ "low": 1, "high": null })))
        .with("group", group(31, &[account::uuid(11)]))
        .with("group", group(32, &[]))
        .with(
            "owner",
            json!({ "uuid": account::uuid(11), "host": "a", "gadget_names": [], "badge_uuid": null }),
        )
        .unlisted("unit");
    let plan = planned(&objects, &Setting::default()).unwrap();
    assert_eq!(
        plan.problems,
        [
            "group \"g31\" refers to unit objects, which could not be listed.",
            "The list failed.",
            "owner \"a\" refers to unit objects, which could not be listed."
        ]
    );
    let added: Vec<&str> = plan.added.iter().map(|added| added.address.as_str()).collect();
    assert_eq!(added, ["acme_gadget.web", "acme_group.g32"]);
    for change in plan.files.values() {
        assert!(!change.after.contains(&account::uuid(11)), "{}", change.after);
    }
}
