//! The targets for responses of the control plane, and for its API document.

use std::sync::LazyLock;

use client::fuzzing::{self, ReceivedResponse};
use engine::api::Body;
use engine::diagnostic::Diagnostics;
use engine::{Binding, shape, wire};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};
use url::Url;
use value::secret::Secret;
use value::{Path, Value};

use crate::{Target, samples, seeds, values};

pub(crate) const RESPONSE: Target = Target {
    name: "response",
    run: response,
    seeds: response_seeds,
    dictionary: &[
        "null",
        "\"\"",
        "[]",
        "{}",
        "1e999",
        "-0",
        "\\u0301",
        "[[[[",
        "{\"uuid\":",
        "\u{feff}",
    ],
};

pub(crate) const ERROR_RESPONSE: Target = Target {
    name: "error_response",
    run: error_response,
    seeds: error_response_seeds,
    dictionary: &[
        TOKEN,
        SECRET,
        "one line of it",
        "{\"detail\":",
        "[{\"loc\":[",
        "\"msg\":\"",
        "\"message\":",
        "\"type\":",
        "\\n",
        "\\\\n",
        "&quot;",
        "\u{1b}[31m",
        "\u{202e}",
        "422\n",
        "429 5\n",
        "200\n",
        "Wed, 25 Nov 2026 12:00:00 GMT",
    ],
};

pub(crate) const DOCUMENT: Target = Target {
    name: "document",
    run: document,
    seeds: document_seeds,
    dictionary: &[
        "{\"paths\":{",
        "\"servers\":[{\"url\":\"",
        "\"operationId\":\"",
        "/../",
        "//other.test/",
        "https://other.test",
        "{uuid}",
        "%2e%2e",
        "\"delete\":",
        "\\u0000",
        "\\\\",
    ],
};

pub(crate) const LIST: Target = Target {
    name: "list",
    run: list,
    seeds: list_seeds,
    dictionary: &[
        "{\"items\":[",
        "],\"count\":",
        "\"next\":\"",
        "\"results\":[]",
        "https://other.test/a?cursor=1",
        "?a#b",
        "</a?page=2>; rel=\"next\"",
        ", <",
        "\n",
    ],
};

const TOKEN: &str = "dur_0123456789abcdef";
const SECRET: &str = "s3cr\"et <k&y>\n  one line of it  \nand 'more'";

static ENDPOINT: LazyLock<Url> = LazyLock::new(|| {
    "https://control.test:8443/prefix"
        .parse()
        .expect("the endpoint is a URL")
});

fn bindings() -> Vec<&'static Binding> {
    let resources = DEFINITION.resources.iter();
    resources.chain(DEFINITION.data_sources).collect()
}

/// The body of a successful response is an error, or gives a diagnostic, or gives an object of the resource's type that the
/// same response does not change again.
///
/// The first byte selects the resource or data source.
pub fn response(input: &[u8]) {
    let Some((first, body)) = input.split_first() else {
        return;
    };
    let bindings = bindings();
    let index = usize::from(*first)
        .checked_rem(bindings.len())
        .unwrap_or_default();
    let Some(binding) = bindings.get(index) else {
        return;
    };
    let received = ReceivedResponse {
        status: 200,
        headers: &[],
        body,
        token: &Secret::new(TOKEN),
        secrets: &[],
        request_body: None,
    };
    let Ok(response) = fuzzing::read_response(&received, &ENDPOINT) else {
        return;
    };
    let attributes = &binding.schema.attributes;
    let mut memory = Json::Null;
    let mut read = |known: &Value| {
        let mut body = response.body.clone();
        if let Some(hook) = binding.hook {
            hook.read_response(binding.schema, &mut body, known, &mut memory);
        }
        let mut diagnostics = Diagnostics::default();
        let (state, result) = wire::from_response(attributes, &body, known, &Path::root(), &mut diagnostics);
        values::round_trip(&state, &shape::object_type(attributes));
        assert!(state.is_wholly_known(), "a response leaves no unknown value");
        for diagnostic in diagnostics.iter() {
            assert!(diagnostic.path.steps().len() < 32 && !diagnostic.detail.is_empty());
        }
        (state, result.is_err())
    };
    let (state, has_errors) = read(&shape::empty_object(attributes));
    if has_errors {
        return;
    }
    let (again, _) = read(&state);
    assert!(
        again == state,
        "{} became {}",
        wire::to_json(&state),
        wire::to_json(&again)
    );
    if let Some(hook) = binding.hook {
        hook.write_body(&mut wire::create_body(attributes, &state, &state), &memory);
    }
}

/// Reading any pages of a list ends, sends requests to the path of the list only, and gives JSON.
///
/// Each page is two lines: its header `Link` and its body.
pub fn list(input: &[u8]) {
    let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    let pages = lines.chunks(2).filter_map(|page| match page {
        [link, body] => Some((*body, *link)),
        _ => None,
    });
    let read = fuzzing::read_list(&pages.collect::<Vec<_>>(), &ENDPOINT);
    assert!(read.urls.len() <= 1000);
    for url in read.urls {
        assert_eq!((url.origin(), url.path()), (ENDPOINT.origin(), ENDPOINT.path()));
        assert!(url.username().is_empty() && url.fragment().is_none(), "{url}");
    }
    for object in read.objects {
        let _: &serde_json::value::RawValue = serde_json::from_str(&object).expect("an object is JSON");
    }
}

