//! The simulated control plane as a program, for trying the provider by hand.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use harness::control_plane::faults::{self, Fault, FaultKind};
use harness::control_plane::{ControlPlane, Dialect};

/// A simulated control plane of Durantic: machines without metal, for trying the Terraform provider.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A token to accept; may be repeated. One is made up without it
    #[arg(long)]
    token: Vec<String>,
    /// Have this many machines, node-1 and so on, in place of the seed's three
    #[arg(long)]
    machines: Option<u32>,
    /// A JSON file with what is there at the start, such as tests/data/seed.json
    #[arg(long)]
    seed: Option<PathBuf>,
    /// How long a provision run takes
    #[arg(long, default_value = "30s", value_parser = duration)]
    install_time: Duration,
    /// How long an agent needs to take a change of its configuration
    #[arg(long, default_value = "2s", value_parser = duration)]
    config_push_time: Duration,
    /// Which control plane to be
    #[arg(long, value_enum, default_value_t)]
    dialect: Dialect,
    /// Be under this path, such as /durantic
    #[arg(long, default_value = "")]
    prefix: String,
    /// Admit this many requests a second and answer the others with 429
    #[arg(long, value_name = "N")]
    rate_limit: Option<usize>,
    /// Let something go wrong; may be repeated
    #[arg(long, value_name = "OPERATION=KIND[,MODIFIER…]", long_help = faults::FORM, value_parser = Fault::parse)]
    fault: Vec<Fault>,
    /// Let this share of all answers go wrong, each in another way
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    fault_rate: f64,
    /// Let the same go wrong as in the run that printed this seed
    #[arg(long, value_name = "SEED")]
    fault_seed: Option<u64>,
    /// Answer with fields that no version of the API has
    #[arg(long)]
    unknown_fields: bool,
    /// Speak TLS; the certificate is printed
    #[arg(long)]
    tls: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut builder = ControlPlane::builder()
        .listen(arguments.listen)
        .install_time(arguments.install_time)
        .config_push_time(arguments.config_push_time)
        .dialect(arguments.dialect)
        .prefix(&arguments.prefix)
        .fault_seed(arguments.fault_seed.unwrap_or_else(|| fastrand::u64(..)));
    for token in arguments.token {
        builder = builder.token(token);
    }
    if let Some(count) = arguments.machines {
        builder = builder.machines(count);
    }
    if let Some(file) = arguments.seed {
        builder = builder.seed(file);
    }
    if let Some(limit) = arguments.rate_limit {
        builder = builder.rate_limit(limit);
    }
    if arguments.unknown_fields {
        builder = builder.unknown_fields();
    }
    if arguments.tls {
        builder = builder.tls();
    }
    for fault in arguments.fault {
        builder = builder.fault(fault);
    }
    if arguments.fault_rate > 0.0 {
        builder = builder.fault(Fault::new("*", FaultKind::Any).probability(arguments.fault_rate));
    }
    let control_plane = builder.start().await?;
    introduce(&control_plane)?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Says where the control plane is and how to use it.
fn introduce(control_plane: &ControlPlane) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "The simulated control plane listens. Point Terraform at it:")?;
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
        "Seed of the faults: {} · Ctrl-C ends it.",
        control_plane.fault_seed()
    )?;
    if let Some(certificate) = control_plane.certificate() {
        writeln!(out)?;
        writeln!(out, "{certificate}")?;
    }
    out.flush()
}

fn duration(text: &str) -> Result<Duration, String> {
    faults::parse_duration(text).ok_or_else(|| "not a time such as `500ms` or `2m`".to_owned())
}
