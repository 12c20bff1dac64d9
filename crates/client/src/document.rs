//! Method and path of each operation, from the control plane's live API document.
//!
//! No path is wired into the provider: those of the declarations serve where there is no live document, where it cannot
//! be understood, or lacks the operation.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use engine::api::ErrorKind;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schema::model::{Method, Operation, placeholders};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::error::Error;

/// Largest document that is read.
pub(super) const MAX_BYTES: usize = 8 * 1024 * 1024;

/// What is escaped of a value in a path: all that RFC 3986 does not call unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The live document: read once, by the first who needs it.
pub(super) struct Document {
    place: Place,
    live: OnceLock<Routes>,
    /// Held while the document is read; when to try again after a failure that may pass.
    reading: Mutex<Option<Instant>>,
}

/// Where a document is.
pub(super) struct Place {
    url: Url,
    /// Its path under the endpoint.
    path: &'static str,
}

/// Where operations are, by id.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Routes(BTreeMap<&'static str, Route>);

/// Where an operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    method: Method,
    /// From the root of the host, with the endpoint's prefix, and with placeholders.
    path: String,
}

impl Document {
    pub fn new(place: Place) -> Self {
        Self {
            place,
            live: OnceLock::new(),
            reading: Mutex::new(None),
        }
    }

    /// Where it is.
    pub fn url(&self) -> &Url {
        &self.place.url
    }

    /// The routes of the live document, which is read unless it has been, or the declared ones.
    ///
    /// A failure that may pass leaves the declared ones in charge for as long as `pause`.
    pub async fn routes<'a, F: Future<Output = Result<Vec<u8>, Error>>>(
        &'a self,
        declared: &'a Routes,
        operations: &'static [Operation],
        pause: Duration,
        read: impl FnOnce() -> F,
    ) -> Result<&'a Routes, Error> {
        if let Some(routes) = self.live.get() {
            return Ok(routes);
        }
        let mut not_before = self.reading.lock().await;
        if let Some(routes) = self.live.get() {
            return Ok(routes);
        }
        if not_before.is_some_and(|instant| instant > Instant::now()) {
            return Ok(declared);
        }
        let routes = match read().await {
            Ok(bytes) => Routes::live(&bytes, &self.place, operations).unwrap_or_else(|reason| {
                tracing::debug!(%reason, "cannot use the live API document; using the declared paths");
                Routes(BTreeMap::new())
            }),
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            Err(error) if error.is_transient() || error.kind == ErrorKind::Tls => {
                tracing::debug!(%error, "cannot read the live API document now; using the declared paths");
                *not_before = Instant::now().checked_add(pause);
                return Ok(declared);
            }
            Err(error) => {
                tracing::debug!(%error, "found no live API document; using the declared paths");
                Routes(BTreeMap::new())
            }
        };
        Ok(self.live.get_or_init(|| routes.or(declared)))
    }
}

impl Place {
    pub fn new(endpoint: &Url, path: &'static str) -> Self {
        let mut url = endpoint.clone();
        url.set_path(&format!("{}{path}", prefix(endpoint)));
        Self { url, path }
    }
}

impl Routes {
    /// The operations where the declarations have them.
    pub fn declared(endpoint: &Url, operations: &'static [Operation]) -> Self {
        let prefix = prefix(endpoint);
        let route = |operation: &'static Operation| {
            let route = Route {
                method: operation.method,
                path: format!("{prefix}{}", operation.path),
            };
            (&*operation.id, route)
        };
        Self(operations.iter().map(route).collect())
    }

    /// The operations of a document that was found there; those it lacks are left out.
    pub fn live(
        bytes: &[u8],
        place: &Place,
        operations: &'static [Operation],
    ) -> Result<Self, serde_json::Error> {
        let document: OpenApi = serde_json::from_slice(bytes)?;
        let base = Base::new(&document, place);
        let mut routes = BTreeMap::new();
        for operation in operations {
            let candidates = document.paths.iter().flat_map(|(path, item)| {
                let methods = item.methods().filter(|(_, id)| *id == operation.id);
                methods.map(move |(method, _)| (method, path))
            });
            let usable = candidates.filter(|(method, path)| is_usable(operation, *method, path));
            // An operation may be there under several methods: the declared one is the best known.
            if let Some((method, path)) = usable.min_by_key(|(method, _)| *method != operation.method) {
                routes.insert(
                    &*operation.id,
                    Route {
                        method,
                        path: base.join(path),
                    },
                );
            } else {
                tracing::debug!(operation = %operation.id, "the live API document lacks the operation; using the declared path");
            }
        }
        Ok(Self(routes))
    }

    /// These, and others for the operations that are missing here.
    pub fn or(mut self, others: &Self) -> Self {
        for (id, route) in &others.0 {
            self.0.entry(id).or_insert_with(|| route.clone());
        }
        self
    }

    /// Method and URL of a request, with values for the placeholders in their order.
    pub fn request(
        &self,
        operation: &Operation,
        endpoint: &Url,
        values: &[&str],
    ) -> Result<(Method, Url), String> {
        let route = self
            .0
            .get(&*operation.id)
            .ok_or_else(|| "the operation has no path".to_owned())?;
        let mut url = endpoint.clone();
        url.set_path(&fill(&route.path, values));
        Ok((route.method, url))
    }
}

