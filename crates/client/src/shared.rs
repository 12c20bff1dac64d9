//! Shares one request between concurrent reads of the same object.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::api::Response;
use tokio::sync::OnceCell;

use super::error::Error;

/// The result of a read.
type Outcome = Result<Arc<Response>, Error>;

/// The reads in flight.
///
/// A caller joins the same read in flight, unless a write has ended since that read began: its response may be older than
/// the write.
#[derive(Default)]
pub(super) struct SharedReads(Mutex<State>);

#[derive(Default)]
struct State {
    /// The number of writes that have ended.
    writes: u64,
    /// By the operation and its path: the number of writes that had ended when the read began, and its result.
    reads: HashMap<String, (u64, Arc<OnceCell<Outcome>>)>,
}

/// A write in flight. It ends when it is dropped, whether it succeeded or not.
pub(super) struct Write<'a>(&'a SharedReads);

impl SharedReads {
    /// Sends a read, or joins the same read in flight.
    ///
    /// If the caller that sends it is dropped, one of the callers that wait sends it again.
    ///
    /// # Errors
    ///
    /// The error of the read, for all its callers. It is not cached.
    pub async fn read(&self, key: String, read: impl AsyncFnOnce() -> Result<Response, Error>) -> Outcome {
        let cell = self.join(&key);
        let outcome = cell
            .get_or_init(|| async { read().await.map(Arc::new) })
            .await
            .clone();
        let mut state = self.state();
        if state
            .reads
            .get(&key)
            .is_some_and(|(_, present)| Arc::ptr_eq(present, &cell))
        {
            state.reads.remove(&key);
        }
        outcome
    }

    /// Begins a write.
    pub fn write(&self) -> Write<'_> {
        Write(self)
    }

    fn join(&self, key: &str) -> Arc<OnceCell<Outcome>> {
        let mut state = self.state();
        let writes = state.writes;
        match state.reads.get(key) {
            Some((writes_before, cell)) if *writes_before == writes => Arc::clone(cell),
            _ => {
                let cell = Arc::default();
                state.reads.insert(key.to_owned(), (writes, Arc::clone(&cell)));
                cell
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.writes = state.writes.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use engine::api::{Effect, ErrorKind};
    use serde_json::json;
    use tokio::sync::Notify;

    use super::*;
    use crate::error::RequestInfo;

    /// A server that responds with the number of the request, after the test notifies it.
    #[derive(Default)]
    struct Server {
        reads: SharedReads,
        requests: AtomicUsize,
        respond: Notify,
    }

    impl Server {
        async fn read(self: Arc<Self>) -> u64 {
            let outcome = self.reads.read("list".to_owned(), async || {
                let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
                self.respond.notified().await;
                Ok(response(number))
            });
            outcome.await.unwrap().body.as_u64().unwrap()
        }
    }

    fn response(number: usize) -> Response {
        Response {
            date: None,
            is_accepted: false,
            attempt_ms: 0,
            body: json!(number),
            request_id: String::new(),
        }
    }

    /// Lets every task run until it waits.
    async fn settle() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn concurrent_reads_share_one_request() {
        let server = Arc::new(Server::default());
        let readers: Vec<_> = (0..10)
            .map(|_| tokio::spawn(Arc::clone(&server).read()))
            .collect();
        settle().await;
        server.respond.notify_one();
        for reader in readers {
            assert_eq!(reader.await.unwrap(), 1);
        }
        server.respond.notify_one();
        assert_eq!(Arc::clone(&server).read().await, 2);
        assert!(server.reads.state().reads.is_empty());
    }

    #[tokio::test]
    async fn read_after_a_write_does_not_join_an_earlier_read() {
        let server = Arc::new(Server::default());
        let write = server.reads.write();
        let before = tokio::spawn(Arc::clone(&server).read());
        settle().await;
        let during = tokio::spawn(Arc::clone(&server).read());
        settle().await;
        assert_eq!(server.requests.load(Ordering::SeqCst), 1);
        drop(write);
        let after = tokio::spawn(Arc::clone(&server).read());
        settle().await;
        server.respond.notify_waiters();
        assert_eq!(
            (before.await.unwrap(), during.await.unwrap(), after.await.unwrap()),
            (1, 1, 2)
        );
        assert!(server.reads.state().reads.is_empty());
    }

    #[tokio::test]
    async fn dropped_reader_leaves_the_read_to_another() {
        let server = Arc::new(Server::default());
        let first = tokio::spawn(Arc::clone(&server).read());
        settle().await;
        let second = tokio::spawn(Arc::clone(&server).read());
        settle().await;
        first.abort();
        settle().await;
        server.respond.notify_waiters();
        assert_eq!(second.await.unwrap(), 2);
    }

    #[tokio::test]
    async fn failed_read_is_shared_but_not_cached() {
        let reads = SharedReads::default();
        let info = RequestInfo::new("list", schema::model::Method::Get, "/", "");
        let failed = async || {
            tokio::task::yield_now().await;
            Err(info.error(ErrorKind::Server, Effect::Unknown))
        };
        let (one, other) = tokio::join!(
            reads.read("list".to_owned(), failed),
            reads.read("list".to_owned(), async || Ok(response(1))),
        );
        assert_eq!(
            (one.err().unwrap().kind, other.err().unwrap().kind),
            (ErrorKind::Server, ErrorKind::Server)
        );
        assert!(
            reads
                .read("list".to_owned(), async || Ok(response(2)))
                .await
                .is_ok()
        );
    }
}
