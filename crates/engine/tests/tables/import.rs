//! The object of an import, by its identity, its name or its URL: one row for each rule.

use std::cell::Cell;

use ::value::Value;
use engine::api::ErrorKind::{self, NotFound, Unreachable};
use engine::context::Context;
use engine::diagnostic::{Diagnostics, Reported};
use engine::import::{Target, by_id, by_identity, parse};
use engine::object::Known;
use engine::read::read;
use engine::{Binding, summaries};
use serde_json::{Value as Json, json};

use super::support::{
    NULL, Script, THING, UUID, block_on, declare, declare_all, prove, reported, seen_here, shown, thing,
    value,
};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";
const THIRD: &str = "9f0e7a11-2b7c-4d0f-8f52-7d1b7a3c5e22";

/// A thing in a zone and a set, imported by an ID of this form.
fn imported_by(form: &str) -> Binding {
    let declaration = THING.replace("\"{uuid}\"", form);
    let attributes = "[attributes.zone]\ntype = \"string\"\nmode = \"required\"\ndoc = \"Where it is.\"\n\
                      [attributes.set_uuid]\ntype = \"string\"\nmode = \"required\"\nformat = \"uuid\"\ndoc = \"What it is in.\"";
    declare("thing.toml", &format!("{declaration}\n{attributes}"))
}

/// Resources without names: the identity of `owner` refers to the data source `unit`, and that of `lone` to nothing; `nameless` has a list.
fn unlisted() -> (Context, Vec<Binding>) {
    let unit = r#"
data_source = "unit"
summary     = "A unit."
label       = "host"

[[lookup]]
by  = "uuid"
api = "get"

[[lookup]]
by   = "host"
api  = "list"
pick = "host"
then = "get"

[[constraint]]
exactly_one_of = ["uuid", "host"]

[attributes.uuid]
type   = "string"
mode   = "optional+computed"
format = "uuid"
doc    = "Identifies it."

[attributes.host]
type = "string"
mode = "optional+computed"
doc  = "Its name."
"#;
    let owner = |name: &str, list: &str, reference: &str| {
        format!(
            r#"
resource = "{name}"
summary  = "Owns a unit."
import   = "{{unit_uuid}}"

[api]
create = "change"
read   = "get"
update = "change"
delete = "forget"
{list}
path   = {{ uuid = "unit_uuid" }}

[attributes.unit_uuid]
type      = "string"
mode      = "required"
format    = "uuid"
force_new = true
wire      = {{ read = "uuid", write = false }}
{reference}
doc       = "Identifies it."

[attributes.size]
type = "int"
doc  = "Its size."
"#
        )
    };
    let nameless = owner("nameless", "list = \"list\"", "");
    let lone = owner("lone", "", "");
    let owner = owner("owner", "", "ref = \"unit.uuid\"");
    let files = [
        ("owner.toml", &*owner),
        ("lone.toml", &*lone),
        ("nameless.toml", &*nameless),
        ("data/unit.toml", unit),
    ];
    let (declarations, bindings) = declare_all(&files);
    let (_, context) = Script::of([]);
    (
        Context {
            declarations,
            ..context
        },
        bindings,
    )
}

fn find<'a>(bindings: &'a [Binding], name: &str) -> &'a Binding {
    bindings
        .iter()
        .find(|binding| binding.schema.name == name)
        .unwrap()
}

/// Imports an object, and returns its attributes that are not null, or the diagnostics. `configured` counts how often the context is wanted.
fn imported(binding: &Binding, context: &Context, id: &str) -> Json {
    let mut diagnostics = Diagnostics::default();
    let configured = |_: &mut Diagnostics| Ok(context.clone());
    let imported = block_on(by_id(binding.schema, id, configured, &mut diagnostics));
    assert_eq!(
        imported.is_err(),
        diagnostics.has_errors(),
        "each diagnostic is an error"
    );
    imported.map_or_else(|Reported| json!(reported(&diagnostics)), |known| identity(&known))
}

