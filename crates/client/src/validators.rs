//! The validators of a response (RFC 9110, section 8.8): a later request for the same gets 304 without a body if nothing has changed.
//!
//! Tests: `crates/client/src/tests/lists.rs`.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use value::duration;

use super::retry::{date, header_date};

/// How much older than the response a change must be: `Last-Modified` has no fractions of a second, so that a later change in the same
/// second does not show.
const MIN_AGE: Duration = Duration::from_secs(2);

/// The validators of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

impl Validators {
    /// The validators in the headers of a response.
    pub fn new(headers: &HeaderMap) -> Self {
        let is_old = || {
            let changed = header_date(headers, &header::LAST_MODIFIED)?;
            Some(duration::between(changed, date(headers)?) >= MIN_AGE)
        };
        let last_modified = headers.get(header::LAST_MODIFIED);
        Self {
            etag: headers.get(header::ETAG).cloned(),
            last_modified: last_modified.filter(|_| is_old() == Some(true)).cloned(),
        }
    }

    /// The validators that also show a change that this client has made: the time of the last change may not include deletions.
    pub fn after_write(self) -> Self {
        Self {
            last_modified: None,
            ..self
        }
    }

    /// The headers of a request that has the response, unless there is no validator.
    pub fn conditions(&self) -> HeaderMap {
        let conditions = [
            (header::IF_NONE_MATCH, &self.etag),
            // A server ignores it beside the other.
            (header::IF_MODIFIED_SINCE, &self.last_modified),
        ];
        let conditions = conditions.into_iter();
        conditions
            .filter_map(|(name, value)| Some((name, value.clone()?)))
            .collect()
    }
}
