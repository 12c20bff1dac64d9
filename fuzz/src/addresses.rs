//! Addresses of providers, and patterns of them.

use tools::address::pattern::Pattern;
use tools::address::{Address, local};

use crate::{Target, seeds};

pub(crate) const ADDRESS: Target = Target {
    name: "address",
    run: address,
    seeds: address_seeds,
    words: &[
        "registry.terraform.io/",
        "terraform-provider-",
        "xn--",
        ":443",
        ":-1",
        "*/",
        "-/",
        "?/",
        "\u{ad}",
        "\u{3002}",
        "\u{df}",
        "\u{200d}",
        "github.com/",
        "://",
    ],
};

/// Any text is an address that reads back from each of its forms, or an error that says what to write; the same for
/// patterns.
pub fn address(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match Address::parse(text) {
        Ok(address) => reads_back(text, &address.resolved()),
        Err(error) => assert!(!error.to_string().is_empty() && !error.suggestion.is_empty()),
    }
    if let Ok(address) = Address::implied(text) {
        reads_back(text, &address);
    }
    match Pattern::parse(text) {
        Ok(pattern) if !text.contains('*') => {
            let address = Address::parse(text).expect("a pattern without `*` is an address");
            assert!(pattern.matches(&address));
        }
        Ok(_) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// No form of an address is that of another one.
fn reads_back(text: &str, address: &Address) {
    let [host, namespace, type_name] = &address.path();
    let full = Address::parse_full(&address.full());
    let forms = [
        Address::parse(&address.to_string()),
        Address::from_parts(host, namespace, type_name),
        full.clone(),
    ];
    // Terraform takes a type with its own name before it where that stands alone, and looks for dashes and dots that
    // have nothing between them before it leaves out or replaces other characters. What it takes it may then refuse.
    let is_exact = text.is_ascii() && !address.type_name().starts_with("terraform-") && !address.is_legacy();
    for again in forms {
        match again {
            Ok(again) => assert_eq!(again, *address),
            Err(error) => assert!(!is_exact, "{error}"),
        }
    }
    if full.is_ok() {
        let pattern = Pattern::parse(&address.full()).expect("an address is a pattern");
        assert!(pattern.matches(address));
    }
    assert_eq!(local::suggest(std::slice::from_ref(address)).len(), 1);
}

fn address_seeds() -> Vec<Vec<u8>> {
    let sources = seeds::text("crates/tools/tests/address/sources.txt");
    let sources = sources.lines().filter_map(|line| line.split_once(" => "));
    let patterns = ["*/*", "*/*/*", "example.com/myorg/*", "example.com/*/*", "*/*/x"];
    seeds::inputs(sources.map(|(source, _)| source).chain(patterns))
}
