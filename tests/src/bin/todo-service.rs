//! The to-do service as a program, to try `examples/another-provider/` by hand.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;

use acceptance::todo::Todo;
use clap::Parser;

/// Run a to-do service that keeps all items in memory.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on; port 0 selects a free port
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let todo = Todo::start(Arguments::parse().listen).await?;
    let mut out = io::stdout().lock();
    writeln!(out, "export TODO_URL={}", todo.url())?;
    writeln!(out, "export TODO_TOKEN={}", todo.token())?;
    writeln!(out, "# Press Ctrl-C to stop the service.")?;
    drop(out);
    tokio::signal::ctrl_c().await?;
    Ok(())
}
