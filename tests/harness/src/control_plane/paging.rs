//! The division of lists into pages, in the styles that APIs have.

use std::ops::Range;

use axum::extract::Query;
use http::Uri;
use serde_json::{Map, Value, json};

use super::contract::{Action, Contract};
use super::problem::Problem;

/// How list operations divide a collection into pages.
#[derive(Debug, Clone)]
pub struct Paging {
    style: PageStyle,
    size: usize,
    maximum: Option<usize>,
    is_documented: bool,
    links_at: Option<String>,
}

/// What a page looks like, and the query parameters that select it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PageStyle {
    /// `[…]` with a `Link` header that has `rel="next"` and other links: `page` and `per_page`
    Link,
    /// `[…]` without any sign of further pages: `limit` and `offset`
    Offset,
    /// `{"items": […], "count": N}`: `limit` and `offset`
    ItemsOffset,
    /// `{"items": […], "count": N}`: `page` and `page_size`
    ItemsPage,
    /// `{"count": N, "next": URL, "previous": URL, "results": […]}`: `page` and `page_size`
    ResultsPage,
    /// `{"next": URL, "results": […]}`: `cursor` and `page_size`
    ResultsCursor,
}

/// How a request names the start of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// The number of items before it.
    Offset,
    /// The number of the page, from 1.
    Page,
    /// The key of the item before it, as an opaque string.
    Cursor,
}

/// What list operations do with query parameters that they do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum UnknownParameters {
    /// Ignore them
    #[default]
    Ignored,
    /// Reject the request with status 400
    #[value(name = "400")]
    BadRequest,
    /// Reject the request with status 422
    #[value(name = "422")]
    Unprocessable,
}

/// A page of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    style: PageStyle,
    /// The positions of its items in the list.
    pub items: Range<usize>,
    /// The number of items of the list.
    count: usize,
    /// The relation and the URL of each other page, `next` not first.
    links: Vec<(&'static str, String)>,
}

/// The query parameters of a request.
pub struct Parameters<'a> {
    /// As sent.
    raw: &'a str,
    decoded: Vec<(String, String)>,
}

impl Paging {
    /// Pages of this many items, which the published document describes.
    pub fn new(style: PageStyle, size: usize) -> Self {
        Self {
            style,
            size: size.max(1),
            maximum: None,
            is_documented: true,
            links_at: None,
        }
    }

    /// Sets the largest page that a request may select. A larger one is rejected with status 422 if the document has the limit;
    /// otherwise the page has this many items. Default: no limit.
    #[must_use]
    pub fn maximum(mut self, items: usize) -> Self {
        self.maximum = Some(items);
        self
    }

    /// The published document says nothing about pages.
    #[must_use]
    pub fn undocumented(mut self) -> Self {
        self.is_documented = false;
        self
    }

    /// Sets the start of the links to other pages, before the path without the prefix of the control plane. Examples:
    /// `http://10.0.0.1:8000`, `http://10.0.0.1:8000/internal`, an empty string. Default: the place of the request.
    #[must_use]
    pub fn links_at(mut self, start: &str) -> Self {
        self.links_at = Some(start.trim_end_matches('/').to_owned());
        self
    }

    /// The names of the query parameters: of the start and of the size of a page.
    pub fn parameters(&self) -> [&'static str; 2] {
        let start = match self.style.start() {
            Start::Offset => "offset",
            Start::Page => "page",
            Start::Cursor => "cursor",
        };
        let size = match self.style {
            PageStyle::Offset | PageStyle::ItemsOffset => "limit",
            PageStyle::Link => "per_page",
            PageStyle::ItemsPage | PageStyle::ResultsPage | PageStyle::ResultsCursor => "page_size",
        };
        [start, size]
    }

    /// The URL of the request's path for links. `real` is the URL of the control plane with its prefix.
    pub fn url(&self, real: &str, path: &str) -> String {
        format!("{}{path}", self.links_at.as_deref().unwrap_or(real))
    }

