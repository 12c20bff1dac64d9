//! Measures the deployment of many machines at once, with the real Terraform and a rate limit in the control plane.
//! Prints the figures. Fails if a machine is not installed exactly once.
//!
//! ```sh
//! FLEET_MACHINES=1000 FLEET_RATE=50 cargo bench --package acceptance --bench fleet
//! ```

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures, and stops if it cannot measure"
)]

use std::path::Path;
use std::time::Duration;

use acceptance::fleet::Fleet;

#[tokio::main]
async fn main() {
    let number = |name: &str, default: u32| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let fleet = Fleet {
        machines: number("FLEET_MACHINES", 1000),
        requests_per_second: usize::try_from(number("FLEET_RATE", 50)).expect("a number"),
        install_time: Duration::from_secs(30),
    };
    println!("{fleet:?}");
    let figures = fleet.deploy(Path::new(env!("CARGO_BIN_EXE_provider-under-test")));
    println!("{}", figures.await.expect("the control plane starts"));
}
