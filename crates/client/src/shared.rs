//! Reads that several callers want at the same time, made once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::api::Response;
use tokio::sync::OnceCell;

use super::error::Error;

/// What a read came to.
type Outcome = Result<Arc<Response>, Error>;

/// The reads that are under way.
///
/// Who asks for one joins it, unless a write has ended since it began: what was read may be older than that.
#[derive(Default)]
pub(super) struct SharedReads(Mutex<State>);

#[derive(Default)]
struct State {
    /// Writes that have ended.
    writes: u64,
    /// What is read → how many writes had ended when that began, and its outcome.
    reads: HashMap<String, (u64, Arc<OnceCell<Outcome>>)>,
}

/// A write under way; its end is what counts, however it ends.
pub(super) struct Write<'a>(&'a SharedReads);

impl SharedReads {
    /// Reads, or waits for the same read that is under way.
    ///
    /// Should the caller that reads be dropped, one of those that wait reads instead.
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
            Some((begun, cell)) if *begun == writes => Arc::clone(cell),
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
    use crate::error::Exchange;

    /// A server that answers with how often it was asked, as soon as it is told to.
    #[derive(Default)]
    struct Server {
        reads: SharedReads,
        asked: AtomicUsize,
        answers: Notify,
    }

    impl Server {
        async fn read(self: Arc<Self>) -> u64 {
            let outcome = self.reads.read("list".to_owned(), async || {
                let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
                self.answers.notified().await;
                Ok(answer(number))
            });
            outcome.await.unwrap().body.as_u64().unwrap()
        }
    }

    fn answer(number: usize) -> Response {
        Response {
            date: jiff::Timestamp::UNIX_EPOCH,
            body: json!(number),
            request_id: String::new(),
        }
    }

    /// Lets every task go as far as it can.
    async fn settle() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn many_share_one_read_and_the_next_makes_its_own() {
        let server = Arc::new(Server::default());
        let readers: Vec<_> = (0..10)
            .map(|_| tokio::spawn(Arc::clone(&server).read()))
            .collect();
        settle().await;
        server.answers.notify_one();
        for reader in readers {
            assert_eq!(reader.await.unwrap(), 1);
        }
        server.answers.notify_one();
        assert_eq!(Arc::clone(&server).read().await, 2);
        assert!(server.reads.state().reads.is_empty());
    }

    #[tokio::test]
    async fn a_read_that_began_before_a_write_ended_is_not_joined_after_it() {
        let server = Arc::new(Server::default());
        let write = server.reads.write();
        let before = tokio::spawn(Arc::clone(&server).read());
        settle().await;
        let during = tokio::spawn(Arc::clone(&server).read());
        settle().await;
        assert_eq!(server.asked.load(Ordering::SeqCst), 1);
        drop(write);
        let after = tokio::spawn(Arc::clone(&server).read());
        settle().await;
        server.answers.notify_waiters();
        assert_eq!(
            (before.await.unwrap(), during.await.unwrap(), after.await.unwrap()),
            (1, 1, 2)
        );
        assert!(server.reads.state().reads.is_empty());
    }

    #[tokio::test]
    async fn a_reader_that_is_dropped_leaves_the_read_to_another() {
        let server = Arc::new(Server::default());
        let first = tokio::spawn(Arc::clone(&server).read());
        settle().await;
        let second = tokio::spawn(Arc::clone(&server).read());
        settle().await;
        first.abort();
        settle().await;
        server.answers.notify_waiters();
        assert_eq!(second.await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_failure_is_shared_but_not_remembered() {
        let reads = SharedReads::default();
        let exchange = Exchange::new("list", schema::model::Method::Get, "/", "");
        let failed = async || {
            tokio::task::yield_now().await;
            Err(exchange.error(ErrorKind::Server, Effect::Unknown))
        };
        let (one, other) = tokio::join!(
            reads.read("list".to_owned(), failed),
            reads.read("list".to_owned(), async || Ok(answer(1))),
        );
        assert_eq!(
            (one.err().unwrap().kind, other.err().unwrap().kind),
            (ErrorKind::Server, ErrorKind::Server)
        );
        assert!(
            reads
                .read("list".to_owned(), async || Ok(answer(2)))
                .await
                .is_ok()
        );
    }
}
