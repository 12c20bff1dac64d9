//! When the live API document is read.
//!
//! The document is optional, so that the first request of a process waits for it only for a moment. If a later response suggests
//! that a path is wrong, the document is read once more, with all retries.
//!
//! Tests: `crates/client/src/tests/live_document.rs`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use engine::api::ErrorKind;
use schema::model::Operation;
use tokio::sync::OnceCell;

use super::document::{DocumentLocation, Routes};
use super::error::Error;

/// The time limit for the first look, with everything that it needs.
pub(super) const FIRST_LOOK_TIMEOUT: Duration = Duration::from_millis(1500);

/// The live document, and the routes that are used.
pub(super) struct LiveRoutes {
    location: DocumentLocation,
    operations: &'static [Operation],
    declared: Routes,
    current: RwLock<Arc<Routes>>,
    /// Whether `current` has routes of the document.
    is_read: AtomicBool,
    /// Whether the server responded to the last look without a document.
    is_missing: AtomicBool,
    /// Whether the server has responded as the API.
    is_api: AtomicBool,
    first: OnceCell<FirstLook>,
    second: OnceCell<()>,
}

/// The result of the first look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FirstLook {
    Read,
    Failed,
    /// It did not end in time, so a second look would cost the timeouts of all attempts.
    Hung,
}

impl LiveRoutes {
    /// The declared routes, until the document is read.
    pub fn new(location: DocumentLocation, declared: Routes, operations: &'static [Operation]) -> Self {
        Self {
            location,
            operations,
            current: RwLock::new(Arc::new(declared.clone())),
            declared,
            is_read: AtomicBool::new(false),
            is_missing: AtomicBool::new(false),
            is_api: AtomicBool::new(false),
            first: OnceCell::new(),
            second: OnceCell::new(),
        }
    }

    /// Whether the document was read, so that its routes are used.
    pub fn is_read(&self) -> bool {
        self.is_read.load(Ordering::Relaxed)
    }

    /// Whether the server is probably not that of the API: it has no document, and has not responded as the API.
    pub fn is_other_server(&self) -> bool {
        let [is_read, is_missing, is_api] =
            [&self.is_read, &self.is_missing, &self.is_api].map(|flag| flag.load(Ordering::Relaxed));
        is_missing && !is_read && !is_api
    }

    /// Records a response of the API.
    pub fn note_api(&self) {
        self.is_api.store(true, Ordering::Relaxed);
    }

    /// Records the result of a look: the document, which may be unusable, or why it did not arrive.
    fn note_look<E>(&self, result: &Result<Result<(), E>, Error>) {
        let is_missing = match result {
            Ok(adopted) => adopted.is_err(),
            Err(error) => matches!(error.status, Some(404 | 405 | 410)),
        };
        self.is_missing.store(is_missing, Ordering::Relaxed);
    }

    /// The location of the document.
    pub fn location(&self) -> &DocumentLocation {
        &self.location
    }