    /// The page that a request asks for.
    ///
    /// `keys` has the key of each item, in ascending order. A key belongs to one item only, also after that item is deleted.
    /// `url` is that of the list, without a query.
    ///
    /// # Errors
    /// If a query parameter is invalid, or a page number lies beyond the end.
    pub fn page(&self, keys: &[u64], parameters: &Parameters<'_>, url: &str) -> Result<Page, Problem> {
        let [start_name, _] = self.parameters();
        let size = self.size_of(parameters)?;
        let number = match self.style.start() {
            Start::Offset => parameters.number(start_name, 0)?.unwrap_or(0),
            Start::Page => parameters.number(start_name, 1)?.unwrap_or(1),
            Start::Cursor => 0,
        };
        let start = match self.style.start() {
            Start::Offset => number,
            Start::Page => size.saturating_mul(number.saturating_sub(1)),
            Start::Cursor => match parameters.get(start_name) {
                Some(cursor) => after(keys, cursor).ok_or_else(|| Problem::no_page("Invalid cursor"))?,
                None => 0,
            },
        };
        let count = keys.len();
        if self.style.start() == Start::Page && number > 1 && start >= count {
            return Err(Problem::no_page("Invalid page."));
        }
        let start = start.min(count);
        let end = start.saturating_add(size).min(count);
        let link = |relation, value: String| (relation, parameters.link(url, start_name, &value));
        let mut links = Vec::new();
        match self.style.start() {
            Start::Page => {
                if number > 1 {
                    links.push(link("prev", (number - 1).to_string()));
                }
                if end < count {
                    links.push(link("next", number.saturating_add(1).to_string()));
                }
                links.push(link("first", "1".to_owned()));
                links.push(link("last", count.div_ceil(size).max(1).to_string()));
            }
            Start::Cursor => {
                let last = end.checked_sub(1).and_then(|last| keys.get(last));
                if let Some(last) = last.filter(|_| end < count) {
                    links.push(link("next", cursor(*last)));
                }
            }
            Start::Offset => {}
        }
        Ok(Page {
            style: self.style,
            items: start..end,
            count,
            links,
        })
    }

    /// The items in the body of a page.
    pub fn items_mut<'a>(&self, body: &'a mut Value) -> Option<&'a mut Value> {
        match self.style.list() {
            Some(name) => body.get_mut(name),
            None => Some(body),
        }
    }

    /// Describes the pages in an OpenAPI document: adds query parameters to each list operation, and changes its response.
    pub fn document(&self, contract: &Contract, document: &mut Value) {
        if !self.is_documented {
            return;
        }
        let is_list = |id: &str| {
            contract
                .operation(id)
                .is_some_and(|operation| operation.action == Action::List)
        };
        let paths = document.get_mut("paths").and_then(Value::as_object_mut);
        let items = paths.into_iter().flat_map(Map::values_mut);
        for operation in items.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
            if !operation
                .get("operationId")
                .and_then(Value::as_str)
                .is_some_and(is_list)
            {
                continue;
            }
            if let Some(schema) = operation.pointer_mut("/responses/200/content/application~1json/schema") {
                let list = schema.take();
                *schema = self.style.schema(list);
            }
            if let Some(operation) = operation.as_object_mut() {
                operation.insert("parameters".to_owned(), self.declarations());
            }
        }
    }

    /// The declarations of the query parameters.
    fn declarations(&self) -> Value {
        let [start, size] = self.parameters();
        let start_schema = match self.style.start() {
            Start::Offset => json!({ "type": "integer", "minimum": 0, "default": 0 }),
            Start::Page => json!({ "type": "integer", "minimum": 1, "default": 1 }),
            Start::Cursor => json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }),
        };
        let mut size_schema = json!({ "type": "integer", "minimum": 1, "default": self.size });
        if let (Some(schema), Some(maximum)) = (size_schema.as_object_mut(), self.maximum) {
            schema.insert("maximum".to_owned(), json!(maximum));
        }
        let declare =
            |name, schema| json!({ "name": name, "in": "query", "required": false, "schema": schema });
        json!([declare(size, size_schema), declare(start, start_schema)])
    }

    fn size_of(&self, parameters: &Parameters<'_>) -> Result<usize, Problem> {
        let [_, name] = self.parameters();
        let size = parameters.number(name, 1)?.unwrap_or(self.size);
        match self.maximum {
            Some(maximum) if size > maximum && self.is_documented => Err(Problem::invalid_query(
                name,
                "less_than_equal",
                &format!("Input should be less than or equal to {maximum}"),
            )),
            Some(maximum) => Ok(size.min(maximum)),
            None => Ok(size),
        }
    }
}

