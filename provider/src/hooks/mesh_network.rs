//! `durantic_mesh_network`: the control plane accepts only private blocks without host bits. The hook rejects others
//! before the apply, and warns of blocks that overlap.
//!
//! Tests: below, and `tests/terraform/mesh_network.rs`.

use async_trait::async_trait;
use engine::codec::Codec;
use engine::diagnostic::Diagnostics;
use engine::hook::Hook;
use engine::survey::Survey;
use ipnet::{IpNet, Ipv4Net};
use value::{Path, Value};

use crate::summaries;

/// The private blocks of [RFC 1918](https://www.rfc-editor.org/rfc/rfc1918#section-3): two octets and the prefix length.
const PRIVATE: [(u8, u8, u8); 3] = [(10, 0, 8), (172, 16, 12), (192, 168, 16)];

const CIDR: &str = "network_cidr";

/// Checks `network_cidr`.
pub struct MeshNetwork;

impl Codec for MeshNetwork {}

#[async_trait]
impl Hook for MeshNetwork {
    async fn check(&self, survey: &mut Survey<'_>) {
        let planned = survey.planned().get(CIDR).as_str().map(str::parse::<IpNet>);
        let Some(Ok(network)) = planned.filter(|_| survey.sets(CIDR)) else {
            return;
        };
        for other in survey.all("mesh_network").await.unwrap_or_default() {
            let Some(cidr) = other.string(CIDR) else { continue };
            if cidr.parse().is_ok_and(|other| overlap(&network, &other)) {
                let detail = format!(
                    "{network} overlaps {cidr} of the {}. A machine can reach only one of two machines with the same address.",
                    other.title()
                );
                survey.warn(Path::root().attribute(CIDR), &summaries::NETWORKS_OVERLAP, detail);
            }
        }
    }

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        // A string that is not a CIDR block violates the declared `format`, which the engine reports.
        let Some(Ok(network)) = config.get(CIDR).as_str().map(str::parse::<IpNet>) else {
            return;
        };
        let path = Path::root().attribute(CIDR);
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

fn overlap(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}

fn is_private(network: &IpNet) -> bool {
    let IpNet::V4(network) = network else { return false };
    PRIVATE.iter().any(|(first, second, length)| {
        Ipv4Net::new(std::net::Ipv4Addr::new(*first, *second, 0, 0), *length)
            .is_ok_and(|private| private.contains(network))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_with_common_addresses_overlap() {
        let overlap = |one: &str, other: &str| overlap(&one.parse().unwrap(), &other.parse().unwrap());
        for (one, other) in [
            ("10.0.0.0/24", "10.0.0.0/24"),
            ("10.0.0.0/8", "10.1.0.0/16"),
            ("10.1.0.0/16", "10.0.0.0/8"),
        ] {
            assert!(overlap(one, other), "{one} {other}");
        }
        assert!(!overlap("10.0.0.0/24", "10.0.1.0/24"));
        assert!(!overlap("10.0.0.0/24", "fd00::/8"));
    }
}