    /// The routes for a request. The first caller reads the document, and concurrent callers wait for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Cancelled`] if reading the document is cancelled. Any other failure selects the declared routes.
    pub async fn routes(
        &self,
        read: impl AsyncFnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<Arc<Routes>, Error> {
        let look = || async {
            let result = read().await.map(|document| self.adopt(&document));
            self.note_look(&result);
            match &result {
                Ok(Ok(())) => tracing::debug!("read the live API document"),
                Ok(Err(reason)) => tracing::debug!(%reason, "cannot use the live API document"),
                Err(error) => tracing::debug!(%error, "found no live API document; using the declared paths"),
            }
            first_look(result.map(|adopted| adopted.is_ok()))
        };
        self.first.get_or_try_init(look).await?;
        Ok(self.current())
    }

    /// The routes after a response that suggests a wrong path. One caller reads the document again, once in the life of the
    /// process, and concurrent callers wait for it.
    pub async fn look_again(&self, read: impl AsyncFnOnce() -> Result<Vec<u8>, Error>) -> Arc<Routes> {
        let may_help = self.first.get().is_some_and(|first| *first != FirstLook::Hung);
        let look = || async {
            let result = read().await.map(|document| self.adopt(&document));
            self.note_look(&result);
            match result {
                Ok(Ok(())) => {}
                Ok(Err(reason)) => tracing::debug!(%reason, "cannot use the live API document"),
                Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
                Err(error) => tracing::debug!(%error, "found no live API document again"),
            }
            Ok(())
        };
        if may_help && let Err(error) = self.second.get_or_try_init(look).await {
            tracing::debug!(%error, "the second look at the live API document was interrupted");
        }
        self.current()
    }

    fn current(&self) -> Arc<Routes> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the routes by those of a document, with the declared ones for operations that it lacks.
    fn adopt(&self, document: &[u8]) -> Result<(), serde_json::Error> {
        let live = Routes::live(document, &self.location, self.operations)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live.or(&self.declared));
        self.is_read.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// What the first look has shown. `read` is whether the document was usable, or why it did not arrive.
///
/// # Errors
///
/// The error if the look was cancelled.
fn first_look(read: Result<bool, Error>) -> Result<FirstLook, Error> {
    match read {
        Ok(true) => Ok(FirstLook::Read),
        Ok(false) => Ok(FirstLook::Failed),
        Err(error) => match error.kind {
            ErrorKind::Cancelled => Err(error),
            ErrorKind::RequestTimeout if error.status != Some(408) => Ok(FirstLook::Hung),
            _ => Ok(FirstLook::Failed),
        },
    }
}

/// Whether a response may come from a path that the control plane does not have: there is no such path or method, unless the
/// control plane itself says so at a path of its document.
pub(super) fn suggests_wrong_path(error: &Error, is_documented: bool) -> bool {
    matches!(error.status, Some(404 | 405)) && !(error.is_from_api && is_documented)
}

#[cfg(test)]
mod tests {
    use engine::api::Effect;
    use schema::model::Method;

    use super::*;
    use crate::error::RequestInfo;

    fn error(kind: ErrorKind, status: Option<u16>) -> Error {
        let error = RequestInfo::new("openapi", Method::Get, "/", "id").error(kind, Effect::None);
        Error { status, ..error }
    }

    #[test]
    fn first_look_of_each_result() {
        use ErrorKind::{NotFound, RequestTimeout, Server, Tls, Unreachable};
        let table = [
            (Ok(true), FirstLook::Read),
            (Ok(false), FirstLook::Failed),
            (Err(error(NotFound, Some(404))), FirstLook::Failed),
            (Err(error(Server, Some(503))), FirstLook::Failed),
            (Err(error(Unreachable, None)), FirstLook::Failed),
            (Err(error(Tls, None)), FirstLook::Failed),
            (Err(error(RequestTimeout, Some(408))), FirstLook::Failed),
            (Err(error(RequestTimeout, None)), FirstLook::Hung),
            (Err(error(RequestTimeout, Some(200))), FirstLook::Hung),
        ];
        for (read, expected) in table {
            let context = format!("{read:?}");
            assert_eq!(first_look(read).unwrap(), expected, "{context}");
        }
        assert!(first_look(Err(error(ErrorKind::Cancelled, None))).is_err());
    }

    #[test]
    fn wrong_path_is_suggested_by_404_and_405() {
        let table = [
            // status, from the API, with a documented path, with a declared path
            (Some(404), true, false, true),
            (Some(404), false, true, true),
            (Some(405), true, false, true),
            (Some(405), false, true, true),
            (Some(410), false, false, false),
            (Some(400), false, false, false),
            (Some(403), false, false, false),
            (Some(500), false, false, false),
            (None, false, false, false),
        ];
        for (status, is_from_api, documented, declared) in table {
            let mut error = error(ErrorKind::NotFound, status);
            error.is_from_api = is_from_api;
            let suggested = [true, false].map(|is_documented| suggests_wrong_path(&error, is_documented));
            assert_eq!(suggested, [documented, declared], "{status:?} {is_from_api}");
        }
    }
}
