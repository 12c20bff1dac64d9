//! The diagnostics about failed requests: the short form, and the attributes that the API rejected.

use engine::api::{Effect, Error, ErrorKind};
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
