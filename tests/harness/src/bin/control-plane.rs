//! The simulated control plane as a program, to try the provider by hand.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use harness::control_plane::faults::{self, Fault, FaultKind};
use harness::control_plane::{ControlPlane, Dialect, PageStyle, Paging, UnknownParameters, Validators};

/// Run a simulated Durantic control plane, to try the Terraform provider without machines.
#[derive(Parser)]
#[command(version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct Arguments {
    /// Address to listen on; port 0 selects a free port
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// API token to accept; may be repeated [default: a generated token]
    #[arg(long)]
    token: Vec<String>,
    /// Number of machines, named node-1 and so on [default: the three machines of the seed]
    #[arg(long)]
    machines: Option<u32>,
    /// Number of sample objects, spread over all collections but machines and images [default: none]
    #[arg(long, value_name = "N")]
    objects: Option<u32>,
    /// JSON file with the objects to start with, such as tests/data/seed.json
    #[arg(long)]
    seed: Option<PathBuf>,
    /// Start with about this many objects that are made at random, instead of a seed
    #[arg(long, value_name = "N", conflicts_with_all = ["machines", "objects", "seed"])]
    random: Option<usize>,
    /// Duration of an installation run
    #[arg(long, default_value = "30s", value_parser = duration)]
    install_time: Duration,
    /// Time until an agent applies a change of its configuration
    #[arg(long, default_value = "2s", value_parser = duration)]
    config_push_time: Duration,
    /// Time until reads and lists show a new object
    #[arg(long, default_value = "0s", value_parser = duration)]
    replication_time: Duration,
    /// Time until requests may change a new object
    #[arg(long, default_value = "0s", value_parser = duration)]
    propagation_time: Duration,
    /// Time that a deleted object stays; if not zero, a delete has status 202
    #[arg(long, default_value = "0s", value_parser = duration)]
    linger_time: Duration,
    /// Time that `needs_provisioning` stays after the end of an installation run
    #[arg(long, default_value = "0s", value_parser = duration)]
    provisioning_lag: Duration,
    /// Time until lists show any change
    #[arg(long, default_value = "0s", value_parser = duration)]
    list_lag: Duration,
    /// Control plane to simulate
    #[arg(long, value_enum, default_value_t)]
    dialect: Dialect,
    /// Path prefix of the API, such as /durantic
    #[arg(long, default_value = "")]
    prefix: String,
    /// Maximum number of requests per second; others get status 429
    #[arg(long, value_name = "N")]
    rate_limit: Option<usize>,
    /// Inject a fault; may be repeated
    #[arg(long, value_name = "OPERATION=KIND[,MODIFIER…]", long_help = faults::FORM, value_parser = Fault::parse)]
    fault: Vec<Fault>,
    /// Share of responses to inject random faults into, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    fault_rate: f64,
    /// Seed of the random faults, to repeat an earlier run [default: random]
    #[arg(long, value_name = "SEED")]
    fault_seed: Option<u64>,
    /// Divide lists into pages [default: a list has every object]
    #[arg(long, value_enum, value_name = "STYLE")]
    paging: Option<PageStyle>,
    /// Number of objects of a page
    #[arg(long, value_name = "N", default_value_t = 100, requires = "paging")]
    page_size: usize,
    /// Largest number of objects that a request may select for a page [default: no limit]
    #[arg(long, value_name = "N", requires = "paging")]
    page_maximum: Option<usize>,
    /// Do not describe the pages in the published openapi.json
    #[arg(long, requires = "paging")]
    undocumented_pages: bool,
    /// What lists do with unknown query parameters
    #[arg(long, value_enum, default_value_t)]
    unknown_parameters: UnknownParameters,
    /// Send validators with each response to a GET, and status 304 if the client's copy is still valid
    #[arg(long, value_enum, value_name = "KIND")]
    validators: Option<Validators>,
    /// Compress each response whose request accepts gzip
    #[arg(long)]
    gzip: bool,
    /// Add unknown fields to responses
    #[arg(long)]
    unknown_fields: bool,
    /// Serve over TLS, and print the certificate
    #[arg(long)]
    tls: bool,
    /// Serve over TLS with a certificate as `openssl req -x509` makes it, and print it
    #[arg(long, conflicts_with = "tls")]
    tls_of_openssl: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut builder = ControlPlane::builder()
        .listen(arguments.listen)
        .install_time(arguments.install_time)
        .config_push_time(arguments.config_push_time)
        .replication_time(arguments.replication_time)
        .propagation_time(arguments.propagation_time)
        .linger_time(arguments.linger_time)
        .provisioning_lag(arguments.provisioning_lag)
        .list_lag(arguments.list_lag)
        .dialect(arguments.dialect)
        .prefix(&arguments.prefix)
        .unknown_parameters(arguments.unknown_parameters)
        .fault_seed(arguments.fault_seed.unwrap_or_else(|| fastrand::u64(..)));
    for token in arguments.token {
        builder = builder.token(token);
    }
    if let Some(count) = arguments.machines {
        builder = builder.machines(count);
    }
    if let Some(count) = arguments.objects {
        builder = builder.objects(count);
    }
    if let Some(objects) = arguments.random {
        builder = builder.random(1, objects);
    }
    if let Some(file) = arguments.seed {
        builder = builder.seed(file);
    }
    if let Some(limit) = arguments.rate_limit {
        builder = builder.rate_limit(limit);
    }
    if let Some(style) = arguments.paging {
        let mut paging = Paging::new(style, arguments.page_size);
        if let Some(maximum) = arguments.page_maximum {
            paging = paging.maximum(maximum);
        }
        if arguments.undocumented_pages {
            paging = paging.undocumented();
        }
        builder = builder.paging(paging);
    }
    if let Some(validators) = arguments.validators {
        builder = builder.validators(validators);
    }
    if arguments.gzip {
        builder = builder.gzip();
    }
    if arguments.unknown_fields {
        builder = builder.unknown_fields();
    }
    if arguments.tls {
        builder = builder.tls();
    }
    if arguments.tls_of_openssl {
        builder = builder.tls_of_openssl();
    }
    for fault in arguments.fault {
        builder = builder.fault(fault);
    }
    if arguments.fault_rate > 0.0 {
        builder = builder.fault(Fault::new("*", FaultKind::Any).probability(arguments.fault_rate));
    }
    let control_plane = builder.start().await?;
    print_usage(&control_plane)?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Prints the endpoint, the token and how to use them.
fn print_usage(control_plane: &ControlPlane) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "The simulated control plane is ready. To use it with Terraform:"
    )?;
    writeln!(out)?;
    writeln!(out, "  export DURANTIC_ENDPOINT={}", control_plane.endpoint())?;
    writeln!(out, "  export DURANTIC_API_TOKEN={}", control_plane.token())?;
    writeln!(out)?;
    writeln!(
        out,
        "Requests: GET /_control/log · runs: GET /_control/runs · machines: GET /_control/machines"
    )?;
    writeln!(
        out,
        "Fault seed: {} · Press Ctrl-C to stop.",
        control_plane.fault_seed()
    )?;
    if let Some(certificate) = control_plane.certificate() {
        writeln!(out)?;
        writeln!(out, "{certificate}")?;
    }
    out.flush()
}

fn duration(text: &str) -> Result<Duration, String> {
    faults::parse_duration(text).ok_or_else(|| "expected a duration such as `500ms` or `2m`".to_owned())
}
