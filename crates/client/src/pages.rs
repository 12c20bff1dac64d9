//! The pages of a list: how to ask for the next one, and whether a list is whole.
//!
//! APIs page in different ways, which their responses show: a list without more; a list with `Link: <…>; rel="next"`; an object with
//! the items and the total number (`count`); an object with the items and a link (`next`). If only a number shows that there
//! are more, the parameter is one that the API's document names, or else one of the usual ones: it is the right one if the second page
//! does not repeat the first. A response that may have a sequel, but shows no way to it, is no whole list.
//!
//! Tests: `crates/client/src/tests/pages.rs`, `crates/client/src/tests/lists.rs`.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;
use value::json::json_type;

use super::body::{InvalidBody, checked};

/// Limit of the pages of one list.
const MAX_PAGES: usize = 1000;

/// Limit of the text of all objects of one list.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Names of the field with the objects of a page, the likeliest first.
const ITEMS: [&str; 4] = ["items", "results", "data", "objects"];

/// Names of the field with the total number of objects.
const TOTALS: [&str; 4] = ["count", "total", "total_count", "totalCount"];

/// Parameters that skip a number of objects, the likeliest first.
const OFFSETS: [&str; 3] = ["offset", "skip", "start"];

/// Parameters with the number of a page, counted from 1, the likeliest first.
const NUMBERS: [&str; 3] = ["page", "page_number", "pageNumber"];

/// Parameters with the length of a page.
const LENGTHS: [&str; 5] = ["limit", "page_size", "per_page", "pageSize", "size"];

/// Names of fields that say nothing about further pages.
const NO_SIGNS: [&str; 4] = ["previous", "prev", "next", "success"];

/// One page of a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// The JSON text of each object.
    pub items: Vec<Arc<RawValue>>,
    /// The number of objects on all pages, if the response has it.
    total: Option<usize>,
    next: Next,
    /// Whether the response has something else that may say that there are more.
    is_unclear: bool,
}

/// Whether a page has another after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Next {
    /// The response does not show it.
    #[default]
    Unknown,
    /// It is the last one.
    Last,
    /// The query of the link to the next page.
    Query(String),
    /// There is one, but no link with a query leads to it.
    Unreachable,
}

/// A parameter that selects a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    /// The number of objects to skip.
    Offset(String),
    /// The number of the page, and that of the first one.
    Number(String, usize),
}

/// What the API's document says about the pages of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Documented {
    parameters: Vec<Parameter>,
    /// The length of a page if the request does not set it.
    length: Option<usize>,
}

/// What to do after a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Ask for the page with this query.
    Fetch(String),
    /// Stop.
    End(End),
}

/// How the reading of a list ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The list is whole.
    Whole,
    /// The list changed while it was read, so it must be read from the start. The reason is a clause.
    Restart(&'static str),
    /// The list takes more requests than wanted: this many, as far as is known.
    TooLong(usize),
    /// The list cannot be read as a whole. The reason is a clause.
    Failed(String),
}

impl From<End> for Step {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

/// Reads the pages of one list in order.
pub(super) struct Pager {
    documented: Documented,
    /// The parameters to try, the next one last.
    candidates: Vec<Parameter>,
    /// The parameter in use, once the second page is wanted.
    parameter: Option<Parameter>,
    is_proven: bool,
    max_pages: usize,
    pages: Vec<Arc<Page>>,
    /// The number of objects on all pages, by the first page.
    total: Option<usize>,
    /// The queries of the links that were followed.
    links: HashSet<String>,
    /// Hashes of the objects so far.
    seen: HashSet<u64>,
    count: usize,
    bytes: usize,
}

impl Page {
    /// Reads a response. The links of a page are relative to its URL.
    ///
    /// # Errors
    ///
    /// [`InvalidBody`] if the body is not JSON, or has no list of objects.
    pub fn read(body: &[u8], headers: &HeaderMap, url: &Url) -> Result<Self, InvalidBody> {
        let body = checked(body)?;
        if body.is_empty() {
            return Err(InvalidBody::Missing);
        }
        let link = link_to_next(headers).map_or(Next::Unknown, |link| next(&link, url));
        if body.starts_with(b"[") {
            return Ok(Self {
                items: items(body)?,
                total: None,
                next: link,
                is_unclear: false,
            });
        }
        if !body.starts_with(b"{") {
            let other: Value = serde_json::from_slice(body).map_err(InvalidBody::NotJson)?;
            return Err(InvalidBody::NoList(json_type(&other)));
        }
        let fields: BTreeMap<String, &RawValue> =
            serde_json::from_slice(body).map_err(InvalidBody::NotJson)?;
        let list = ITEMS
            .iter()
            .find_map(|name| fields.get(*name).filter(|field| field.get().starts_with('[')));
        let list = list.ok_or(InvalidBody::NoList("an object"))?;
        let value = |name: &str| {
            let field = fields.get(name)?;
            serde_json::from_str::<Value>(field.get()).ok()
        };
        let total = TOTALS.iter().find_map(|name| whole_number(&value(name)?));
        let next = match value("next") {
            None => link,
            Some(Value::Null) => Next::Last,
            Some(Value::String(text)) if text.is_empty() => Next::Last,
            Some(Value::String(text)) => next(&text, url),
            Some(_) => Next::Unreachable,
        };
        let is_unclear = fields.iter().any(|(name, field)| {
            !ITEMS.contains(&name.as_str()) && !NO_SIGNS.contains(&name.as_str()) && !is_empty(field.get())
        });
        Ok(Self {
            items: items(list.get().as_bytes())?,
            total,
            next,
            is_unclear,
        })
    }
}

/// A number of objects, which some APIs write as a string or with a fraction of zero.
fn whole_number(value: &Value) -> Option<usize> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    text.strip_suffix(".0").unwrap_or(&text).parse().ok()
}

