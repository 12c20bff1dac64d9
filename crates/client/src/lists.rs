//! Whole lists: their pages, and how long one list serves several callers.
//!
//! A list serves all callers that want it while it is read, and later ones while it is recent, unless this client has written anything
//! since its first request: no caller gets a list from before a write that it comes after.
//!
//! Tests: `crates/client/src/tests/lists.rs`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::api::{Effect, ErrorKind, Listed, Request, Wanted};
use engine::list::List;
use http::{HeaderMap, StatusCode};
use schema::model::Method;
use tokio::time::Instant;

use super::Client;
use super::body::{self, Receipt};
use super::error::{Error, RequestInfo};
use super::pages::{End, Page, Pager, Parameter, Step};
use super::shared::{Read, SharedReads};
use super::validators::Validators;

/// How long a list serves while this client has written nothing.
const LIFETIME: Duration = Duration::from_secs(30);

/// How long a list serves if this client has written before: what it does now depends on other changes, too.
const LIFETIME_AFTER_WRITE: Duration = Duration::from_secs(5);

/// How often a list that changes while it is read is read from the start.
const MAX_READS: usize = 3;

/// The lists that were read.
pub(super) struct Lists {
    reads: SharedReads<ReadList>,
    /// Whether a list serves callers that come after it was read.
    are_kept: bool,
    /// The parameter that selected the pages of the last list that needed one.
    parameter: Mutex<Option<Parameter>>,
}

/// A list, with what the next read of it can use again.
struct ReadList {
    listed: Listed,
    pages: Vec<ReadPage>,
}

/// A page as it was read.
#[derive(Clone)]
struct ReadPage {
    query: Option<String>,
    page: Arc<Page>,
    receipt: Receipt,
    validators: Validators,
}

impl Lists {
    pub fn new(are_kept: bool) -> Self {
        Self {
            reads: SharedReads::default(),
            are_kept,
            parameter: Mutex::new(None),
        }
    }

    /// Whether a list serves callers that come after it was read.
    pub fn are_kept(&self) -> bool {
        self.are_kept
    }

    fn parameter(&self) -> MutexGuard<'_, Option<Parameter>> {
        self.parameter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Reads a whole list, or returns one that was read before.
    ///
    /// # Errors
    ///
    /// As for [`Client::send`], and [`ErrorKind::UnexpectedResponse`] if the list is never whole.
    pub async fn list(&self, request: Request<'_>, wanted: Wanted) -> Result<Listed, Error> {
        let lists = &self.shared.lists;
        let writes = self.shared.writes.version();
        let lifetime = if writes == 0 {
            LIFETIME
        } else {
            LIFETIME_AFTER_WRITE
        };
        let will_do = |latest: &Read<ReadList>| {
            let is_recent = if latest.is_in_flight() {
                // A caller that can do without the list may not read all of it, and has fewer retries.
                latest.is_needed || !wanted.is_unlimited()
            } else {
                lists.are_kept && latest.began.elapsed() < lifetime
            };
            is_recent && latest.writes == writes && wanted.since.is_none_or(|since| latest.began >= since)
        };
        let key = self.key(request);
        let latest = lists.reads.latest(&key);
        if wanted.max_pages == 0 && !latest.as_deref().is_some_and(will_do) {
            return Ok(Listed::TooLong { pages: 1 });
        }
        let is_kept = |read: &ReadList| matches!(read.listed, Listed::Whole(_));
        let new = Read::new(writes, wanted.is_unlimited());
        let read = lists.reads.read(key, new, will_do, is_kept, async || {
            // The caller that read it has given up.
            if wanted.max_pages == 0 {
                return Ok(ReadList::too_long(1));
            }
            let before = latest.as_deref().map(|latest| pages_of(latest, writes));
            self.read_list(request, wanted, &before.unwrap_or_default()).await
        });
        Ok(read.await?.listed.clone())
    }