fn identity(known: &Known) -> Json {
    let mut state = shown(&known.state);
    state.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    state
}

#[test]
fn parse_knows_an_identity_and_a_url() {
    let row = |rule, form: &'static str, id: String, expected: Json| (rule, (form, id, expected));
    let uuid = || json!({"uuid": UUID});
    let none = |url: &str| {
        json!(format!(
            ": The URL \"{url}\" does not identify a thing: it must contain `uuid`, as the URL of the object's page in the dashboard does."
        ))
    };
    let both = |url: &str| {
        json!(format!(
            ": The URL \"{url}\" does not identify a thing: it must contain `set_uuid` and `uuid`, once each and in this order, as the \
             URL of the object's page in the dashboard does."
        ))
    };
    let plain = "\"{uuid}\"";
    let pair = "\"{set_uuid}/{uuid}\"";
    let url = |rest: String| format!("https://app.test/{rest}");
    #[rustfmt::skip]
    let rows = [
        row("an identity", plain, UUID.to_owned(), uuid()),
        row("an identity in upper case", plain, UUID.to_uppercase(), uuid()),
        row("an identity of several parts", "\"{zone}/{uuid}\"", format!("z/{UUID}"), json!({"uuid": UUID, "zone": "z"})),
        row("an identity with literal parts", "\"zones/{zone}/things/{uuid}\"", format!("zones/z/things/{UUID}"), json!({"uuid": UUID, "zone": "z"})),
        row("no ID", plain, String::new(),
            json!(": The import ID must be the `uuid` of the object or the URL of its page in the dashboard. Got \"\".")),
        row("a URL", plain, url(format!("things/{UUID}")), uuid()),
        row("a URL in upper case", plain, url(format!("things/{UUID}")).to_uppercase(), uuid()),
        row("a URL without encryption", plain, format!("http://localhost:8080/things/{UUID}"), uuid()),
        row("a URL that ends with a slash", plain, url(format!("things/{UUID}/")), uuid()),
        row("a URL of a tab", plain, url(format!("things/{UUID}/settings?tab=disks#top")), uuid()),
        row("a URL with a query", plain, url(format!("things?view=list&uuid={UUID}")), uuid()),
        row("a URL with a fragment", plain, url(format!("#/things/{UUID}?tab=disks")), uuid()),
        row("a URL with escapes", plain, url(format!("things/{}", UUID.replace('-', "%2D"))), uuid()),
        row("a URL within a URL", plain, url(format!("login?next=%2Fthings%2F{UUID}")), uuid()),
        row("a URL with the identity twice", plain, url(format!("things/{UUID}?uuid={}", UUID.to_uppercase())), uuid()),
        row("a URL with several identities", plain, url(format!("orgs/{OTHER}/things/{UUID}")), json!([{"uuid": OTHER}, {"uuid": UUID}])),
        row("a URL without an identity", plain, url("things".to_owned()), none("https://app.test/things")),
        row("a host is no identity", plain, format!("https://{UUID}/things"), none(&format!("https://{UUID}/things"))),
        row("a URL with a part of an identity", plain, url(format!("things/x{UUID}")), none(&url(format!("things/x{UUID}")))),
        row("a URL with all parts", pair, url(format!("sets/{OTHER}/things/{UUID}")), json!({"set_uuid": OTHER, "uuid": UUID})),
        row("a URL with too few parts", pair, url(format!("things/{UUID}")), both(&url(format!("things/{UUID}")))),
        row("a URL with too many parts", pair, url(format!("orgs/{THIRD}/sets/{OTHER}/things/{UUID}")),
            both(&url(format!("orgs/{THIRD}/sets/{OTHER}/things/{UUID}")))),
        row("a URL for an identity that has no format", "\"{zone}/{uuid}\"", url("things".to_owned()), json!("a name: https://app.test/things")),
        row("a URL of another scheme", plain, format!("ftp://app.test/{UUID}"), json!(format!("a name: ftp://app.test/{UUID}"))),
        row("anything else", plain, "web".to_owned(), json!("a name: web")),
        row("a resource that cannot be imported", "false",
            UUID.to_owned(), json!(": `thing` cannot be imported: it has no identity by which Terraform could find an existing object. Let Terraform create the object instead.")),
    ];
    prove(rows, |(form, id, expected)| {
        let binding = imported_by(form);
        let mut diagnostics = Diagnostics::default();
        let known = |state| {
            identity(&Known {
                state,
                ..Known::default()
            })
        };
        let actual = match parse(binding.schema, &id, &mut diagnostics) {
            Ok(Target::Object(object)) => known(object),
            Ok(Target::OneOf(objects)) => objects.into_iter().map(known).collect(),
            Ok(Target::Named(name)) => json!(format!("a name: {name}")),
            Err(Reported) => json!(reported(&diagnostics)),
        };
        (expected, actual)
    });
}

