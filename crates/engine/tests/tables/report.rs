//! The diagnostics about failed requests: the short form, and the attributes that the API rejected.

use engine::api::{Effect, Error, ErrorKind, Problem};
use engine::diagnostic::Diagnostics;
use engine::process::Process;
use engine::report::{Action, request_error};
use serde_json::json;

use super::support::{prove, reported, thing, value};

/// The diagnostics of a request that fails with this error.
fn failed(error: &Error) -> Diagnostics {
    let binding = thing("");
    let object = value(&binding, &json!({"name": "a"}));
    let mut diagnostics = Diagnostics::default();
    let _ = request_error(&mut diagnostics, Action::Read, binding.schema, &object, error);
    diagnostics
}

fn error(kind: ErrorKind, effect: Effect, detail: &str) -> Error {
    Error {
        detail: Some(detail.into()),
        remedy: Some("Do something."),
        ..Error::new(kind, effect, "`GET /a` failed")
    }
}

#[test]
fn second_error_about_a_fault_of_every_request_is_short() {
    use Effect::{None, Unknown};
    use ErrorKind::*;
    let row = |rule, kind, effect, brief: Option<&str>| (rule, (kind, effect, brief.map(str::to_owned)));
    #[rustfmt::skip]
    let rows = [
        row("a rejected token", Unauthorized, None, Some("The API token was rejected")),
        row("a host name that cannot be resolved", UnknownHost, None, Some("The control plane's host name is unknown")),
        row("a refused connection", Unreachable, None, Some("The control plane is unreachable")),
        row("a proxy that does not connect", Proxy, None, Some("The proxy did not connect")),
        row("a failed TLS handshake", Tls, None, Some("The TLS handshake failed")),
        row("a timeout of the connection", RequestTimeout, None, Some("Connecting took too long")),
        row("an unusable connection", Setup, None, Some("The connection cannot be set up")),
        row("a broken connection, after which the effect is unknown", Unreachable, Unknown, Option::None),
        row("a timeout of the response", RequestTimeout, Unknown, Option::None),
        row("a token that was rejected after an attempt with an unknown effect", Unauthorized, Unknown, Option::None),
        row("a missing permission, which another request may have", Forbidden, None, Option::None),
        row("a missing object", NotFound, None, Option::None),
        row("a path that the server does not have", NoSuchPath, None, Option::None),
        row("a rate limit", RateLimited, None, Option::None),
        row("a server that failed", Server, None, Option::None),
        row("an interrupt", Cancelled, None, Option::None),
    ];
    prove(rows, |(kind, effect, brief)| {
        let process = Process::default();
        let error = error(kind, effect, "why");
        let full = ": The request to read thing \"a\" failed. `GET /a` failed: why. Do something.";
        let expected = brief.map_or_else(
            || full.to_owned(),
            |brief| {
                format!(": The request to read thing \"a\" failed. {brief}: another error has the remedy.")
            },
        );
        let actual = [(); 2].map(|()| reported(&process.abbreviate(failed(&error))));
        (json!([full, expected]), json!(actual))
    });
}

#[test]
fn error_is_short_only_after_the_same_fault_of_the_same_command() {
    let process = Process::default();
    let shown = |error: &Error| reported(&process.abbreviate(failed(error)));
    let is_short = |error: &Error| shown(error).ends_with("another error has the remedy.");
    let token = error(ErrorKind::Unauthorized, Effect::None, "the token of the file");
    let other = error(ErrorKind::Unauthorized, Effect::None, "the file is empty");
    assert_eq!(
        [&token, &other, &token, &other].map(is_short),
        [false, false, true, true]
    );
    process.begin(std::collections::BTreeMap::default());
    assert_eq!([&token, &token].map(is_short), [false, true]);
}

#[test]
fn one_of_parallel_errors_explains_a_fault() {
    let process = Process::default();
    let error = error(ErrorKind::Unauthorized, Effect::None, "why");
    let shown: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| reported(&process.abbreviate(failed(&error)))))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let full = shown.iter().filter(|shown| shown.contains("Do something"));
    assert_eq!(full.count(), 1);
}

