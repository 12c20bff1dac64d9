//! Many machines at once, against a control plane that refuses more than so many requests a second. How many that can be
//! is measured by the benchmark of that name.

use std::time::Duration;

use acceptance::fleet::Fleet;

#[tokio::test(flavor = "multi_thread")]
async fn all_complete_although_the_control_plane_refuses_more_than_so_many_requests() {
    let fleet = Fleet {
        machines: 60,
        requests_per_second: 30,
        install_time: Duration::from_secs(5),
    };
    let figures = fleet.deploy(super::provider()).await.unwrap();
    println!("{figures}");
    assert!(figures.refused > 0, "the limit was never reached: {figures}");
    assert!(figures.in_flight <= 32, "{figures}");
    assert!(figures.threads < 10, "a wait is no thread: {figures}");
}
