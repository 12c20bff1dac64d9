//! Validators: the headers of a response that let a client ask later whether it has changed.

use std::hash::{DefaultHasher, Hash, Hasher};

use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// The validators of each response to a GET.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Validators {
    /// `ETag`
    Etag,
    /// `Last-Modified`, for objects and lists. It has seconds, so it does not tell two changes within a second apart
    LastModified,
    /// `ETag` and `Last-Modified`
    Both,
}

impl Validators {
    /// The validators of a response with a body. `modified` is the time of the last change, if it is known.
    pub fn of(self, body: &str, modified: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if self != Self::LastModified {
            let mut hasher = DefaultHasher::new();
            body.hash(&mut hasher);
            let tag = HeaderValue::try_from(format!("\"{:016x}\"", hasher.finish()));
            headers.extend(tag.ok().map(|tag| (header::ETAG, tag)));
        }
        if self != Self::Etag {
            let modified = modified.and_then(|modified| HeaderValue::try_from(modified).ok());
            headers.extend(modified.map(|modified| (header::LAST_MODIFIED, modified)));
        }
        headers
    }
}

/// Whether the copy of a client is still valid: its conditions name the validators of the response.
pub fn is_valid(request: &HeaderMap, response: &HeaderMap) -> bool {
    let text = |headers: &HeaderMap, name| {
        let value: Option<&HeaderValue> = headers.get(name);
        value.and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let etag = text(response, header::ETAG);
    if let (Some(tags), Some(etag)) = (text(request, header::IF_NONE_MATCH), etag) {
        let mut tags = tags.split(',').map(str::trim);
        return tags.any(|tag| tag == "*" || strong(tag) == strong(&etag));
    }
    let date = |text: String| DateTimeParser::new().parse_timestamp(&text).ok();
    let since = text(request, header::IF_MODIFIED_SINCE).and_then(date);
    let modified: Option<Timestamp> = text(response, header::LAST_MODIFIED).and_then(date);
    modified.is_some_and(|modified| since.is_some_and(|since| modified <= since))
}

/// Makes the `ETag` of a response weak, because its encoding has changed.
pub fn weaken(headers: &mut HeaderMap) {
    if let Some(etag) = headers.get_mut(header::ETAG)
        && let Ok(weak) = HeaderValue::try_from(format!("W/{}", etag.to_str().unwrap_or_default()))
    {
        *etag = weak;
    }
}

fn strong(tag: &str) -> &str {
    tag.trim_start_matches("W/")
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::{HeaderMap, HeaderValue, Validators, is_valid, weaken};

    const DATE: &str = "Fri, 02 Jan 2026 03:04:05 GMT";
    const LATER: &str = "Fri, 02 Jan 2026 03:04:06 GMT";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn copy_is_valid_if_a_condition_names_the_validators() {
        let tag = Validators::Etag.of("body", None)["etag"]
            .to_str()
            .unwrap()
            .to_owned();
        let list = format!("\"a\", W/{tag}");
        let table = [
            (Validators::Etag, vec![("if-none-match", tag.as_str())], true),
            (Validators::Etag, vec![("if-none-match", list.as_str())], true),
            (Validators::Etag, vec![("if-none-match", "*")], true),
            (Validators::Etag, vec![("if-none-match", "\"a\"")], false),
            (Validators::Etag, vec![("if-modified-since", LATER)], false),
            (Validators::Etag, vec![], false),
            (Validators::LastModified, vec![("if-modified-since", DATE)], true),
            (Validators::LastModified, vec![("if-modified-since", LATER)], true),
            (
                Validators::LastModified,
                vec![("if-modified-since", "Fri, 02 Jan 2026 03:04:04 GMT")],
                false,
            ),
            (
                Validators::LastModified,
                vec![("if-modified-since", "yesterday")],
                false,
            ),
            (
                Validators::LastModified,
                vec![("if-none-match", tag.as_str())],
                false,
            ),
            // The tag decides if both conditions are there.
            (
                Validators::Both,
                vec![("if-none-match", "\"a\""), ("if-modified-since", DATE)],
                false,
            ),
            (Validators::Both, vec![("if-modified-since", DATE)], true),
        ];
        for (validators, request, expected) in table {
            let response = validators.of("body", Some(DATE));
            assert_eq!(
                is_valid(&headers(&request), &response),
                expected,
                "{validators:?} {request:?}"
            );
        }
    }

    #[test]
    fn tag_follows_from_the_body() {
        let tag = |body| Validators::Both.of(body, None)["etag"].clone();
        assert_eq!(tag("a"), tag("a"));
        assert_ne!(tag("a"), tag("b"));
        assert_eq!(Validators::Both.of("a", None).len(), 1);
        assert_eq!(Validators::LastModified.of("a", None).len(), 0);
        let mut headers = Validators::Etag.of("a", None);
        weaken(&mut headers);
        assert!(headers["etag"].to_str().unwrap().starts_with("W/\""));
    }
}
