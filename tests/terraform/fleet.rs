//! Deploys many machines at once, against a control plane with a rate limit. The benchmark `fleet` does the same with more
//! machines.

use std::time::Duration;

use acceptance::fleet::Fleet;

#[tokio::test(flavor = "multi_thread")]
async fn fleet_completes_despite_the_rate_limit() {
    let fleet = Fleet {
        machines: 60,
        requests_per_second: 30,
        install_time: Duration::from_secs(5),
    };
    let figures = fleet.deploy(super::provider()).await.unwrap();
    println!("{figures}");
    assert!(figures.rejected > 0, "the limit was never reached: {figures}");
    assert!(figures.in_flight <= 32, "{figures}");
    assert!(figures.threads < 10, "a wait must not need a thread: {figures}");
}