    /// Reads the pages of a list. `before` are those of an earlier read.
    async fn read_list(
        &self,
        request: Request<'_>,
        wanted: Wanted,
        before: &[ReadPage],
    ) -> Result<ReadList, Error> {
        let began = Instant::now();
        let documented = self.documented_pages(request).await?;
        let mut change = "";
        for _ in 0..MAX_READS {
            let proven = self.shared.lists.parameter().clone();
            let mut reader = Pager::new(documented.clone(), proven, wanted.max_pages);
            let mut pages: Vec<ReadPage> = Vec::new();
            let mut query = None;
            let end = loop {
                let earlier = before.iter().find(|page| page.query == query);
                let read = self.read_page(request, query.as_deref(), earlier, wanted);
                let step = match read.await {
                    Ok(read) => {
                        let step = reader.take(&read.page);
                        pages.push(read);
                        step
                    }
                    Err(error) => step_after(&mut reader, error)?,
                };
                match step {
                    Step::Fetch(next) => query = Some(next),
                    Step::End(end) => break end,
                }
            };
            if let Some(proven) = reader.proven() {
                *self.shared.lists.parameter() = Some(proven.clone());
            }
            let last = pages.last().map(|page| page.receipt.clone());
            match end {
                End::Whole => {
                    return Ok(ReadList {
                        listed: Listed::Whole(Arc::new(list(reader, began, last))),
                        pages,
                    });
                }
                End::TooLong(pages) => return Ok(ReadList::too_long(pages)),
                End::Failed(reason) => return Err(incomplete(request, last, &reason)),
                End::Restart(reason) => change = reason,
            }
            tracing::debug!(operation = %request.operation, change, "a list changed while it was read");
        }
        let reason = format!("it changed each of the {MAX_READS} times that it was read ({change})");
        Err(incomplete(request, None, &reason))
    }

    /// Reads one page, with one retry if the caller can do without the list, unless the control plane limits the rate of requests.
    /// `earlier` is the same page of an earlier read.
    async fn read_page(
        &self,
        request: Request<'_>,
        query: Option<&str>,
        earlier: Option<&ReadPage>,
        wanted: Wanted,
    ) -> Result<ReadPage, Error> {
        if wanted.is_unlimited() {
            return self.send_page(request, query, earlier).await;
        }
        let max_retries = self.shared.max_retries;
        let once = Request {
            attempts: max_retries.saturating_sub(1),
            ..request
        };
        let mut rest = max_retries;
        loop {
            match self.send_page(once, query, earlier).await {
                Err(error) if error.kind == ErrorKind::RateLimited && rest > 0 => rest -= 1,
                read => return read,
            }
        }
    }

    async fn send_page(
        &self,
        request: Request<'_>,
        query: Option<&str>,
        earlier: Option<&ReadPage>,
    ) -> Result<ReadPage, Error> {
        let conditions = earlier.map_or_else(HeaderMap::new, |earlier| earlier.validators.conditions());
        self.call(request, query, &conditions, |info, response, redactor| {
            let receipt = Receipt::new(info, response, redactor);
            if let Some(earlier) = earlier
                && response.status == StatusCode::NOT_MODIFIED
            {
                return Ok(ReadPage {
                    receipt,
                    ..earlier.clone()
                });
            }
            let page = Page::read(&response.body, &response.headers, &response.url)
                .map_err(|reason| body::unreadable(info, response, redactor, &reason))?;
            Ok(ReadPage {
                query: query.map(str::to_owned),
                page: Arc::new(page),
                receipt,
                validators: Validators::new(&response.headers),
            })
        })
        .await
    }
}

impl ReadList {
    fn too_long(pages: usize) -> Self {
        Self {
            listed: Listed::TooLong { pages },
            pages: Vec::new(),
        }
    }
}

impl ReadPage {
    fn after_write(self) -> Self {
        Self {
            validators: self.validators.after_write(),
            ..self
        }
    }
}

/// The pages of an earlier read, with the validators that are of use now.
fn pages_of(earlier: &Read<ReadList>, writes: usize) -> Vec<ReadPage> {
    let pages = earlier.result().map(|read| read.pages.iter().cloned());
    let pages = pages.into_iter().flatten();
    if earlier.writes == writes {
        pages.collect()
    } else {
        pages.map(ReadPage::after_write).collect()
    }
}

/// The step after a request for a page that failed.
///
/// # Errors
///
/// The error, if it is not about the parameter of the page.
fn step_after(reader: &mut Pager, error: Error) -> Result<Step, Error> {
    let step = match error.status {
        Some(400 | 422) => reader.refused(),
        Some(404) if error.is_from_api => reader.not_found(),
        _ => None,
    };
    step.ok_or(error)
}

/// The list with all pages.
fn list(reader: Pager, began: Instant, receipt: Option<Receipt>) -> List {
    let pages = reader.into_pages();
    let items = pages.iter().flat_map(|page| page.items.iter().cloned());
    let mut list = List::new(items.collect());
    list.pages = pages.len();
    list.began = Some(began);
    if let Some(receipt) = receipt {
        list.request_id = receipt.request_id;
        list.date = receipt.date;
        list.attempt_ms = receipt.attempt_ms;
    }
    list
}

fn incomplete(request: Request<'_>, last: Option<Receipt>, reason: &str) -> Error {
    let request_id = last.map(|last| last.request_id).unwrap_or_default();
    RequestInfo::new(request.operation, Method::Get, "", &request_id)
        .error(ErrorKind::UnexpectedResponse, Effect::Done)
        .with_detail(format!("the list cannot be read as a whole: {reason}"))
}