impl PageStyle {
    fn start(self) -> Start {
        match self {
            Self::Link | Self::ItemsPage | Self::ResultsPage => Start::Page,
            Self::Offset | Self::ItemsOffset => Start::Offset,
            Self::ResultsCursor => Start::Cursor,
        }
    }

    /// The field with the items; `None` if the body is the list.
    fn list(self) -> Option<&'static str> {
        match self {
            Self::Link | Self::Offset => None,
            Self::ItemsOffset | Self::ItemsPage => Some("items"),
            Self::ResultsPage | Self::ResultsCursor => Some("results"),
        }
    }

    /// The schema of a page. `list` is that of its items.
    fn schema(self, list: Value) -> Value {
        let count = json!({ "type": "integer" });
        let url = json!({ "anyOf": [{ "type": "string", "format": "uri" }, { "type": "null" }] });
        let properties = match self {
            Self::Link | Self::Offset => return list,
            Self::ItemsOffset | Self::ItemsPage => json!({ "items": list, "count": count }),
            Self::ResultsPage => json!({ "count": count, "next": url, "previous": url, "results": list }),
            Self::ResultsCursor => json!({ "next": url, "results": list }),
        };
        json!({ "type": "object", "properties": properties })
    }
}

impl Page {
    /// The body of the response with these items.
    pub fn body(&self, items: Value) -> Value {
        match self.style {
            PageStyle::Link | PageStyle::Offset => items,
            PageStyle::ItemsOffset | PageStyle::ItemsPage => json!({ "items": items, "count": self.count }),
            PageStyle::ResultsPage => json!({
                "count": self.count,
                "next": self.link("next"),
                "previous": self.link("prev"),
                "results": items,
            }),
            PageStyle::ResultsCursor => json!({ "next": self.link("next"), "results": items }),
        }
    }

    /// The `Link` header, if the style has one.
    pub fn link_header(&self) -> Option<String> {
        let links = self
            .links
            .iter()
            .map(|(relation, url)| format!("<{url}>; rel=\"{relation}\""));
        (self.style == PageStyle::Link).then(|| links.collect::<Vec<_>>().join(", "))
    }

    fn link(&self, relation: &str) -> Option<&str> {
        let mut links = self.links.iter();
        links
            .find(|(name, _)| *name == relation)
            .map(|(_, url)| url.as_str())
    }
}

impl<'a> Parameters<'a> {
    /// The query parameters of a URL.
    pub fn of(url: &'a Uri) -> Self {
        let decoded = Query::try_from_uri(url).map_or_else(|_| Vec::new(), |Query(decoded)| decoded);
        Self {
            raw: url.query().unwrap_or_default(),
            decoded,
        }
    }

    /// Checks that every parameter has one of these names.
    ///
    /// # Errors
    /// If a parameter has another name and such parameters are rejected.
    pub fn check(&self, known: &[&str], unknown: UnknownParameters) -> Result<(), Problem> {
        let mut names = self.decoded.iter().map(|(name, _)| name.as_str());
        match (names.find(|name| !known.contains(name)), unknown) {
            (None, _) | (_, UnknownParameters::Ignored) => Ok(()),
            (Some(name), UnknownParameters::BadRequest) => {
                Err(Problem::bad_request(format!("unknown query parameter '{name}'")))
            }
            (Some(name), UnknownParameters::Unprocessable) => Err(Problem::invalid_query(
                name,
                "extra_forbidden",
                "Extra inputs are not permitted",
            )),
        }
    }