type Response = Result<Json, ErrorKind>;

#[test]
fn import_finds_an_object_by_its_name_or_one_of_several_identities() {
    let row = |rule, id: &str, responses: Vec<Response>, requests: &'static str, expected: Json| {
        (rule, (id.to_owned(), responses, requests, expected))
    };
    let item = |name: &str, uuid: &str| json!({"name": name, "uuid": uuid});
    let list = || {
        vec![Ok(
            json!([item("web-1", UUID), item("web-2", OTHER), item("db", THIRD), {"name": "lost"}]),
        )]
    };
    let same = || {
        vec![Ok(json!([
            item("web-1", UUID),
            item("web-1", OTHER),
            item("db", THIRD)
        ]))]
    };
    let uuid = || json!({"uuid": UUID});
    let url = format!("https://app.test/orgs/{OTHER}/things/{UUID}");
    let accepted = "The import ID must be the `uuid` of the object, its `name` or the URL of its page in the dashboard. Check the \
                    ID, and that the API token belongs to the account that has the object.";
    let missing = |name: &str, closest: &str| {
        json!(format!(
            ": The control plane has no thing with the `name` \"{name}\". {closest}{accepted}"
        ))
    };
    let found = |uuid: &str| Ok(json!({"uuid": uuid}));
    #[rustfmt::skip]
    let rows = [
        row("an identity needs no request", UUID, vec![], "", uuid()),
        row("a URL with one identity needs no request", &format!("https://app.test/{UUID}"), vec![], "", uuid()),
        row("a name", "web-1", list(), "list", uuid()),
        row("a name that is unknown", "cache", list(), "list", missing("cache", "")),
        row("a name with similar ones", "web-3", list(), "list", missing("web-3", &format!("Closest: web-1 ({UUID}), web-2 ({OTHER}). "))),
        row("a name in another case", "DB", list(), "list", missing("DB", &format!("Closest: db ({THIRD}). "))),
        row("an identity with a mistake", &UUID[1..], list(), "list", missing(&UUID[1..], &format!("Closest: {UUID} (web-1). "))),
        row("a similar name of several objects", "web-2", same(), "list",
            missing("web-2", &format!("Closest: web-1 ({UUID}), web-1 ({OTHER}). "))),
        row("an object without an identity has none", "lost", list(), "list", missing("lost", "")),
        row("a name of several objects", "web-1", same(), "list",
            json!(format!(": 2 thing objects have the `name` \"web-1\". Use the `uuid` of one of them as the import ID: {UUID}, {OTHER}."))),
        row("a list that fails", "web-1", vec![Err(Unreachable)], "list",
            json!(": The request to find thing \"web-1\" failed. `list` failed.")),
        row("one of several identities exists", &url, vec![Err(NotFound), found(UUID)], "get get", uuid()),
        row("several identities exist", &url, vec![found(OTHER), found(UUID)], "get get",
            json!(format!(": The URL names several thing objects: {OTHER}, {UUID}. Use one of these as the import ID."))),
        row("no identity exists", &url, vec![Err(NotFound), Err(NotFound)], "get get",
            json!(format!(": The control plane has no thing with an identity of the URL: {OTHER}, {UUID}. Check the ID, and that the API token \
                           belongs to the account that has the object."))),
        row("a request for one of several fails", &url, vec![Err(NotFound), Err(Unreachable)], "get get",
            json!(format!(": The request to find thing \"{UUID}\" failed. `get` failed."))),
    ];
    prove(rows, |(id, responses, requests, expected)| {
        let (script, context) = Script::of(responses);
        let actual = imported(&thing(""), &context, &id);
        (
            json!([requests, expected]),
            json!([script.requests().join(" "), actual]),
        )
    });
}

