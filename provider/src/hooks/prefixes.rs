//! Address blocks in arguments.
//!
//! Tests: below.

use engine::survey::Survey;
use ipnet::IpNet;
use value::{Path, Value};

use crate::summaries;

/// Warns of each block in a list that has bits set outside its prefix, unless it was there before.
pub fn warn_host_bits(survey: &mut Survey<'_>, path: &Path, blocks: &Value, before: &Value) {
    let problems: Vec<(usize, String)> = blocks
        .elements()
        .iter()
        .enumerate()
        .filter(|(_, block)| !before.elements().contains(block))
        .filter_map(|(index, block)| Some((index, host_bits(block.as_str()?)?)))
        .collect();
    for (index, problem) in problems {
        survey.warn(path.index(index), &summaries::PREFIX_HAS_HOST_BITS, problem);
    }
}

/// Describes a block that has bits set outside its prefix.
fn host_bits(block: &str) -> Option<String> {
    let parsed: IpNet = block.parse().ok()?;
    let meant = parsed.trunc();
    (parsed != meant).then(|| {
        format!("`{block}` has bits set outside its prefix. It is the block `{meant}`; for one address, write `{}/{}`.", parsed.addr(), parsed.max_prefix_len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_with_host_bits_are_described() {
        for block in ["10.0.0.0/8", "0.0.0.0/0", "10.0.0.1/32", "fd00::/8", "::/0", "x"] {
            assert_eq!(host_bits(block), None, "{block}");
        }
        let found = host_bits("10.0.0.1/8").unwrap();
        assert!(
            found.contains("`10.0.0.0/8`") && found.contains("`10.0.0.1/32`"),
            "{found}"
        );
        assert!(host_bits("fd00::1/64").unwrap().contains("`fd00::/64`"));
    }
}
