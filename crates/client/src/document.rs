//! The method and path of each operation, from the control plane's live API document.
//!
//! The paths of the declarations are only the fallback, for when there is no live document, it cannot be read, or it lacks
//! the operation.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schema::model::{Method, Operation, placeholders};
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

use super::pages::Documented;

/// Size of the largest document that is accepted.
pub(super) const MAX_DOCUMENT_BYTES: usize = 8 * 1024 * 1024;

/// The characters that are escaped in a value of a path: all but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The location of a document.
pub(super) struct DocumentLocation {
    url: Url,
    /// The path of the document, without the path of the endpoint.
    path: &'static str,
}

/// The method and path of each operation, by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Routes(BTreeMap<&'static str, Route>);

/// The method and path of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    method: Method,
    /// The path from the root of the host, with the endpoint's prefix and with placeholders.
    path: String,
    /// What the document says about the pages of a list.
    pages: Documented,
}

impl DocumentLocation {
    pub fn new(endpoint: &Url, path: &'static str) -> Self {
        let mut url = endpoint.clone();
        url.set_path(&format!("{}{path}", prefix(endpoint)));
        Self { url, path }
    }

    /// The path of the document, without the path of the endpoint.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// The URL of the document.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl Routes {
    /// The routes of the declarations.
    pub fn declared(endpoint: &Url, operations: &'static [Operation]) -> Self {
        let prefix = prefix(endpoint);
        let route = |operation: &'static Operation| {
            let route = Route {
                method: operation.method,
                path: format!("{prefix}{}", operation.path),
                pages: Documented::default(),
            };
            (&*operation.id, route)
        };
        Self(operations.iter().map(route).collect())
    }

    /// The routes of a document that was found at the location, for the operations that it has.
    ///
    /// # Errors
    ///
    /// The parser's error if the bytes are not an OpenAPI document.
    pub fn live(
        bytes: &[u8],
        location: &DocumentLocation,
        operations: &'static [Operation],
    ) -> Result<Self, serde_json::Error> {
        let document: OpenApi = serde_json::from_slice(bytes)?;
        let prefix = PathPrefix::new(&document, location);
        let mut routes = BTreeMap::new();
        for operation in operations {
            let candidates = document.paths.iter().flat_map(|(path, item)| {
                let operations = item.operations().filter(|(_, found)| found.id == operation.id);
                operations.map(move |(method, found)| (method, path, item, found))
            });
            let usable = candidates.filter(|(method, path, ..)| is_usable(operation, *method, path));
            // A document may list an operation under several methods: the declared method is preferred.
            if let Some((method, path, item, found)) =
                usable.min_by_key(|(method, ..)| *method != operation.method)
            {
                routes.insert(
                    &*operation.id,
                    Route {
                        method,
                        path: prefix.join(path),
                        pages: Documented::new(&item.parameters(found, &document)),
                    },
                );
            } else {
                tracing::debug!(operation = %operation.id, "the live API document lacks the operation; using the declared path");
            }
        }
        Ok(Self(routes))
    }

    /// Adds the routes of `others` for the operations that have none here.
    pub fn or(mut self, others: &Self) -> Self {
        for (id, route) in &others.0 {
            self.0.entry(id).or_insert_with(|| route.clone());
        }
        self
    }

    /// What the document says about the pages of a list.
    pub fn pages(&self, operation: &str) -> Documented {
        self.0
            .get(operation)
            .map(|route| route.pages.clone())
            .unwrap_or_default()
    }

    /// The method and URL of a request, with values for the placeholders in their order.
    ///
    /// # Errors
    ///
    /// The reason, as a clause, if the operation has no route.
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
/// A value must be one segment of a path, also after a server or a proxy has decoded it, because it may come from a
/// response of the control plane.
///
/// # Errors
///
/// The reason, as a clause, if a value is missing or is not one segment.
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
            Err(format!("{value:?} is not a valid `{name}`"))
        }
    };
    operation.placeholders().map(argument).collect()
}