#[test]
fn rejected_fields_are_reported_on_their_attributes() {
    let binding = thing(
        "[attributes]\n\
         size  = { doc = 'Its size.', type = 'int', wire = 'size_gb' }\n\
         tags  = { doc = 'Its tags.', type = 'set(string)' }\n\
         hosts = { doc = 'Its hosts.', type = 'list(string)' }\n\
         notes = { doc = 'Its notes.', type = 'map(string)' }\n\
         seen  = { doc = 'When.', type = 'string', mode = 'computed' }\n\
         parts = { doc = 'Its parts.', type = 'list(object)', attributes = { name = { doc = 'A name.', type = 'string' } } }\n",
    );
    let at = |location: &[&str], message: &str| Problem {
        location: location.iter().map(ToString::to_string).collect(),
        message: message.to_owned(),
    };
    let row = |rule, problems: Vec<Problem>, detail: Option<&str>, paths: &[&str]| {
        (rule, (problems, detail.map(str::to_owned), json!(paths)))
    };
    let none = Vec::new;
    #[rustfmt::skip]
    let rows = [
        row("the location ends with the field", vec![at(&["body", "payload", "name"], "too long")], None, &["name"]),
        row("the location is the field", vec![at(&["name"], "too long")], None, &["name"]),
        row("the field has another name in the API", vec![at(&["body", "size_gb"], "too large")], None, &["size"]),
        row("the name of the attribute is not that of a field", vec![at(&["body", "size"], "too large")], None, &[""]),
        row("a field that is only returned", vec![at(&["body", "seen"], "unknown")], None, &[""]),
        row("an element of a list", vec![at(&["body", "hosts", "1"], "unknown")], None, &["hosts[1]"]),
        row("an element of a set has no path", vec![at(&["body", "tags", "1"], "unknown")], None, &["tags"]),
        row("an entry of a map", vec![at(&["body", "notes", "a"], "too long")], None, &["notes[\"a\"]"]),
        row("an attribute of a nested object", vec![at(&["body", "parts", "2", "name"], "taken")], None, &["parts[2].name"]),
        row("a nested field that is unknown", vec![at(&["body", "parts", "2", "weight"], "needed")], None, &["parts[2]"]),
        row("each of several fields", vec![at(&["name"], "taken"), at(&["size_gb"], "too large")], None, &["name", "size"]),
        row("one of several fields", vec![at(&["rank"], "needed"), at(&["name"], "taken")], None, &["name"]),
        row("no field", vec![at(&["query", "page"], "invalid"), at(&[], "invalid")], None, &[""]),
        row("the message begins with the field", none(), Some("name: is taken."), &["name"]),
        row("the message begins with the name in the API", none(), Some("size_gb: too large: 7"), &["size"]),
        row("the message begins with a nested field", none(), Some("parts.0.name: is taken"), &["parts[0].name"]),
        row("the message begins with another word", none(), Some("error: is taken"), &[""]),
        row("the message begins with words", none(), Some("the name: is taken"), &[""]),
        row("the message only mentions the field", none(), Some("is taken, name: b"), &[""]),
    ];
    prove(rows, |(problems, detail, paths)| {
        let error = Error {
            is_explained: true,
            problems: problems.into(),
            detail: detail.map(String::into_boxed_str),
            ..Error::new(ErrorKind::Invalid, Effect::None, "`POST /a` failed")
        };
        let object = value(&binding, &json!({"name": "a"}));
        let mut diagnostics = Diagnostics::default();
        let _ = request_error(&mut diagnostics, Action::Create, binding.schema, &object, &error);
        let found: serde_json::Value = diagnostics
            .iter()
            .map(|one| json!(one.path.to_string()))
            .collect();
        (paths, found)
    });
}

#[test]
fn message_about_a_single_field_is_not_repeated() {
    let binding = thing("");
    let object = value(&binding, &json!({"name": "a"}));
    let problem = |location: &str, message: &str| Problem {
        location: vec![location.to_owned()],
        message: message.to_owned(),
    };
    let invalid = Error {
        is_explained: true,
        request_id: "b1".into(),
        ..Error::new(ErrorKind::Invalid, Effect::None, "`POST /a` failed")
    };
    let shown = |error: Error| {
        let mut diagnostics = Diagnostics::default();
        let _ = request_error(&mut diagnostics, Action::Create, binding.schema, &object, &error);
        reported(&diagnostics)
    };
    let single = "name: The control plane rejected `name` of thing \"a\": is taken.\n\n`POST /a` failed.\n\nRequest id: b1";
    let named = Error {
        detail: Some("name: is taken.".into()),
        ..invalid.clone()
    };
    assert_eq!(shown(named), single);
    let located = Error {
        problems: Box::new([problem("name", "is taken")]),
        ..invalid.clone()
    };
    assert_eq!(shown(located), single);
    let several = Error {
        problems: Box::new([problem("name", "is taken"), problem("rank", "is needed")]),
        ..invalid
    };
    assert_eq!(
        shown(several),
        "name: The control plane rejected `name` of thing \"a\": is taken.\n\n`POST /a` failed:\n  - name: is taken\n  - rank: is \
         needed\n\nRequest id: b1"
    );
}
