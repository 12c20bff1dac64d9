//! What an import ID names: one row for each rule.

use engine::Binding;
use engine::api::ErrorKind;
use engine::context::Context;
use engine::diagnostic::Diagnostics;
use engine::import::Importer;
use engine::object::Known;
use engine::read::read;
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{Script, THING, UUID, block_on, declarations, declare, prove, reported, shown};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";

/// A thing with a zone, imported by an ID of this form.
fn imported_by(form: &str) -> Binding {
    let declaration = THING.replace("\"{uuid}\"", form);
    let zone = "[attributes.zone]\ntype = \"string\"\nmode = \"required\"\ndoc = \"Where it is.\"";
    declare("thing.toml", &format!("{declaration}\n{zone}"))
}

/// Imports by an ID. Returns the requests, and the object that has only its identity, or the diagnostics.
fn imported(form: &str, id: &str, responses: Vec<Result<Json, ErrorKind>>) -> Json {
    let binding = imported_by(form);
    let (script, context) = Script::of(responses);
    let declarations = declarations(&binding);
    let importer = Importer {
        resource: binding.schema,
        declarations: &declarations,
        context: |_: &mut Diagnostics| Ok(context.clone()),
    };
    let mut diagnostics = Diagnostics::default();
    let found = block_on(importer.by_id(id, &mut diagnostics));
    assert_eq!(found.is_err(), diagnostics.has_errors());
    let found = found.map_or_else(
        |_| json!(reported(&diagnostics)),
        |known| {
            assert!(known.private.is_imported);
            shown(&known.state)
        },
    );
    json!([script.requests().join(" "), found])
}

fn identified(uuid: &str) -> Json {
    json!({"uuid": uuid, "name": null, "zone": null})
}

