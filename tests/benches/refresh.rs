//! Measures plans of objects that have not changed, with the real Terraform: the requests, the time beyond Terraform's own, and the
//! memory of the provider. Prints a row for each case. Fails if a plan is not empty or a figure exceeds its limit.
//!
//! ```sh
//! REFRESH_OBJECTS=100,1000 REFRESH_RATES=0,10 REFRESH_READ_BY=collection,object REFRESH_MACHINES= REFRESH_LOOKUPS=1000 \
//!   cargo bench --package acceptance --bench refresh
//! ```
//!
//! A rate of 0 means no limit. `PROVIDER=/path/to/it` measures another build.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures, and stops if it cannot measure"
)]

use acceptance::refresh::{Case, Figures, Refresh, Subject};

/// Limit of the memory that the provider takes for any number of objects, in KiB.
const MAX_RESIDENT_KIB: u64 = 40 * 1024;

/// Limit of the requests for lists that serve all lookups.
const MAX_LISTS: usize = 5;

#[tokio::main]
async fn main() {
    let list = |name: &str, default: &str| -> Vec<String> {
        let text = std::env::var(name).unwrap_or_else(|_| default.to_owned());
        let parts = text.split(',').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let numbers = |name: &str, default: &str| -> Vec<u32> {
        let parts = list(name, default).into_iter();
        parts.map(|part| part.parse().expect("a number")).collect()
    };
    let rates: Vec<Option<usize>> = numbers("REFRESH_RATES", "0,10")
        .into_iter()
        .map(|rate| usize::try_from(rate).ok().filter(|rate| *rate > 0))
        .collect();
    let read_by = list("REFRESH_READ_BY", "collection,object");
    let objects = numbers("REFRESH_OBJECTS", "100,1000,5000");
    let machines = numbers("REFRESH_MACHINES", "5000");
    let lookups = numbers("REFRESH_LOOKUPS", "1000");
    let subjects = (objects.into_iter().map(Subject::Objects))
        .chain(machines.into_iter().map(Subject::Machines))
        .chain(lookups.into_iter().map(Subject::Lookups));

    let provider = acceptance::terraform::provider(env!("CARGO_BIN_EXE_provider-under-test"));
    println!("{}", Case::head());
    for subject in subjects {
        let refresh = Refresh::new(provider, subject)
            .await
            .expect("the control plane starts");
        // Each machine takes a request of its own, so a limit would measure only itself.
        let rates = match subject {
            Subject::Objects(_) => rates.as_slice(),
            Subject::Machines(_) | Subject::Lookups(_) => &[None],
        };
        for requests_per_second in rates.iter().copied() {
            for read_by in &read_by {
                let case = Case {
                    requests_per_second,
                    read_by,
                };
                let figures = refresh.measure(case).await;
                println!("{}", case.row(subject, &figures));
                check(subject, case, &figures);
            }
        }
    }
}

/// Asserts that the figures are within their limits.
fn check(subject: Subject, case: Case<'_>, figures: &Figures) {
    if std::env::var_os("PROVIDER").is_some() {
        return;
    }
    assert!(
        figures.resident_kib <= MAX_RESIDENT_KIB,
        "the provider takes too much memory: {figures:?}"
    );
    if matches!(subject, Subject::Lookups(_)) && case.read_by == "collection" {
        assert!(
            figures.lists <= MAX_LISTS,
            "the lookups take too many lists: {figures:?}"
        );
    }
}
