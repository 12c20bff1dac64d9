//! How many requests are under way at a time: fewer, and none for a while, when the control plane says "too
//! many".

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// A limit on concurrent requests that halves when the control plane refuses one for its rate, and grows back
/// by one for every round of requests it accepts.
pub(super) struct Limit {
    permits: Semaphore,
    state: Mutex<State>,
    most: usize,
}

struct State {
    /// Requests that may be under way.
    limit: usize,
    /// Permits that are still out although the limit has shrunk: not given back when they end.
    excess: usize,
    /// Requests that were accepted since the limit last changed.
    accepted: usize,
    /// No request starts before.
    resume: Option<Instant>,
}

/// The right to have one request under way.
pub(super) struct Permit<'a> {
    limit: &'a Limit,
    permit: Option<SemaphorePermit<'a>>,
}

impl Limit {
    pub fn new(most: usize) -> Self {
        Self {
            permits: Semaphore::new(most),
            state: Mutex::new(State {
                limit: most,
                excess: 0,
                accepted: 0,
                resume: None,
            }),
            most,
        }
    }

    /// Waits for the right to start a request, in order of arrival.
    pub async fn acquire(&self) -> Permit<'_> {
        // The semaphore is never closed: without a permit there is no limit, which is still no failure.
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

    /// After a refusal: no request starts for that long, and then half as many.
    ///
    /// Refusals of requests that were sent before the first of them was seen say nothing new.
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
    /// Ends a request that the control plane did not refuse for its rate.
    pub fn accept(self) {
        let limit = self.limit;
        let mut state = limit.state();
        if state.limit < limit.most {
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
        // The permit's own end locks the state again.
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

    /// How many requests can start right now.
    async fn free(limit: &Limit) -> usize {
        let mut permits = Vec::new();
        while let Ok(permit) = tokio::time::timeout(Duration::from_millis(1), limit.acquire()).await {
            permits.push(permit);
        }
        permits.len()
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_limit() {
        assert_eq!(free(&Limit::new(32)).await, 32);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_pauses_all_and_halves_the_limit_once() {
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
    async fn requests_that_are_under_way_count_when_the_limit_shrinks() {
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
    async fn one_request_is_always_allowed_and_the_limit_grows_back() {
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
