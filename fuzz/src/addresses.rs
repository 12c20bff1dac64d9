//! The target for provider addresses and patterns of them.

use tools::address::pattern::Pattern;
use tools::address::{Address, local};

use crate::{Target, seeds};

pub(crate) const ADDRESS: Target = Target {
    name: "address",
    run: address,
    seeds: address_seeds,
    dictionary: &[
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

/// Any string is an address that parses from each of its written forms, or an error with a suggestion. The same holds for
/// patterns.
pub fn address(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match Address::parse(text) {
        Ok(address) => check_forms(text, &address.resolved()),
        Err(error) => assert!(!error.to_string().is_empty() && !error.suggestion.is_empty()),
    }
    if let Ok(address) = Address::implied(text) {
        check_forms(text, &address);
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

/// Each written form of an address parses to the same address.
fn check_forms(text: &str, address: &Address) {
    let [host, namespace, type_name] = &address.path();
    let full = Address::parse_full(&address.full());
    let forms = [
        Address::parse(&address.to_string()),
        Address::from_parts(host, namespace, type_name),
        full.clone(),
    ];
    // Terraform accepts a type with the prefix `terraform-` only on its own, and checks for adjacent dashes and dots before
    // it drops or replaces other characters. So it may reject the normal form of an address that it accepted.
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
    let sources = seeds::file_content("crates/tools/tests/address/sources.txt");
    let sources = sources.lines().filter_map(|line| line.split_once(" => "));
    let patterns = ["*/*", "*/*/*", "example.com/myorg/*", "example.com/*/*", "*/*/x"];
    seeds::inputs(sources.map(|(source, _)| source).chain(patterns))
}