/// Whether a JSON value says that there is nothing.
fn is_empty(json: &str) -> bool {
    matches!(json, "null" | "false" | "\"\"" | "[]" | "{}")
}

/// The text of each object of a JSON list.
fn items(list: &[u8]) -> Result<Vec<Arc<RawValue>>, InvalidBody> {
    let items: Vec<Box<RawValue>> = serde_json::from_slice(list).map_err(InvalidBody::NotJson)?;
    Ok(items.into_iter().map(Arc::from).collect())
}

/// Where a link leads. Only its query is used: it may have another host, and the token is sent to the endpoint only.
fn next(link: &str, url: &Url) -> Next {
    let link = url.join(link).ok();
    match link.as_ref().and_then(Url::query) {
        Some(query) if !query.is_empty() => Next::Query(query.to_owned()),
        _ => Next::Unreachable,
    }
}

/// The target of the header `Link` with the relation `next` (RFC 8288).
fn link_to_next(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::LINK).iter();
    let mut links = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split('<').skip(1));
    links.find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let mut parameters = parameters.split([';', ',']).map(str::trim);
        let is_next = parameters.any(|parameter| {
            let Some((name, relations)) = parameter.split_once('=') else {
                return false;
            };
            let mut relations = relations.trim().trim_matches('"').split_ascii_whitespace();
            name.trim().eq_ignore_ascii_case("rel")
                && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
        });
        is_next.then(|| target.to_owned())
    })
}

impl Documented {
    /// Recognizes the parameters of a page among the query parameters of an operation, each with its default.
    pub fn new(parameters: &[(String, Option<u64>)]) -> Self {
        let named = |names: &[&str]| {
            let found = names
                .iter()
                .find(|name| parameters.iter().any(|(parameter, _)| parameter == *name));
            found.map(|name| (*name).to_owned())
        };
        let offset = named(&OFFSETS).map(Parameter::Offset);
        let number = named(&NUMBERS).map(|name| {
            let default = parameters.iter().find(|(parameter, _)| *parameter == name);
            let is_from_zero = default.is_some_and(|(_, default)| *default == Some(0));
            Parameter::Number(name, usize::from(!is_from_zero))
        });
        let length = LENGTHS
            .iter()
            .find_map(|name| parameters.iter().find(|(parameter, _)| parameter == name)?.1);
        Self {
            parameters: offset.into_iter().chain(number).collect(),
            length: length.and_then(|length| usize::try_from(length).ok()),
        }
    }
}

