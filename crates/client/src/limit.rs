//! Limits the number of concurrent requests, and lowers the limit when the control plane responds "429 Too Many Requests".

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// A limit of concurrent requests. It halves when the control plane rejects a request because of its rate limit, and grows
/// by one whenever as many requests as the limit have been accepted.
pub(super) struct Limit {
    permits: Semaphore,
    state: Mutex<State>,
    max: usize,
}

struct State {
    /// The current limit.
    limit: usize,
    /// The number of permits that were given out before the limit was lowered. They are not reused when they are dropped.
    excess: usize,
    /// The number of requests that were accepted since the limit last changed.
    accepted: usize,
    /// No request starts before this time.
    resume: Option<Instant>,
}

/// The permission to send one request.
pub(super) struct Permit<'a> {
    limit: &'a Limit,
    permit: Option<SemaphorePermit<'a>>,
}

impl Limit {
    pub fn new(max: usize) -> Self {
        Self {
            permits: Semaphore::new(max),
            state: Mutex::new(State {
                limit: max,
                excess: 0,
                accepted: 0,
                resume: None,
            }),
            max,
        }
    }

    /// Waits for the permission to send a request, in order of arrival.
    pub async fn acquire(&self) -> Permit<'_> {
        // The semaphore is never closed. If it were, requests would be sent without a limit.
        let permit = Permit {
            limit: self,
            permit: self.permits.acquire().await.ok(),
        };
        loop {
            let resume = self.state().resume;
            match resume {
                Some(resume) if resume > Instant::now() => tokio::time::sleep_until(resume).await,
                _ => return permit,
            }
        }
    }

    /// Reacts to a response 429: no request starts during `wait`, and then the limit is half of what it was.
    ///
    /// Further responses 429 during the wait belong to requests that were sent before, so they do not lower the limit again.
    pub fn slow_down(&self, wait: Duration) {
        let mut state = self.state();
        let now = Instant::now();
        let is_paused = state.resume.is_some_and(|resume| resume > now);
        state.resume = state.resume.max(now.checked_add(wait));
        if is_paused {
            return;
        }
        let limit = (state.limit / 2).max(1);
        let surplus = state.limit - limit;
        let forgotten = self.permits.forget_permits(surplus);
        state.limit = limit;
        state.excess += surplus - forgotten;
        state.accepted = 0;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Ends a request that the control plane did not reject because of its rate limit.
    pub fn accept(self) {
        let limit = self.limit;
        let mut state = limit.state();
        if state.limit < limit.max {
            state.accepted += 1;
        }
        if state.accepted >= state.limit {
            state.accepted = 0;
            state.limit += 1;
            match state.excess.checked_sub(1) {
                Some(excess) => state.excess = excess,
                None => limit.permits.add_permits(1),
            }
        }
        // Dropping the permit locks the state again.
        drop(state);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.limit.state();
        if let Some(excess) = state.excess.checked_sub(1) {
            state.excess = excess;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The number of requests that can start now.
    async fn free(limit: &Limit) -> usize {
        let mut permits = Vec::new();
        while let Ok(permit) = tokio::time::timeout(Duration::from_millis(1), limit.acquire()).await {
            permits.push(permit);
        }
        permits.len()
    }

    #[tokio::test(start_paused = true)]
    async fn acquire_gives_out_no_more_than_max() {
        assert_eq!(free(&Limit::new(32)).await, 32);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_down_pauses_all_and_halves_the_limit_once() {
        let limit = Limit::new(8);
        limit.slow_down(10 * SECOND);
        limit.slow_down(5 * SECOND);
        assert_eq!(free(&limit).await, 0);
        let before = Instant::now();
        drop(limit.acquire().await);
        assert!(
            before.elapsed() > 9 * SECOND && before.elapsed() < 11 * SECOND,
            "{:?}",
            before.elapsed()
        );
        assert_eq!(free(&limit).await, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_down_counts_requests_in_flight() {
        let limit = Limit::new(4);
        let permits = [
            limit.acquire().await,
            limit.acquire().await,
            limit.acquire().await,
            limit.acquire().await,
        ];
        limit.slow_down(Duration::ZERO);
        let [first, second, third, fourth] = permits;
        drop(first);
        drop(second);
        assert_eq!(free(&limit).await, 0);
        drop(third);
        assert_eq!(free(&limit).await, 1);
        drop(fourth);
        assert_eq!(free(&limit).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn limit_stays_above_zero_and_grows_with_accept() {
        let limit = Limit::new(4);
        for _ in 0..10 {
            limit.slow_down(Duration::ZERO);
        }
        assert_eq!(free(&limit).await, 1);
        limit.acquire().await.accept();
        assert_eq!(free(&limit).await, 2);
        for _ in 0..1 {
            limit.acquire().await.accept();
        }
        assert_eq!(free(&limit).await, 2);
        for _ in 0..100 {
            limit.acquire().await.accept();
        }
        assert_eq!(free(&limit).await, 4);
    }
}
