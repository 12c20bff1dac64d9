//! Panics with the hook of the provider. The hook belongs to the whole process, so these tests are a program of their own.
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

/// Collects the log.
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

/// Catches the panic of a future, and returns it with the log.
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
async fn catch_returns_the_panic_with_its_location() {
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
async fn catch_withholds_formatted_messages() {
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
async fn catch_returns_the_output_without_a_panic() {
    assert_eq!(panics::catch(async { 42 }).await.unwrap(), 42);
    assert_eq!(panics::catch_blocking(|| 42).unwrap(), 42);
}

#[test]
fn catch_ignores_earlier_panics_of_the_thread() {
    panics::install();
    std::panic::catch_unwind(|| panic!("first")).unwrap_err();
    assert_eq!(
        panics::catch_blocking(|| panic!("second")).unwrap_err().message(),
        Some("second")
    );
}