    /// The last value of a parameter.
    fn get(&self, name: &str) -> Option<&str> {
        let mut given = self.decoded.iter().rev();
        given
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// The number in a parameter; `None` if it is missing.
    fn number(&self, name: &str, minimum: usize) -> Result<Option<usize>, Problem> {
        let number = self.get(name).map(|value| {
            value
                .parse()
                .map_err(|_| Problem::invalid_query(name, "int_parsing", "Input should be a valid integer"))
        });
        match number.transpose()? {
            Some(number) if number < minimum => Err(Problem::invalid_query(
                name,
                "greater_than_equal",
                &format!("Input should be greater than or equal to {minimum}"),
            )),
            number => Ok(number),
        }
    }

    /// A URL with these parameters, of which one has another value.
    fn link(&self, url: &str, name: &str, value: &str) -> String {
        let is_other = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(name);
        let value = value.replace('=', "%3D");
        let pairs = self.raw.split('&').filter(is_other).map(str::to_owned);
        let pairs: Vec<String> = pairs.chain([format!("{name}={value}")]).collect();
        format!("{url}?{}", pairs.join("&"))
    }
}

/// The cursor of the page after the item with a key. Its last character has another form in a URL.
fn cursor(key: u64) -> String {
    format!("k{key:x}=")
}

/// The position of the first item after a cursor, whether or not the item before it still exists.
fn after(keys: &[u64], cursor: &str) -> Option<usize> {
    let key = cursor.strip_prefix('k')?.strip_suffix('=')?;
    let key = u64::from_str_radix(key, 16).ok()?;
    Some(keys.partition_point(|other| *other <= key))
}

#[cfg(test)]
mod tests {
    use super::{PageStyle, Paging, Parameters, Uri, json};

    const URL: &str = "http://h/l";

    /// The body and the `Link` header of a page of the items 0 to 4, or the status and detail of the rejection.
    fn page(paging: &Paging, query: &str) -> String {
        let keys = [10, 11, 12, 20, 21];
        let url: Uri = format!("{URL}{query}").parse().unwrap();
        match paging.page(&keys, &Parameters::of(&url), URL) {
            Ok(page) => {
                let body = page.body(page.items.clone().collect());
                format!("{body} {}", page.link_header().unwrap_or_default())
                    .trim_end()
                    .replace(URL, "")
            }
            Err(problem) => format!("{} {}", problem.status.as_u16(), problem.body()),
        }
    }