#[test]
fn import_by_name_needs_a_list_and_an_identity_of_one_part() {
    let row = |rule, binding, id: &'static str, expected: String| (rule, (binding, id, expected));
    let composite = THING.replace("import   = \"{uuid}\"", "import   = \"{name}/{uuid}\"");
    let composite = declare("thing.toml", &composite);
    let (_, bindings) = unlisted();
    let of = |name| Binding {
        schema: find(&bindings, name).schema,
        hook: None,
    };
    let must_be = |name: &str| {
        format!(
            ": The import ID must be the `{name}` of the object or the URL of its page in the dashboard. Got \"web\". `{name}` must be a \
             UUID such as {UUID}, got \"web\"."
        )
    };
    #[rustfmt::skip]
    let rows = [
        row("without a label", of("nameless"), "web", must_be("unit_uuid")),
        row("without a list", of("lone"), "web", must_be("unit_uuid")),
        row("an identity of several parts", composite, "web", ": The import ID must have the form `{name}/{uuid}`. Got \"web\".".to_owned()),
    ];
    prove(rows, |(binding, id, expected)| {
        let (script, context) = Script::of([]);
        let actual = imported(&binding, &context, id);
        assert!(script.requests().is_empty());
        (json!(expected), actual)
    });
}

#[test]
fn import_finds_names_where_the_identity_refers_to_in_one_list() {
    let (context, bindings) = unlisted();
    let owner = find(&bindings, "owner");
    let units = json!([{"host": "node-1", "uuid": UUID}, {"host": "node-2", "uuid": OTHER}]);
    let (script, scripted) = Script::of([Ok(units)]);
    let context = Context {
        declarations: context.declarations,
        ..scripted
    };
    assert_eq!(imported(owner, &context, "node-1"), json!({"unit_uuid": UUID}));
    assert_eq!(imported(owner, &context, "node-2"), json!({"unit_uuid": OTHER}));
    let missing = imported(owner, &context, "node-3").to_string();
    assert!(
        missing.contains("no unit with the `host` \\\"node-3\\\". Closest: node-1"),
        "{missing}"
    );
    assert!(
        missing.contains("must be the `unit_uuid` of the object, its `host` or"),
        "{missing}"
    );
    assert_eq!(script.requests(), ["list"]);
}

#[test]
fn import_needs_the_provider_only_for_requests() {
    let row = |rule, id: String, is_wanted: bool| (rule, (id, is_wanted));
    let rows = [
        row("an identity", UUID.to_owned(), false),
        row(
            "a URL with one identity",
            format!("https://app.test/{UUID}"),
            false,
        ),
        row(
            "a URL with several",
            format!("https://app.test/{OTHER}/{UUID}"),
            true,
        ),
        row("a name", "web".to_owned(), true),
    ];
    prove(rows, |(id, is_wanted)| {
        let mut diagnostics = Diagnostics::default();
        let wanted = Cell::new(0);
        let configured = |diagnostics: &mut Diagnostics| {
            wanted.set(wanted.get() + 1);
            Err(diagnostics.error(&summaries::BUG, "not configured"))
        };
        let imported = block_on(by_id(thing("").schema, &id, configured, &mut diagnostics));
        let report = if is_wanted { ": not configured" } else { "" };
        assert_eq!(wanted.get(), 1);
        (
            json!([is_wanted, report]),
            json!([imported.is_err(), reported(&diagnostics)]),
        )
    });
}