/// The values for the placeholders of an operation's declared path, in their order.
///
/// A value is one segment of a path. One that could be anything else, once a server or a proxy has decoded
/// it, is refused: it may come from an answer.
pub(super) fn arguments<'a>(
    operation: &Operation,
    values: &[(&str, &'a str)],
) -> Result<Vec<&'a str>, String> {
    let argument = |name: &str| {
        let (_, value) = values.iter().find(|(key, _)| *key == name).ok_or_else(|| {
            format!(
                "`{name}` has no value. This is a bug in the provider; please report it to its developers"
            )
        })?;
        let is_segment = !value.is_empty()
            && !matches!(*value, "." | "..")
            && !value.contains(|character: char| matches!(character, '/' | '\\') || character.is_control());
        if is_segment {
            Ok(*value)
        } else {
            Err(format!("{value:?} is no valid `{name}`"))
        }
    };
    operation.placeholders().map(argument).collect()
}

/// A path with values in place of its placeholders. The values are escaped; what the path itself escapes stays as it is.
fn fill(pattern: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some((before, (_, after))) = rest
        .split_once('{')
        .and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        filled.push_str(before);
        let value = values.next().copied().unwrap_or_default();
        filled.extend(utf8_percent_encode(value, ESCAPED));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The endpoint's path, without a slash at its end.
fn prefix(endpoint: &Url) -> &str {
    endpoint.path().trim_end_matches('/')
}

/// Whether a live operation can stand in for the declared one: no read becomes a write or a delete, and each
/// placeholder has its value.
fn is_usable(operation: &Operation, method: Method, path: &str) -> bool {
    let is_write = |method| matches!(method, Method::Post | Method::Put | Method::Patch);
    let is_same_kind = method == operation.method || is_write(method) && is_write(operation.method);
    is_same_kind
        && path.starts_with('/')
        && !path.contains(['?', '#'])
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
        && placeholders(path).count() == operation.placeholders().count()
}

/// What the paths of a document stand behind.
struct Base {
    /// Path of the document's server, without a slash at its end.
    server: String,
    /// Prefix of the endpoint; empty where the paths have it already.
    prefix: String,
}

impl Base {
    fn new(document: &OpenApi, Place { url, path }: &Place) -> Self {
        let server = document.server().and_then(|server| url.join(server).ok());
        let server = server.as_ref().map(prefix).unwrap_or_default().to_owned();
        let endpoint = url.path().strip_suffix(path).unwrap_or_default();
        let mut base = Self {
            server,
            prefix: String::new(),
        };
        // Behind a proxy that strips the prefix the paths lack it; where the application knows its prefix
        // they all have it. A prefix `/api` cannot be told from the paths' own beginning.
        let is_there = |path: &String| is_below(&base.join(path), endpoint);
        if path.starts_with(&format!("{endpoint}/")) || !document.paths.keys().all(is_there) {
            endpoint.clone_into(&mut base.prefix);
        }
        base
    }

    fn join(&self, path: &str) -> String {
        let server = if is_below(path, &self.server) {
            ""
        } else {
            &self.server
        };
        format!("{}{server}{path}", self.prefix)
    }
}

/// Whether a path lies below that one, which has no slash at its end.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// As much of an `OpenAPI` document as is needed.
#[derive(Deserialize)]
struct OpenApi {
    paths: BTreeMap<String, PathItem>,
    #[serde(default)]
    servers: Lenient<Vec<Lenient<Server>>>,
}

impl OpenApi {
    /// URL of the first server, unless it is empty or a template.
    fn server(&self) -> Option<&str> {
        let Lenient::Known(servers) = &self.servers else {
            return None;
        };
        match servers.first() {
            Some(Lenient::Known(server)) if !server.url.is_empty() && !server.url.contains('{') => {
                Some(&server.url)
            }
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Server {
    url: String,
}

/// Operations by method, among other things that do not matter here.
#[derive(Deserialize)]
#[serde(transparent)]
struct PathItem(BTreeMap<String, Lenient<LiveOperation>>);

impl PathItem {
    /// Methods and ids of the operations.
    fn methods(&self) -> impl Iterator<Item = (Method, &str)> {
        const METHODS: [Method; 5] = [
            Method::Get,
            Method::Post,
            Method::Put,
            Method::Patch,
            Method::Delete,
        ];
        self.0.iter().filter_map(|(name, operation)| {
            let method = METHODS
                .into_iter()
                .find(|method| method.name().eq_ignore_ascii_case(name))?;
            match operation {
                Lenient::Known(operation) => Some((method, operation.id.as_str())),
                Lenient::Other(_) => None,
            }
        })
    }
}

#[derive(Deserialize)]
struct LiveOperation {
    #[serde(rename = "operationId")]
    id: String,
}

/// Something that need not have the expected form.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Known(T),
    Other(IgnoredAny),
}

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::json;

    use super::*;

    static OPERATIONS: [Operation; 4] = [
        Operation {
            id: Cow::Borrowed("list"),
            method: Method::Get,
            path: Cow::Borrowed("/api/things/"),
        },
        Operation {
            id: Cow::Borrowed("get"),
            method: Method::Get,
            path: Cow::Borrowed("/api/things/{uuid}"),
        },
        Operation {
            id: Cow::Borrowed("update"),
            method: Method::Patch,
            path: Cow::Borrowed("/api/things/{uuid}"),
        },
        Operation {
            id: Cow::Borrowed("part"),
            method: Method::Delete,
            path: Cow::Borrowed("/api/things/{uuid}/parts/{part}"),
        },
    ];

    /// The requests for all operations, as text.
    fn requests(document: &serde_json::Value, endpoint: &str) -> [String; 4] {
        let endpoint: Url = endpoint.parse().unwrap();
        let place = Place::new(&endpoint, "/api/openapi.json");
        let routes = Routes::live(document.to_string().as_bytes(), &place, &OPERATIONS).unwrap();
        let routes = routes.or(&Routes::declared(&endpoint, &OPERATIONS));
        std::array::from_fn(|index| {
            let operation = &OPERATIONS[index];
            let values = ["u", "p"];
            let values = &values[..operation.placeholders().count()];
            let (method, url) = routes.request(operation, &endpoint, values).unwrap();
            format!("{} {}", method.name(), url.as_str())
        })
    }

    #[test]
    fn another_dialect() {
        let document = json!({
            "openapi": "3.1.0",
            "servers": [{"url": "https://elsewhere.test/"}],
            "paths": {
                "/api/v2/things": {
                    "summary": "Things",
                    "parameters": [{"name": "x", "in": "header"}],
                    "get": {"operationId": "list"},
                    "post": {"operationId": "make"}
                },
                "/api/v2/thing/{thing_id}/": {
                    "get": {"operationId": "get"},
                    "put": {"operationId": "update"}
                },
                "/api/v2/thing/{thing_id}/part-{part_id}.json": {"delete": {"operationId": "part"}}
            }
        });
        assert_eq!(
            requests(&document, "https://host"),
            [
                "GET https://host/api/v2/things",
                "GET https://host/api/v2/thing/u/",
                "PUT https://host/api/v2/thing/u/",
                "DELETE https://host/api/v2/thing/u/part-p.json",
            ]
        );
    }

    #[test]
    fn what_cannot_be_used_is_left_to_the_declaration() {
        let document = json!({
            "paths": {
                "/api/a": {"delete": {"operationId": "list"}},
                "/api/b/{one}/{two}": {"get": {"operationId": "get"}},
                "/api/c/{one}?x=1": {"patch": {"operationId": "update"}},
                "/api/c/{one}/../{two}": {"delete": {"operationId": "part"}},
                "/api/d": {"get": "text", "post": {"operationId": 7}, "put": null, "patch": []}
            }
        });
        assert_eq!(
            requests(&document, "https://host/durantic/"),
            [
                "GET https://host/durantic/api/things/",
                "GET https://host/durantic/api/things/u",
                "PATCH https://host/durantic/api/things/u",
                "DELETE https://host/durantic/api/things/u/parts/p",
            ]
        );
    }

    #[test]
    fn an_operation_under_two_methods_keeps_the_declared_one() {
        let item = |method: &str| json!({method: {"operationId": "update"}});
        let document = json!({"paths": {"/api/a/{x}": item("put"), "/api/b/{x}": item("patch"), "/api/c/{x}": item("post")}});
        assert_eq!(
            requests(&document, "https://host")[2],
            "PATCH https://host/api/b/u"
        );
    }

    #[test]
    fn prefixes_and_servers() {
        let table = [
            // endpoint, server, path, expected
            ("https://host", None, "/api/t", "https://host/api/t"),
            (
                "https://host/durantic",
                None,
                "/api/t",
                "https://host/durantic/api/t",
            ),
            (
                "https://host/durantic/",
                None,
                "/api/t",
                "https://host/durantic/api/t",
            ),
            (
                "https://host/a%20b",
                None,
                "/api/t%2F",
                "https://host/a%20b/api/t%2F",
            ),
            ("https://host/a/b", None, "/api/t", "https://host/a/b/api/t"),
            (
                "https://host/durantic",
                None,
                "/durantic/api/t",
                "https://host/durantic/api/t",
            ),
            ("https://host/api", None, "/api/t", "https://host/api/api/t"),
            ("https://host", Some("/"), "/api/t", "https://host/api/t"),
            ("https://host", Some(""), "/api/t", "https://host/api/t"),
            ("https://host", Some("/api"), "/t", "https://host/api/t"),
            ("https://host", Some("/api/"), "/t", "https://host/api/t"),
            ("https://host", Some("/api"), "/api/t", "https://host/api/t"),
            ("https://host", Some("./"), "/t", "https://host/api/t"),
            (
                "https://host",
                Some("http://internal:8000/api"),
                "/t",
                "https://host/api/t",
            ),
            (
                "https://host",
                Some("https://{region}.test/x"),
                "/api/t",
                "https://host/api/t",
            ),
            ("https://host", Some("http://["), "/api/t", "https://host/api/t"),
            (
                "https://host/durantic",
                Some("/durantic"),
                "/api/t",
                "https://host/durantic/api/t",
            ),
            (
                "https://host/durantic",
                Some("/api"),
                "/t",
                "https://host/durantic/api/t",
            ),
            (
                "https://host/durantic",
                Some("https://host/durantic/api"),
                "/t",
                "https://host/durantic/api/t",
            ),
        ];
        for (endpoint, server, path, expected) in table {
            let servers: Vec<_> = server.iter().map(|url| json!({"url": url})).collect();
            let document = json!({"servers": servers, "paths": {path: {"get": {"operationId": "list"}}}});
            let message = format!("{endpoint} {server:?} {path}");
            assert_eq!(
                requests(&document, endpoint)[0],
                format!("GET {expected}"),
                "{message}"
            );
        }
    }

    #[test]
    fn documents_that_are_none() {
        for text in [
            "",
            "<html>",
            "null",
            "[]",
            "{}",
            r#"{"paths": 7}"#,
            r#"{"paths": {"/a": 1}}"#,
        ] {
            let place = Place::new(&Url::parse("https://host").unwrap(), "/api/openapi.json");
            assert!(
                Routes::live(text.as_bytes(), &place, &OPERATIONS).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn values_are_one_segment() {
        let endpoint: Url = "https://host".parse().unwrap();
        let routes = Routes::declared(&endpoint, &OPERATIONS);
        for (value, expected) in [
            ("3f2a", "/api/things/3f2a"),
            ("a b", "/api/things/a%20b"),
            ("a?b#c", "/api/things/a%3Fb%23c"),
            ("a%2Fb", "/api/things/a%252Fb"),
            ("%2e%2e", "/api/things/%252e%252e"),
            ("{uuid}", "/api/things/%7Buuid%7D"),
            ("ü", "/api/things/%C3%BC"),
        ] {
            let values = arguments(&OPERATIONS[1], &[("uuid", value)]).unwrap();
            let (_, url) = routes.request(&OPERATIONS[1], &endpoint, &values).unwrap();
            assert_eq!(url.path(), expected);
        }
        for value in ["", ".", "..", "../../x", "a/b", "a\\b", "a\nb", "a\0"] {
            let text = arguments(&OPERATIONS[1], &[("uuid", value)]).unwrap_err();
            assert_eq!(text, format!("{value:?} is no valid `uuid`"));
        }
        assert!(
            arguments(&OPERATIONS[1], &[("id", "x")])
                .unwrap_err()
                .contains("`uuid` has no value")
        );
    }
}
