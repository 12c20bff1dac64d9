//! Tests of the plugin server with real sockets and real TLS.
#![cfg(test)]
#![cfg(unix)]

mod security;
mod serving;
mod shutdown;
mod support;