/// The error for any response contains no secret and no control character.
///
/// The first line of the input is the status and the value of `Retry-After`; the rest is the body.
pub fn error_response(input: &[u8]) {
    let end = input
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(input.len());
    let (head, body) = input.split_at(end);
    let body = body.get(1..).unwrap_or_default();
    let (status, after) = head.split_at(head.len().min(3));
    let status = std::str::from_utf8(status)
        .ok()
        .and_then(|text| text.parse().ok());
    let sent = json!({ "value": SECRET, "name": "a name that may be shown" });
    let (token, secret) = (Secret::new(TOKEN), Secret::new(SECRET));
    let received = ReceivedResponse {
        status: status.unwrap_or(500),
        headers: &[
            ("retry-after", after.trim_ascii()),
            ("x-request-id", after),
            ("location", after.trim_ascii()),
        ],
        body,
        token: &token,
        secrets: &[&secret],
        request_body: Some(&Body::new(sent, Vec::new())),
    };
    let message = match fuzzing::read_response(&received, &ENDPOINT) {
        Ok(response) => response.request_id,
        Err(error) => error.to_string(),
    };
    for secret in std::iter::once(TOKEN)
        .chain([SECRET])
        .chain(SECRET.lines().map(str::trim))
    {
        assert!(
            secret.len() < 8 || !message.contains(secret),
            "{secret:?} is in {message:?}"
        );
    }
    let is_harmful = |character: char| {
        character.is_control() && character != '\n' || ('\u{202a}'..='\u{202e}').contains(&character)
    };
    assert!(!message.contains(is_harmful), "{message:?}");
}

/// With any live document, requests go to the endpoint and to a path below it, and no read becomes a write.
pub fn document(input: &[u8]) {
    const ARGUMENT: &str = "a b?c#d%2f..;e\u{e9}";
    const PATH: &str = "/api/openapi.json";
    let requests = fuzzing::requests(input, PATH, &ENDPOINT, DEFINITION.operations, ARGUMENT);
    assert_eq!(requests.len(), DEFINITION.operations.len());
    for (operation, request) in DEFINITION.operations.iter().zip(requests) {
        let (method, url) = request.expect("every operation has a path");
        assert_eq!(url.origin(), ENDPOINT.origin(), "{url}");
        assert!(url.username().is_empty() && url.password().is_none(), "{url}");
        assert!(url.query().is_none() && url.fragment().is_none(), "{url}");
        let arguments = url.path().matches("a%20b%3Fc%23d%252f..%3Be%C3%A9").count();
        assert_eq!(arguments, operation.placeholders().count(), "{url}");
        let is_read = |method| method == schema::Method::Get;
        let is_delete = |method| method == schema::Method::Delete;
        assert_eq!(is_read(method), is_read(operation.method), "{url}");
        assert_eq!(is_delete(method), is_delete(operation.method), "{url}");
    }
}

fn response_seeds() -> Vec<Vec<u8>> {
    let responses = bindings().into_iter().enumerate().map(|(index, binding)| {
        let choice = u8::try_from(index).expect("there are at most 256 resources and data sources");
        let body = samples::response_body(&binding.schema.attributes).to_string();
        std::iter::once(choice).chain(body.into_bytes()).collect()
    });
    responses.collect()
}

fn list_seeds() -> Vec<Vec<u8>> {
    seeds::inputs([
        "\n[{\"uuid\": 1}, {\"uuid\": 2}]".to_owned(),
        "</a?page=2>; rel=\"next\"\n[{\"uuid\": 1}]\n\n[{\"uuid\": 2}]".to_owned(),
        "\n{\"items\": [{\"uuid\": 1}], \"count\": 2}\n\n{\"items\": [{\"uuid\": 2}], \"count\": 2}".to_owned(),
        "\n{\"results\": [1], \"next\": \"https://other.test/a?cursor=1\"}\n\n{\"results\": [2], \"next\": null}".to_owned(),
        "\n{\"data\": [1], \"next\": \"?cursor=1\", \"count\": 1}".to_owned(),
    ])
}

fn error_response_seeds() -> Vec<Vec<u8>> {
    let in_json = json!({ "detail": [{ "loc": ["body", 0, "name"], "msg": SECRET, "type": TOKEN }] });
    seeds::inputs([
        format!("422\n{in_json}"),
        format!(
            "409\n{}",
            json!({ "detail": format!("{SECRET} and more, {TOKEN}") })
        ),
        format!("500 30\n<html>{SECRET}</html>"),
        format!("200\nno JSON: {in_json}"),
        "429 Wed, 25 Nov 2026 12:00:00 GMT\n{\"message\":\"slow down\"}".to_owned(),
        "308 https://other.test/a\n".to_owned(),
        "502\n\u{1b}[31mone line of it".to_owned(),
        "204\n".to_owned(),
    ])
}

/// Documents with the declared operations.
fn document_seeds() -> Vec<Vec<u8>> {
    let mut paths = serde_json::Map::new();
    for operation in DEFINITION.operations {
        let item = paths
            .entry(operation.path.to_string())
            .or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(
                operation.method.name().to_lowercase(),
                json!({ "operationId": operation.id }),
            );
        }
    }
    let few: serde_json::Map<_, _> = paths.clone().into_iter().take(4).collect();
    seeds::inputs([
        json!({ "paths": paths }).to_string(),
        json!({ "servers": [{ "url": "/api/v2/" }], "paths": few }).to_string(),
        json!({ "servers": [{ "url": "https://{host}/x" }, 7], "paths": { "/a/{b}": { "get": 1 } } })
            .to_string(),
    ])
}
