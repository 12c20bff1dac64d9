//! Shares one read between callers that want the same at the same time, or soon after it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::error::Error;

/// The result of a read.
pub(super) type Outcome<T> = Result<Arc<T>, Error>;

/// Counts the writes of the client, so that no read after a write gets the response to one before it.
#[derive(Default)]
pub(super) struct Writes(AtomicUsize);

/// A write in flight. It ends when it is dropped, whether it succeeded or not.
pub(super) struct Write<'a>(&'a Writes);

impl Writes {
    /// Begins a write.
    pub fn begin(&self) -> Write<'_> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Write(self)
    }

    /// A number that changes when a write begins or ends. 0: there was none.
    pub fn version(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The reads by key: those in flight, and those that are kept.
pub(super) struct SharedReads<T>(Mutex<HashMap<String, Arc<Read<T>>>>);

/// A read in flight, or one that has ended and is kept.
pub(super) struct Read<T> {
    /// When the first caller asked for it.
    pub began: Instant,
    /// [`Writes::version`] at that time.
    pub writes: usize,
    /// Whether the caller that sends it cannot do without it.
    pub is_needed: bool,
    outcome: OnceCell<Outcome<T>>,
}

impl<T> Default for SharedReads<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Read<T> {
    /// A read that begins now. `writes` is the present [`Writes::version`].
    pub fn new(writes: usize, is_needed: bool) -> Self {
        Self {
            began: Instant::now(),
            writes,
            is_needed,
            outcome: OnceCell::new(),
        }
    }

    /// The result of a successful read that has ended.
    pub fn result(&self) -> Option<&Arc<T>> {
        self.outcome.get()?.as_ref().ok()
    }

    /// Whether it has not ended.
    pub fn is_in_flight(&self) -> bool {
        !self.outcome.initialized()
    }
}

impl<T> SharedReads<T> {
    /// Returns the latest read with this key.
    pub fn latest(&self, key: &str) -> Option<Arc<Read<T>>> {
        self.reads().get(key).cloned()
    }

    /// Sends a new read, or joins the latest one with this key if that will do.
    ///
    /// If the caller that sends it is dropped, one of the callers that wait sends it again.
    ///
    /// # Errors
    ///
    /// The error of the read, for all its callers. It is not kept.
    pub async fn read(
        &self,
        key: String,
        new: Read<T>,
        will_do: impl Fn(&Read<T>) -> bool,
        is_kept: impl Fn(&T) -> bool,
        read: impl AsyncFnOnce() -> Result<T, Error>,
    ) -> Outcome<T> {
        let shared = {
            let mut reads = self.reads();
            match reads.get(&key) {
                Some(latest) if will_do(latest) => Arc::clone(latest),
                _ => {
                    let new = Arc::new(new);
                    reads.insert(key.clone(), Arc::clone(&new));
                    new
                }
            }
        };
        let outcome = shared
            .outcome
            .get_or_init(|| async { read().await.map(Arc::new) })
            .await
            .clone();
        if !outcome.as_ref().is_ok_and(|result| is_kept(result)) {
            let mut reads = self.reads();
            if reads.get(&key).is_some_and(|latest| Arc::ptr_eq(latest, &shared)) {
                reads.remove(&key);
            }
        }
        outcome
    }

    fn reads(&self) -> MutexGuard<'_, HashMap<String, Arc<Read<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use engine::api::{Effect, ErrorKind};
    use tokio::sync::Notify;

    use super::*;
    use crate::error::RequestInfo;

    /// A server that responds with the number of the request, after the test notifies it.
    #[derive(Default)]
    struct Server {
        reads: SharedReads<usize>,
        writes: Writes,
        requests: AtomicUsize,
        respond: Notify,
    }

    impl Server {
        async fn read(self: Arc<Self>) -> usize {
            let writes = self.writes.version();
            let outcome = self.reads.read(
                "list".to_owned(),
                Read::new(writes, true),
                |latest| latest.writes == writes,
                |_| false,
                async || {
                    let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
                    self.respond.notified().await;
                    Ok(number)
                },
            );
            *outcome.await.unwrap()
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
        assert!(server.reads.reads().is_empty());
    }

    #[tokio::test]
    async fn read_after_a_write_does_not_join_an_earlier_read() {
        let server = Arc::new(Server::default());
        let write = server.writes.begin();
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
        assert!(server.reads.reads().is_empty());
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
    async fn failed_read_is_shared_but_not_kept() {
        let reads = SharedReads::default();
        let info = RequestInfo::new("list", schema::model::Method::Get, "/", "");
        let failed = async || {
            tokio::task::yield_now().await;
            Err(info.error(ErrorKind::Server, Effect::Unknown))
        };
        let key = || "list".to_owned();
        let (one, other) = tokio::join!(
            reads.read(key(), Read::new(0, true), |_| true, |_| true, failed),
            reads.read(key(), Read::new(0, true), |_| true, |_| true, async || Ok(1)),
        );
        assert_eq!(
            (one.err().unwrap().kind, other.err().unwrap().kind),
            (ErrorKind::Server, ErrorKind::Server)
        );
        let read = async |number| {
            let outcome = reads.read(key(), Read::new(0, true), |_| true, |_| true, async || Ok(number));
            *outcome.await.unwrap()
        };
        assert_eq!((read(2).await, read(3).await), (2, 2));
    }
}