/// Replaces the placeholders of a path by values. The values are escaped; escapes in the path itself do not change.
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

/// Whether an operation of the live document can replace the declared one: a read must not become a write or a delete, and
/// the path must have the same number of placeholders.
fn is_usable(operation: &Operation, method: Method, path: &str) -> bool {
    let is_write = |method| matches!(method, Method::Post | Method::Put | Method::Patch);
    let is_same_kind = method == operation.method || is_write(method) && is_write(operation.method);
    is_same_kind
        && path.starts_with('/')
        && !path.contains(['?', '#'])
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
        && placeholders(path).count() == operation.placeholders().count()
}

/// The prefix that the paths of a document lack.
struct PathPrefix {
    /// The path of the document's server, without a slash at its end.
    server: String,
    /// The prefix of the endpoint; empty if the paths contain it already.
    prefix: String,
}

impl PathPrefix {
    fn new(document: &OpenApi, DocumentLocation { url, path }: &DocumentLocation) -> Self {
        let server = document.server().and_then(|server| url.join(server).ok());
        let server = server.as_ref().map(prefix).unwrap_or_default().to_owned();
        let endpoint = url.path().strip_suffix(path).unwrap_or_default();
        let mut joined = Self {
            server,
            prefix: String::new(),
        };
        // The paths lack the prefix if a proxy strips it, and all have it if the application knows it. A prefix `/api`
        // cannot be distinguished from the beginning of the paths.
        let has_prefix = |path: &String| is_below(&joined.join(path), endpoint);
        if path.starts_with(&format!("{endpoint}/")) || !document.paths.keys().all(has_prefix) {
            endpoint.clone_into(&mut joined.prefix);
        }
        joined
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

/// Whether a path is below another, which has no slash at its end.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// The parts of an OpenAPI document that this module reads.
#[derive(Deserialize)]
struct OpenApi {
    paths: BTreeMap<String, PathItem>,
    #[serde(default)]
    servers: MaybeInvalid<Vec<MaybeInvalid<Server>>>,
    #[serde(default)]
    components: MaybeInvalid<Components>,
}

impl OpenApi {
    /// The URL of the first server, unless it is empty or a template.
    fn server(&self) -> Option<&str> {
        let MaybeInvalid::Valid(servers) = &self.servers else {
            return None;
        };
        match servers.first() {
            Some(MaybeInvalid::Valid(server)) if !server.url.is_empty() && !server.url.contains('{') => {
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

/// The operations of a path by method, and the parameters of all of them.
#[derive(Deserialize)]
struct PathItem {
    #[serde(default)]
    parameters: MaybeInvalid<Vec<MaybeInvalid<LiveParameter>>>,
    #[serde(flatten)]
    operations: BTreeMap<String, MaybeInvalid<LiveOperation>>,
}

impl PathItem {
    /// The methods and their operations.
    fn operations(&self) -> impl Iterator<Item = (Method, &LiveOperation)> {
        const METHODS: [Method; 5] = [
            Method::Get,
            Method::Post,
            Method::Put,
            Method::Patch,
            Method::Delete,
        ];
        self.operations.iter().filter_map(|(name, operation)| {
            let method = METHODS
                .into_iter()
                .find(|method| method.name().eq_ignore_ascii_case(name))?;
            Some((method, operation.valid()?))
        })
    }

    /// The query parameters of an operation, each with its default if that is a number.
    fn parameters(&self, operation: &LiveOperation, document: &OpenApi) -> Vec<(String, Option<u64>)> {
        let lists = [&self.parameters, &operation.parameters];
        let parameters = lists.into_iter().filter_map(MaybeInvalid::valid).flatten();
        parameters
            .filter_map(|parameter| parameter.valid()?.resolved(document))
            .filter(|(place, ..)| *place == "query")
            .map(|(_, name, default)| (name.to_owned(), default))
            .collect()
    }
}

#[derive(Deserialize)]
struct LiveOperation {
    #[serde(rename = "operationId")]
    id: String,
    #[serde(default)]
    parameters: MaybeInvalid<Vec<MaybeInvalid<LiveParameter>>>,
}

/// A parameter, or a reference to one of the document's components.
#[derive(Deserialize)]
struct LiveParameter {
    name: Option<String>,
    #[serde(rename = "in")]
    place: Option<String>,
    #[serde(default)]
    schema: MaybeInvalid<ParameterSchema>,
    #[serde(rename = "$ref")]
    reference: Option<String>,
}

#[derive(Deserialize)]
struct ParameterSchema {
    #[serde(default)]
    default: MaybeInvalid<u64>,
}

impl LiveParameter {
    /// Its place, name and default.
    fn resolved<'a>(&'a self, document: &'a OpenApi) -> Option<(&'a str, &'a str, Option<u64>)> {
        let referenced = self.reference.as_deref().and_then(|reference| {
            let name = reference.strip_prefix("#/components/parameters/")?;
            let components = document.components.valid()?;
            components.parameters.valid()?.get(name)?.valid()
        });
        let parameter = referenced.unwrap_or(self);
        let default = parameter.schema.valid().and_then(|schema| schema.default.valid());
        Some((
            parameter.place.as_deref()?,
            parameter.name.as_deref()?,
            default.copied(),
        ))
    }
}

/// The shared parts of the document.
#[derive(Deserialize)]
struct Components {
    #[serde(default)]
    parameters: MaybeInvalid<BTreeMap<String, MaybeInvalid<LiveParameter>>>,
}

/// A part of the document that is ignored if it does not have the expected type, so that one mistake does not make the
/// whole document unusable.
#[derive(Deserialize)]
#[serde(untagged)]
enum MaybeInvalid<T> {
    Valid(T),
    Invalid(IgnoredAny),
}

impl<T> MaybeInvalid<T> {
    fn valid(&self) -> Option<&T> {
        match self {
            Self::Valid(value) => Some(value),
            Self::Invalid(_) => None,
        }
    }
}

impl<T> Default for MaybeInvalid<T> {
    fn default() -> Self {
        Self::Invalid(IgnoredAny)
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

    /// The requests for all operations, as `METHOD URL`.
    fn requests(document: &serde_json::Value, endpoint: &str) -> [String; 4] {
        let endpoint: Url = endpoint.parse().unwrap();
        let location = DocumentLocation::new(&endpoint, "/api/openapi.json");
        let routes = Routes::live(document.to_string().as_bytes(), &location, &OPERATIONS).unwrap();
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
    fn live_routes_have_the_methods_and_paths_of_the_document() {
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
    fn live_routes_leave_out_unusable_operations() {
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
    fn live_routes_prefer_the_declared_method() {
        let item = |method: &str| json!({method: {"operationId": "update"}});
        let document = json!({"paths": {"/api/a/{x}": item("put"), "/api/b/{x}": item("patch"), "/api/c/{x}": item("post")}});
        assert_eq!(
            requests(&document, "https://host")[2],
            "PATCH https://host/api/b/u"
        );
    }

    #[test]
    fn live_routes_join_prefix_server_and_path() {
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
    fn live_routes_reject_other_documents() {
        for text in [
            "",
            "<html>",
            "null",
            "[]",
            "{}",
            r#"{"paths": 7}"#,
            r#"{"paths": {"/a": 1}}"#,
        ] {
            let location = DocumentLocation::new(&Url::parse("https://host").unwrap(), "/api/openapi.json");
            assert!(
                Routes::live(text.as_bytes(), &location, &OPERATIONS).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn arguments_must_be_one_segment_of_the_path() {
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
            assert_eq!(text, format!("{value:?} is not a valid `uuid`"));
        }
        assert!(
            arguments(&OPERATIONS[1], &[("id", "x")])
                .unwrap_err()
                .contains("`uuid` has no value")
        );
    }
}