impl Pager {
    /// A pager for a list that is worth `max_pages` requests. `proven` is the parameter that other lists have.
    pub fn new(documented: Documented, proven: Option<Parameter>, max_pages: usize) -> Self {
        let usual = [
            Parameter::Offset(OFFSETS[0].to_owned()),
            Parameter::Number(NUMBERS[0].to_owned(), 1),
        ];
        let mut candidates: Vec<Parameter> = Vec::new();
        for candidate in proven
            .into_iter()
            .chain(documented.parameters.iter().cloned())
            .chain(usual)
        {
            if !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
        candidates.reverse();
        Self {
            documented,
            candidates,
            parameter: None,
            is_proven: false,
            max_pages,
            pages: Vec::new(),
            total: None,
            links: HashSet::new(),
            seen: HashSet::new(),
            count: 0,
            bytes: 0,
        }
    }

    /// The parameter that has given a second page.
    pub fn proven(&self) -> Option<&Parameter> {
        self.parameter.as_ref().filter(|_| self.is_proven)
    }

    /// The pages so far.
    pub fn into_pages(self) -> Vec<Arc<Page>> {
        self.pages
    }

    /// Handles the response to the last step.
    pub fn take(&mut self, page: &Arc<Page>) -> Step {
        if self.parameter.is_some() && !self.is_proven {
            let is_needless = page.items.is_empty() && self.total.is_some();
            if is_needless || self.repeats(page) {
                return self.try_another();
            }
            self.is_proven = true;
        }
        if self.pages.is_empty() {
            // With a link, it may be the number of objects on the page.
            let is_of_page = matches!(page.next, Next::Query(_)) && page.total == Some(page.items.len());
            self.total = page.total.filter(|_| !is_of_page);
        } else if self.total.is_some() && page.total.is_some() && page.total != self.total {
            return End::Restart("its number of objects changed").into();
        }
        for item in &page.items {
            if !self.seen.insert(hash(item)) && !self.pages.is_empty() {
                return End::Restart("an object was on two pages").into();
            }
        }
        self.count += page.items.len();
        self.bytes += page.items.iter().map(|item| item.get().len()).sum::<usize>();
        self.pages.push(Arc::clone(page));
        if self.bytes > MAX_BYTES {
            return End::Failed(format!("it is larger than {} MiB", MAX_BYTES / (1024 * 1024))).into();
        }
        self.follow(page)
    }

    /// Handles the rejection of the last step as invalid; `None` if the request was not a guess.
    pub fn refused(&mut self) -> Option<Step> {
        (self.parameter.is_some() && !self.is_proven).then(|| self.try_another())
    }

    /// Handles the response that the last step's page does not exist; `None` if that is an error.
    pub fn not_found(&mut self) -> Option<Step> {
        let is_numbered = matches!(self.parameter, Some(Parameter::Number(..)));
        match self.total {
            None if is_numbered => Some(End::Whole.into()),
            _ => self.refused(),
        }
    }

    /// The step after a page that is part of the list.
    fn follow(&mut self, page: &Page) -> Step {
        match (&page.next, self.total) {
            (Next::Query(query), _) if !self.links.insert(query.clone()) => {
                End::Failed("its pages are in a loop".to_owned()).into()
            }
            (Next::Query(query), _) => self.fetch(query.clone()),
            (Next::Unreachable, _) => End::Failed("its link to the next page has no query".to_owned()).into(),
            (Next::Last, None) => End::Whole.into(),
            (_, Some(total)) if self.count == total => End::Whole.into(),
            (Next::Last, Some(_)) => End::Restart("it ended early").into(),
            (Next::Unknown, Some(total)) if self.count > total || page.items.is_empty() => {
                End::Restart("its number of objects changed").into()
            }
            (Next::Unknown, None) if !self.may_continue(page) => End::Whole.into(),
            (Next::Unknown, _) => self.fetch_by_parameter(),
        }
    }

    /// Whether a page may have another after it, although no total and no link shows it: the document has a parameter for it,
    /// or the response has fields that may say so.
    fn may_continue(&self, page: &Page) -> bool {
        let length = page.items.len();
        let full = match self.pages.as_slice() {
            [first, _, ..] => first.items.len(),
            _ => self.documented.length.unwrap_or(1),
        };
        let is_possible = !self.documented.parameters.is_empty() && length >= full;
        length > 0 && (page.is_unclear || is_possible)
    }

    fn fetch_by_parameter(&mut self) -> Step {
        if self.parameter.is_none() {
            self.parameter = self.candidates.pop();
        }
        match &self.parameter {
            Some(Parameter::Offset(name)) => self.fetch(format!("{name}={}", self.count)),
            Some(Parameter::Number(name, first)) => {
                self.fetch(format!("{name}={}", self.pages.len() + first))
            }
            None => self.give_up(),
        }
    }

    /// Tries the next parameter after one that did not give the second page.
    fn try_another(&mut self) -> Step {
        self.parameter = self.candidates.pop();
        match self.parameter {
            Some(_) => self.fetch_by_parameter(),
            None => self.give_up(),
        }
    }

    fn give_up(&self) -> Step {
        match self.total {
            Some(total) => End::Failed(format!(
                "it returned {} of {total} objects, and no parameter gives the others",
                self.count
            )),
            None if self.pages.iter().any(|page| page.is_unclear) => {
                End::Failed("it may have further pages, and no parameter gives them".to_owned())
            }
            // Only the document suggested that there may be more.
            None => End::Whole,
        }
        .into()
    }

    fn fetch(&self, query: String) -> Step {
        let done = self.pages.len();
        if done >= MAX_PAGES {
            return End::Failed(format!("it has more than {MAX_PAGES} pages")).into();
        }
        let length = self.count.div_ceil(done.max(1)).max(1);
        let estimated = self.total.map_or(0, |total| total.div_ceil(length));
        let needed = estimated.max(done + 1);
        if needed > self.max_pages {
            return End::TooLong(needed).into();
        }
        Step::Fetch(query)
    }

    /// Whether most objects of a page are on earlier pages: the API has ignored the parameter.
    fn repeats(&self, page: &Page) -> bool {
        let repeated = page
            .items
            .iter()
            .filter(|item| self.seen.contains(&hash(item)))
            .count();
        repeated > 0 && 2 * repeated >= page.items.len()
    }
}

/// Identifies an object on several pages: by its usual identity, because other fields can change meanwhile, or else by its text.
fn hash(item: &RawValue) -> u64 {
    #[derive(Deserialize)]
    struct Identity<'a> {
        #[serde(borrow)]
        uuid: Option<&'a RawValue>,
        #[serde(borrow)]
        id: Option<&'a RawValue>,
    }
    let identity: Option<Identity<'_>> = serde_json::from_str(item.get()).ok();
    let identity = identity.and_then(|identity| identity.uuid.or(identity.id));
    let text = identity.map_or(item.get(), RawValue::get);
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