    #[test]
    fn page_has_the_selected_items_in_each_style() {
        let invalid = r#"404 {"detail":"Invalid page."}"#;
        let table = [
            (
                PageStyle::Link,
                [
                    (
                        "",
                        r#"[0,1] <?page=2>; rel="next", <?page=1>; rel="first", <?page=3>; rel="last""#,
                    ),
                    (
                        "?a=%20b&page=2&c",
                        "[2,3] <?a=%20b&c&page=1>; rel=\"prev\", <?a=%20b&c&page=3>; rel=\"next\", \
                         <?a=%20b&c&page=1>; rel=\"first\", <?a=%20b&c&page=3>; rel=\"last\"",
                    ),
                    (
                        "?page=3",
                        r#"[4] <?page=2>; rel="prev", <?page=1>; rel="first", <?page=3>; rel="last""#,
                    ),
                    (
                        "?per_page=9",
                        r#"[0,1,2,3,4] <?per_page=9&page=1>; rel="first", <?per_page=9&page=1>; rel="last""#,
                    ),
                    ("?page=4", invalid),
                ],
            ),
            (
                PageStyle::Offset,
                [
                    ("", "[0,1]"),
                    ("?offset=3", "[3,4]"),
                    ("?offset=4", "[4]"),
                    ("?limit=3&offset=1", "[1,2,3]"),
                    ("?offset=99", "[]"),
                ],
            ),
            (
                PageStyle::ItemsOffset,
                [
                    ("", r#"{"count":5,"items":[0,1]}"#),
                    ("?offset=3", r#"{"count":5,"items":[3,4]}"#),
                    ("?limit=9", r#"{"count":5,"items":[0,1,2,3,4]}"#),
                    ("?offset=5", r#"{"count":5,"items":[]}"#),
                    ("?offset=1&offset=2", r#"{"count":5,"items":[2,3]}"#),
                ],
            ),
            (
                PageStyle::ItemsPage,
                [
                    ("", r#"{"count":5,"items":[0,1]}"#),
                    ("?page=3", r#"{"count":5,"items":[4]}"#),
                    ("?page=2&page_size=3", r#"{"count":5,"items":[3,4]}"#),
                    ("?page=1&page_size=5", r#"{"count":5,"items":[0,1,2,3,4]}"#),
                    ("?page=2&page_size=5", invalid),
                ],
            ),
            (
                PageStyle::ResultsPage,
                [
                    (
                        "",
                        r#"{"count":5,"next":"?page=2","previous":null,"results":[0,1]}"#,
                    ),
                    (
                        "?page=2",
                        r#"{"count":5,"next":"?page=3","previous":"?page=1","results":[2,3]}"#,
                    ),
                    (
                        "?page=3",
                        r#"{"count":5,"next":null,"previous":"?page=2","results":[4]}"#,
                    ),
                    (
                        "?page_size=4",
                        r#"{"count":5,"next":"?page_size=4&page=2","previous":null,"results":[0,1,2,3]}"#,
                    ),
                    ("?page=4", invalid),
                ],
            ),
            (
                PageStyle::ResultsCursor,
                [
                    ("", r#"{"next":"?cursor=kb%3D","results":[0,1]}"#),
                    ("?cursor=kb%3D", r#"{"next":"?cursor=k14%3D","results":[2,3]}"#),
                    ("?cursor=k14%3D", r#"{"next":null,"results":[4]}"#),
                    // The item with this key was deleted.
                    (
                        "?cursor=kf%3D&page_size=1",
                        r#"{"next":"?page_size=1&cursor=k14%3D","results":[3]}"#,
                    ),
                    ("?cursor=2", r#"404 {"detail":"Invalid cursor"}"#),
                ],
            ),
        ];
        for (style, rows) in table {
            for (query, expected) in rows {
                assert_eq!(page(&Paging::new(style, 2), query), expected, "{style:?} {query}");
            }
        }
    }

    #[test]
    fn size_above_the_maximum_is_rejected_or_reduced() {
        let documented = Paging::new(PageStyle::Offset, 2).maximum(3);
        let undocumented = documented.clone().undocumented();
        let rejected = json!({ "detail": [{
            "type": "less_than_equal", "loc": ["query", "limit"], "msg": "Input should be less than or equal to 3",
        }] });
        assert_eq!(page(&documented, "?limit=3"), "[0,1,2]");
        assert_eq!(page(&documented, "?limit=4"), format!("422 {rejected}"));
        assert_eq!(page(&undocumented, "?limit=4"), "[0,1,2]");
    }

    #[test]
    fn invalid_number_is_rejected() {
        let styles = [
            (
                PageStyle::ItemsPage,
                ["?page=0", "?page=x", "?page=-1", "?page_size=0", "?page="],
            ),
            (
                PageStyle::ItemsOffset,
                ["?offset=-1", "?offset=x", "?limit=0", "?limit=1.5", "?limit="],
            ),
        ];
        for (style, queries) in styles {
            for query in queries {
                let page = page(&Paging::new(style, 2), query);
                assert!(page.starts_with("422 "), "{query}: {page}");
            }
        }
    }

    #[test]
    fn empty_list_has_one_page() {
        let url = Uri::from_static("http://h/l");
        for style in [
            PageStyle::Link,
            PageStyle::ItemsPage,
            PageStyle::ResultsCursor,
            PageStyle::Offset,
        ] {
            let page = Paging::new(style, 2)
                .page(&[], &Parameters::of(&url), URL)
                .unwrap();
            assert_eq!((page.items.clone(), page.link("next")), (0..0, None), "{style:?}");
        }
    }

    #[test]
    fn links_start_at_another_place() {
        let paging = Paging::new(PageStyle::ResultsPage, 2);
        assert_eq!(paging.url("http://h/p", "/l"), "http://h/p/l");
        let elsewhere = paging.clone().links_at("http://10.0.0.1:8000/internal/");
        assert_eq!(
            elsewhere.url("http://h/p", "/l"),
            "http://10.0.0.1:8000/internal/l"
        );
        assert_eq!(paging.links_at("").url("http://h/p", "/l"), "/l");
    }
}
