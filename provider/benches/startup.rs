//! Measures the released program: the time from its start to the handshake line, its memory after Terraform got the
//! schema, and its size. The benchmark prints the figures, and fails if one exceeds its limit. With `BASELINE`, it
//! measures another build in turn with this one, and prints the ratios.
//!
//! ```sh
//! cargo bench --package terraform-provider-durantic --bench startup
//! BASELINE=/path/to/another cargo bench --package terraform-provider-durantic --bench startup
//! ```

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark prints its figures, and stops if it cannot measure"
)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use hyper_util::rt::TokioIo;
use proto::tfplugin6::get_provider_schema;
use proto::tfplugin6::provider_client::ProviderClient;
use tokio::net::UnixStream;

const RUNS: usize = 30;
const MAX_HANDSHAKE: Duration = Duration::from_millis(5);
const MAX_RESIDENT_KIB: u64 = 10 * 1024;
const MAX_SIZE_BYTES: u64 = 10 * 1024 * 1024;

/// The figures of one program.
struct Figures {
    /// The median time from the start of the process to its handshake line.
    handshake: Duration,
    resident_kib: u64,
    size_bytes: u64,
}

fn main() -> ExitCode {
    let binary = env!("CARGO_BIN_EXE_terraform-provider-durantic").to_owned();
    let baseline = std::env::var("BASELINE").ok();
    let binaries: Vec<String> = std::iter::once(binary).chain(baseline).collect();
    let figures = measure(&binaries);
    let [own, rest @ ..] = figures.as_slice() else {
        return ExitCode::FAILURE;
    };
    print(own);
    for baseline in rest {
        println!("\nthe baseline:");
        print(baseline);
        println!(
            "\nratios to it: handshake {:.2}, resident {:.2}, binary {:.2}",
            own.handshake.as_secs_f64() / baseline.handshake.as_secs_f64(),
            ratio(own.resident_kib, baseline.resident_kib),
            ratio(own.size_bytes, baseline.size_bytes),
        );
    }
    let is_within_limits = own.handshake <= MAX_HANDSHAKE
        && own.resident_kib <= MAX_RESIDENT_KIB
        && own.size_bytes <= MAX_SIZE_BYTES;
    if is_within_limits {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The figures of the programs. They are measured in turn, because the speed of the machine changes over time.
fn measure(binaries: &[String]) -> Vec<Figures> {
    let mut handshakes: Vec<Vec<Duration>> = vec![Vec::new(); binaries.len()];
    for _ in 0..RUNS {
        for (binary, handshakes) in binaries.iter().zip(&mut handshakes) {
            handshakes.push(handshake(binary));
        }
    }
    let measured = binaries.iter().zip(handshakes);
    measured
        .map(|(binary, mut handshakes)| {
            handshakes.sort();
            Figures {
                handshake: handshakes[RUNS / 2],
                resident_kib: resident_after_schema(binary),
                size_bytes: std::fs::metadata(binary).map_or(u64::MAX, |metadata| metadata.len()),
            }
        })
        .collect()
}

fn print(figures: &Figures) {
    let Figures {
        handshake,
        resident_kib,
        size_bytes,
    } = figures;
    println!("exec to handshake line: median {handshake:.2?} of {RUNS}, limit {MAX_HANDSHAKE:?}");
    println!("resident after the schema: {resident_kib} KiB, limit {MAX_RESIDENT_KIB} KiB");
    println!(
        "binary: {} KiB, limit {} KiB",
        size_bytes / 1024,
        MAX_SIZE_BYTES / 1024
    );
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn ratio(own: u64, other: u64) -> f64 {
    own as f64 / other as f64
}

/// Starts the program as Terraform does, but without TLS, and returns the process and its handshake line.
fn start(binary: &str) -> (Child, String) {
    let mut child = Command::new(binary)
        .env(
            "TF_PLUGIN_MAGIC_COOKIE",
            "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
        )
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env_remove("PLUGIN_CLIENT_CERT")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let stdout = child.stdout.take().expect("standard output is a pipe");
    let mut line = String::new();
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("a handshake line");
    (child, line)
}

/// The time from the start to the handshake line. As Terraform does, it passes a client certificate, so that the
/// provider generates its own before the handshake.
fn handshake(binary: &str) -> Duration {
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()])
        .and_then(|params| params.self_signed(&key))
        .expect("a certificate");
    let mut command = Command::new(binary);
    command
        .env(
            "TF_PLUGIN_MAGIC_COOKIE",
            "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
        )
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env("PLUGIN_CLIENT_CERT", certificate.pem())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let started = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let stdout = child.stdout.take().expect("standard output is a pipe");
    let mut line = String::new();
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("a handshake line");
    let elapsed = started.elapsed();
    assert!(line.starts_with("1|6|unix|"), "not a handshake: {line}");
    end(&mut child);
    elapsed
}

/// The resident memory after a request for the schema, in KiB.
fn resident_after_schema(binary: &str) -> u64 {
    let (mut child, line) = start(binary);
    let socket = line.split('|').nth(3).expect("an address").to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let schema = runtime.block_on(async move {
        let channel = tonic::transport::Endpoint::from_static("http://localhost")
            .connect_with_connector(tower::service_fn(move |_| {
                let socket = socket.clone();
                async move { UnixStream::connect(socket).await.map(TokioIo::new) }
            }))
            .await
            .expect("the provider is reachable");
        let mut client = ProviderClient::new(channel);
        client
            .get_provider_schema(get_provider_schema::Request {})
            .await
            .expect("a schema")
            .into_inner()
    });
    assert!(!schema.resource_schemas.is_empty(), "the schema has no resources");
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok());
    end(&mut child);
    resident.unwrap_or(u64::MAX)
}

fn end(child: &mut Child) {
    let _ = std::io::stdout().flush();
    let _ = child.kill();
    let _ = child.wait();
}