type Row = (&'static str, String, Vec<Result<Json, ErrorKind>>, Json);

fn row(
    rule: &'static str,
    (form, id): (&'static str, &str),
    responses: Vec<Result<Json, ErrorKind>>,
    (requests, found): (&str, Json),
) -> (&'static str, Row) {
    (rule, (form, id.to_owned(), responses, json!([requests, found])))
}

fn prove_imports(rows: impl IntoIterator<Item = (&'static str, Row)>) {
    prove(rows, |(form, id, responses, expected)| {
        (expected, imported(form, &id, responses))
    });
}

const PLAIN: &str = "\"{uuid}\"";
const COMPOSITE: &str = "\"{zone}/{uuid}\"";
const LITERAL: &str = "\"zones/{zone}/things/{uuid}\"";

#[test]
fn declared_form_is_parsed_without_a_request() {
    let both = || json!({"uuid": UUID, "name": null, "zone": "z"});
    let form = |form: &str, id: &str| {
        json!(format!(
            ": The import ID must have the form `{form}`, got {id:?}."
        ))
    };
    #[rustfmt::skip]
    let rows = [
        row("one part", (PLAIN, UUID), vec![], ("", identified(UUID))),
        row("a UUID in upper case is the same", (PLAIN, &UUID.to_uppercase()), vec![], ("", identified(UUID))),
        row("several parts", (COMPOSITE, &format!("z/{UUID}")), vec![], ("", both())),
        row("literal parts", (LITERAL, &format!("zones/z/things/{UUID}")), vec![], ("", both())),
        row("a part is missing", (COMPOSITE, UUID), vec![], ("", form("{zone}/{uuid}", UUID))),
        row("a part is empty", (COMPOSITE, &format!("/{UUID}")), vec![], ("", form("{zone}/{uuid}", &format!("/{UUID}")))),
        row("a part is invalid", (COMPOSITE, "z/x"), vec![], ("", json!(
            ": The import ID must have the form `{zone}/{uuid}`, got \"z/x\". `uuid` must be a UUID such as \
             0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11, got \"x\"."))),
        row("another literal part", (LITERAL, &format!("zones/z/thing/{UUID}")), vec![],
            ("", form("zones/{zone}/things/{uuid}", &format!("zones/z/thing/{UUID}")))),
        row("a resource that cannot be imported", ("false", UUID), vec![], ("", json!(
            ": `thing` cannot be imported: it has no identity by which Terraform could find an existing object. Let Terraform create the \
             object instead."))),
    ];
    prove_imports(rows);
}

fn things() -> Json {
    json!([
        {"uuid": UUID, "name": "web-1"},
        {"uuid": OTHER, "name": "web-2"},
        {"uuid": "aaaaaaaa-0000-4000-8000-000000000001", "name": "twin"},
        {"uuid": "aaaaaaaa-0000-4000-8000-000000000002", "name": "twin"},
    ])
}

const ACCEPTED: &str =
    "An import accepts `{uuid}`, the `name`, if it is unique or the URL of the object's page.";

#[test]
fn name_is_found_in_a_list() {
    let list = || vec![Ok(things())];
    let unknown = |name: &str, closest: &str| {
        json!(format!(
            ": {name:?} is neither the `uuid` nor the `name` of a thing in this account.{closest} {ACCEPTED}"
        ))
    };
    let near = UUID.replacen('0', "1", 1);
    let short = UUID.get(1..).unwrap();
    #[rustfmt::skip]
    let rows = [
        row("the only one with the name", (PLAIN, "web-2"), list(), ("list", identified(OTHER))),
        row("an unknown name, with the closest", (PLAIN, "web-11"), list(),
            ("list", unknown("web-11", &format!(" Closest: `web-1` ({UUID}), `web-2` ({OTHER}).")))),
        row("an unknown name without a similar one", (PLAIN, "database"), list(), ("list", unknown("database", ""))),
        row("an empty ID", (PLAIN, ""), list(), ("list", unknown("", ""))),
        row("another case is another name", (PLAIN, "WEB-2"), list(),
            ("list", unknown("WEB-2", &format!(" Closest: `web-2` ({OTHER}).")))),
        row("a UUID that lacks a digit", (PLAIN, short), list(),
            ("list", unknown(short, &format!(" Closest: `web-1` ({UUID}).")))),
        row("a UUID that does not exist is found out by the refresh", (PLAIN, &near), vec![], ("", identified(&near))),
        row("several with the name", (PLAIN, "twin"), list(), ("list", json!(
            ": 2 thing objects have the `name` \"twin\": aaaaaaaa-0000-4000-8000-000000000001, aaaaaaaa-0000-4000-8000-000000000002. Use \
             the `uuid` of one of them as the import ID."))),
        row("a list that fails", (PLAIN, "web-2"), vec![Err(ErrorKind::Unauthorized)],
            ("list", json!(": The request to search for thing failed. `list` failed."))),
    ];
    prove_imports(rows);
}

#[test]
fn url_is_searched_for_an_identity() {
    let url = |rest: &str| format!("https://app.example.com/{rest}");
    let missing = |url: &str| {
        json!(format!(
            ": The URL {url:?} does not have the `uuid` of a thing in this account. {ACCEPTED}"
        ))
    };
    let two = url(&format!("o/{OTHER}/things/{UUID}"));
    let gone = || Err(ErrorKind::NotFound);
    let found = |uuid: &str| Ok(json!({"uuid": uuid}));
    #[rustfmt::skip]
    let rows = [
        row("in the path", (PLAIN, &url(&format!("things/{UUID}"))), vec![], ("", identified(UUID))),
        row("with a slash at the end", (PLAIN, &url(&format!("things/{UUID}/"))), vec![], ("", identified(UUID))),
        row("with a tab after it", (PLAIN, &url(&format!("things/{UUID}/routes?sort=name"))), vec![], ("", identified(UUID))),
        row("in the query", (PLAIN, &url(&format!("things?id={UUID}&x=1"))), vec![], ("", identified(UUID))),
        row("in the fragment", (PLAIN, &url(&format!("#/things/{UUID}"))), vec![], ("", identified(UUID))),
        row("twice", (PLAIN, &url(&format!("things/{UUID}#{}", UUID.to_uppercase()))), vec![], ("", identified(UUID))),
        row("several, of which one exists", (PLAIN, &two), vec![found(UUID), gone()], ("get get", identified(UUID))),
        row("several, of which none exists", (PLAIN, &two), vec![gone(), gone()], ("get get", missing(&two))),
        row("several that exist", (PLAIN, &two), vec![found(UUID), found(OTHER)], ("get get", json!(format!(
            ": The URL {two:?} has several: `{UUID}`, `{OTHER}`. Use one of them as the import ID.")))),
        row("several, and a request fails", (PLAIN, &two), vec![Err(ErrorKind::Unauthorized)],
            ("get", json!(format!(": The request to read thing {UUID:?} failed. `get` failed.")))),
        row("without one", (PLAIN, &url("things/web-1")), vec![], ("", missing(&url("things/web-1")))),
    ];
    prove_imports(rows);
}

#[test]
fn identity_must_be_whole_and_valid() {
    let problem = "`uuid` must be a UUID such as 0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11, got \"x\".";
    #[rustfmt::skip]
    let rows = [
        ("all parts", (json!({"uuid": UUID, "zone": "z"}), json!({"uuid": UUID, "name": null, "zone": "z"}))),
        ("an invalid part", (json!({"uuid": "x", "zone": "z"}), json!(format!(": The identity of the import has no valid `uuid`. {problem}")))),
        ("a part is missing", (json!({"uuid": UUID, "zone": null}), json!(": The identity of the import has no valid `zone`."))),
    ];
    let binding = imported_by(COMPOSITE);
    let declarations = declarations(&binding);
    prove(rows, |(wanted, expected)| {
        let importer = Importer {
            resource: binding.schema,
            declarations: &declarations,
            context: |diagnostics: &mut Diagnostics| -> Result<Context, _> {
                Err(diagnostics.error(&engine::summaries::BUG, "no request is needed"))
            },
        };
        let parts = wanted.as_object().unwrap().iter();
        let wanted = Value::object(
            parts.map(|(name, part)| (name.clone(), part.as_str().map_or(Value::Null, Value::string))),
        );
        let mut diagnostics = Diagnostics::default();
        let found = importer.by_identity(&wanted, &mut diagnostics);
        let found = found.map_or_else(|_| json!(reported(&diagnostics)), |known| shown(&known.state));
        (expected, found)
    });
}

/// Without the mark of an import, an object that does not exist leaves state.
#[test]
fn refresh_reports_an_imported_object_that_does_not_exist() {
    let near = UUID.replacen("0b", "b0", 1);
    let missing = |closest: &str| {
        json!(format!(
            ": No thing with the `uuid` `{near}` exists in this account.{closest} Check it, and that the API token belongs to the account \
             that has the thing."
        ))
    };
    let gone = || Err(ErrorKind::NotFound);
    #[rustfmt::skip]
    let rows = [
        ("with the closest", (vec![gone(), Ok(things())], json!(["get list", true, missing(&format!(" Closest: `web-1` ({UUID})."))]))),
        ("without a similar one", (vec![gone(), Ok(json!([]))], json!(["get list", true, missing("")]))),
        ("without a list", (vec![gone(), Err(ErrorKind::Unauthorized)], json!(["get list", true, missing("")]))),
        ("one that exists", (vec![Ok(json!({"uuid": near, "name": "a", "zone": "z"}))], json!(["get", false, ""]))),
    ];
    prove(rows, |(responses, expected)| {
        let binding = imported_by(PLAIN);
        let (script, context) = Script::of(responses);
        let declarations = declarations(&binding);
        let context = Context {
            declarations: declarations.clone(),
            ..context
        };
        let importer = Importer {
            resource: binding.schema,
            declarations: &declarations,
            context: |_: &mut Diagnostics| Ok(context.clone()),
        };
        let mut diagnostics = Diagnostics::default();
        let mut known: Known = block_on(importer.by_id(&near, &mut diagnostics)).unwrap();
        let _ = block_on(read(&binding, &context, &mut known, &mut diagnostics));
        assert!(!known.state.is_null());
        let actual = json!([
            script.requests().join(" "),
            known.private.is_imported,
            reported(&diagnostics)
        ]);
        (expected, actual)
    });
}
