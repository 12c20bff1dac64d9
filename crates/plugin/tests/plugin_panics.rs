//! Panics under the hook of the provider, which is of the whole process: hence a program of its own.
#![cfg(test)]

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use plugin::panics;
use tracing::Event;
use tracing::field::Field;
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

const CANARY: &str = "token-canary";

/// Keeps whatever is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut text = self.0.lock().unwrap();
        event.record(&mut |field: &Field, value: &dyn std::fmt::Debug| {
            write!(text, "{field}={value:?} ").unwrap();
        });
        writeln!(text, "{}", event.metadata().level()).unwrap();
    }
}

/// Catches a panic of the future, and tells what was logged of it.
async fn caught<F: Future<Output = ()>>(future: F) -> (panics::Panic, String) {
    panics::install();
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let panic = panics::catch(future)
        .with_subscriber(subscriber)
        .await
        .unwrap_err();
    let text = log.0.lock().unwrap().clone();
    (panic, text)
}

#[tokio::test]
async fn a_panic_in_a_handler_is_a_value_with_its_place() {
    let line = line!() + 3;
    let (panic, log) = caught(async {
        tokio::task::yield_now().await;
        panic!("a table is empty");
    })
    .await;
    let place = format!("crates/plugin/tests/plugin_panics.rs:{line}:9");
    assert_eq!(panic.location(), Some(place.as_str()));
    assert_eq!(panic.message(), Some("a table is empty"));
    assert_eq!(panic.to_string(), format!("panic at `{place}`: a table is empty"));
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains(&place) && log.ends_with("ERROR\n"), "{log}");
}

#[tokio::test]
async fn a_message_with_values_goes_nowhere() {
    let (panic, log) = caught(async {
        CANARY.parse::<u8>().map_err(|_| CANARY).unwrap();
    })
    .await;
    assert_eq!(panic.message(), None);
    assert!(
        !panic.to_string().contains(CANARY) && !format!("{panic:?}").contains(CANARY),
        "{panic:?}"
    );
    assert!(!log.contains(CANARY) && log.contains("plugin_panics.rs"), "{log}");
}

#[tokio::test]
async fn what_does_not_panic_is_as_it_was() {
    assert_eq!(panics::catch(async { 42 }).await.unwrap(), 42);
    assert_eq!(panics::catch_blocking(|| 42).unwrap(), 42);
}

#[test]
fn a_panic_that_was_caught_by_others_is_not_taken_for_the_next() {
    panics::install();
    std::panic::catch_unwind(|| panic!("first")).unwrap_err();
    assert_eq!(
        panics::catch_blocking(|| panic!("second")).unwrap_err().message(),
        Some("second")
    );
}