#[test]
fn refresh_after_an_import_reports_what_does_not_exist() {
    let row = |rule, responses: Vec<Response>, requests: &'static str, report: String| {
        (rule, (responses, requests, report))
    };
    let missing = |closest: &str| {
        format!(
            ": The control plane has no thing \"{UUID}\". {closest}Check the ID, and that the API token belongs to the account that has the \
             object.\n\n`get` failed."
        )
    };
    let items = |uuid: &str| Ok(json!([{"name": "a", "uuid": uuid}, {"name": "b", "uuid": OTHER}]));
    let swapped = "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d12";
    #[rustfmt::skip]
    let rows = [
        row("it exists", vec![Ok(json!({"uuid": UUID, "name": "a"}))], "get", String::new()),
        row("it does not exist", vec![Err(NotFound), items(THIRD)], "get list", missing("")),
        row("a similar one exists", vec![Err(NotFound), items(swapped)], "get list", missing(&format!("Closest: {swapped} (a). "))),
        row("the list fails", vec![Err(NotFound), Err(Unreachable)], "get list", missing("")),
        row("the request fails", vec![Err(Unreachable)], "get", format!(": The request to read thing \"{UUID}\" failed. `get` failed.")),
    ];
    prove(rows, |(responses, requests, report)| {
        let binding = thing("");
        let (script, context) = Script::of(responses);
        let mut diagnostics = Diagnostics::default();
        let configured = |_: &mut Diagnostics| Ok(context.clone());
        let mut known = block_on(by_id(binding.schema, UUID, configured, &mut diagnostics)).unwrap();
        assert!(known.private.is_imported);
        let refreshed = block_on(read(&binding, &context, &mut known, &mut diagnostics));
        assert_eq!(refreshed.is_err(), diagnostics.has_errors());
        assert_eq!(known.private.is_imported, refreshed.is_err());
        assert!(!known.state.is_null());
        (
            json!([requests, report]),
            json!([script.requests().join(" "), reported(&diagnostics)]),
        )
    });
}

#[test]
fn object_that_was_found_since_its_import_can_be_gone() {
    let binding = thing("");
    let (_, context) = Script::of([Err(NotFound)]);
    let mut known = Known {
        state: value(&binding, &json!({"uuid": UUID, "name": "a"})),
        private: seen_here(),
    };
    let mut diagnostics = Diagnostics::default();
    block_on(read(&binding, &context, &mut known, &mut diagnostics)).unwrap();
    assert_eq!(shown(&known.state), NULL);
}

#[test]
fn identity_of_an_import_must_be_whole_and_valid() {
    let set = THIRD.to_uppercase();
    #[rustfmt::skip]
    let rows = [
        ("all parts, in one spelling", (json!({"set_uuid": set, "uuid": UUID}), json!({"set_uuid": THIRD, "uuid": UUID}))),
        ("an invalid part", (json!({"set_uuid": "x", "uuid": UUID}), json!(": The identity of the import has no valid `set_uuid`. What it is in."))),
        ("a part is missing", (json!({"set_uuid": THIRD, "uuid": null}), json!(": The identity of the import has no valid `uuid`. Identifies it."))),
    ];
    let binding = imported_by("\"{set_uuid}/{uuid}\"");
    prove(rows, |(wanted, expected)| {
        let parts = wanted.as_object().unwrap().iter();
        let wanted = Value::object(
            parts.map(|(name, part)| (name.clone(), part.as_str().map_or(Value::Null, Value::string))),
        );
        let unconfigured = |_: &mut Diagnostics| Err(Reported);
        let mut diagnostics = Diagnostics::default();
        let found = by_identity(binding.schema, &wanted, unconfigured, &mut diagnostics);
        let found = found.map_or_else(
            |_| json!(reported(&diagnostics)),
            |known| {
                let part = |name: &str| shown(known.state.get(name));
                json!({"set_uuid": part("set_uuid"), "uuid": part("uuid")})
            },
        );
        (expected, found)
    });
}
