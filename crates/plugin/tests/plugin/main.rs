//! The plugin server over real sockets and real TLS.
#![cfg(test)]
#![cfg(unix)]

mod ending;
mod security;
mod serving;
mod support;
