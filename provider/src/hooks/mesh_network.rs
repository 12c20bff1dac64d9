//! `durantic_mesh_network`: the control plane accepts only private blocks without host bits. The hook rejects others
//! before the apply.
//!
//! Tests: `tests/terraform/mesh_network.rs`.

use engine::codec::Codec;
use engine::diagnostic::Diagnostics;
use engine::hook::Hook;
use ipnet::{IpNet, Ipv4Net};
use value::{Path, Value};

use crate::summaries;

/// The private blocks of [RFC 1918](https://www.rfc-editor.org/rfc/rfc1918#section-3): two octets and the prefix length.
const PRIVATE: [(u8, u8, u8); 3] = [(10, 0, 8), (172, 16, 12), (192, 168, 16)];

/// Checks `network_cidr`.
pub struct MeshNetwork;

impl Codec for MeshNetwork {}

impl Hook for MeshNetwork {
    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        // A string that is not a CIDR block violates the declared `format`, which the engine reports.
        let Some(Ok(network)) = config.get("network_cidr").as_str().map(str::parse::<IpNet>) else {
            return;
        };
        let path = Path::root().attribute("network_cidr");
        if !is_private(&network) {
            diagnostics.error_at(
                path,
                &summaries::NETWORK_NOT_PRIVATE,
                format!(
                    "`network_cidr` must be a block within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 (RFC 1918), got \
                     {network}."
                ),
            );
        } else if network != network.trunc() {
            diagnostics.error_at(
                path,
                &summaries::NETWORK_HAS_HOST_BITS,
                format!(
                    "`network_cidr` has bits set outside its prefix, got {network}. Did you mean {}?",
                    network.trunc()
                ),
            );
        }
    }
}

fn is_private(network: &IpNet) -> bool {
    let IpNet::V4(network) = network else { return false };
    PRIVATE.iter().any(|(first, second, length)| {
        Ipv4Net::new(std::net::Ipv4Addr::new(*first, *second, 0, 0), *length)
            .is_ok_and(|private| private.contains(network))
    })
}
