//! What it takes to deploy a whole fleet at once, with the real Terraform, against a control plane with a limit of
//! requests a second. Prints the figures; a machine that is not installed, or twice, fails.
//!
//! ```sh
//! FLEET_MACHINES=1000 FLEET_RATE=50 cargo bench --package acceptance --bench fleet
//! ```

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures, and stops where it cannot measure"
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
