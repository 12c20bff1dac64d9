//! The targets for files that Terraform and its users write.

use tools::address::Address;
use tools::hcl::token::{self, Kind, Token};
use tools::hcl::{config, format};
use tools::package::lock;

use crate::{Target, seeds};

pub(crate) const HCL: Target = Target {
    name: "hcl",
    run: hcl,
    seeds: hcl_seeds,
    dictionary: &[
        "<<-EOT\n",
        "\nEOT\n",
        "${",
        "%{",
        "~}",
        "$${",
        "/*",
        "*/",
        "//",
        "...",
        "::",
        "=>",
        "[for x in y : x]",
        "\"",
        "\r\n",
        "\u{feff}",
        "provider_installation {\n",
        "variable \"x\" {\n",
        "type = \"list\"\n",
    ],
};

pub(crate) const LOCK_FILE: Target = Target {
    name: "lock_file",
    run: lock_file,
    seeds: lock_file_seeds,
    dictionary: &[
        "provider \"registry.terraform.io/",
        "version     = \"",
        "constraints = \"~> ",
        "hashes = [\n",
        "\"h1:",
        "<<EOT\n",
        "${",
    ],
};

/// The tokens of any string contain everything but whitespace, any string is a CLI configuration or an error on one of its
/// lines, and a formatted configuration is still valid and does not change when it is formatted again.
pub fn hcl(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let tokens = token::tokens(text);
    let written: String = tokens.iter().map(|token| token.text.as_str()).collect();
    let begun = text.strip_prefix('\u{feff}').unwrap_or(text);
    assert_eq!(without_spaces(&written), without_spaces(begun));
    if let Err(error) = config::parse(text) {
        assert!((1..=text.split('\n').count()).contains(&error.line), "{error}");
    }
    // The parser accepts strings of several lines, and characters that Terraform rejects.
    let count = |kind| tokens.iter().filter(|token| token.kind == kind).count();
    let is_closed = count(Kind::OpenQuote) == count(Kind::CloseQuote);
    let is_hcl = |token: &Token| token.kind != Kind::Other || token.text == "=>";
    if is_closed
        && is_shallow(&tokens)
        && tokens.iter().all(is_hcl)
        && hcl_edit::parser::parse_body(text).is_ok()
    {
        let formatted = format::format(text);
        assert!(
            hcl_edit::parser::parse_body(&formatted).is_ok(),
            "{text:?} became {formatted:?}"
        );
        assert_eq!(format::format(&formatted), formatted, "from {text:?}");
    }
}

/// Whether the parser is sure to finish soon: for some nestings its time doubles with each level.
fn is_shallow(tokens: &[Token]) -> bool {
    let mut depth = 0;
    tokens.iter().all(|token| {
        depth += token.kind.depth();
        depth <= 8
    })
}

fn without_spaces(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_whitespace())
        .collect()
}

/// Any string is a lock file whose entries have full addresses, or an error.
pub fn lock_file(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match lock::parse(text) {
        Ok(entries) => {
            for entry in entries {
                assert_eq!(Address::parse_full(&entry.address.full()), Ok(entry.address));
                assert!(text.contains(&entry.version.to_string()));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A CLI configuration, an unformatted configuration, and the examples.
fn hcl_seeds() -> Vec<Vec<u8>> {
    let cli = "plugin_cache_dir = \"$HOME/x\"\nprovider_installation {\n  filesystem_mirror {\n    path = \"/x\"\n    \
               include = [\"a/b\", \"*/*\"]\n  }\n  direct {\n    exclude = [\"a/b\"]\n  }\n}\n";
    let odd = "resource a b{\nx=<<-EOT\n   kept  ${ a }\n    EOT\n list=[\n1,\n2 ,{a=1}] # c\n}\nvariable x{type=\"list\"\n}\n";
    let examples = seeds::file_contents("examples", ".tf");
    let upgrades = seeds::file_contents("crates/tools/tests/upgrade", ".tf");
    let written = [cli, odd].map(str::to_owned);
    seeds::inputs(written.into_iter().chain(examples).chain(upgrades))
}

fn lock_file_seeds() -> Vec<Vec<u8>> {
    seeds::inputs([
        "# This file is maintained automatically by \"terraform init\".\n\nprovider \
         \"registry.terraform.io/durantic/durantic\" {\n  version     = \"1.3.0\"\n  constraints = \"~> 1.3, != \
         1.3.2\"\n  hashes = [\n    \"h1:x=\",\n    \"zh:00\",\n  ]\n}\n",
        "provider \"example.com:8443/a/b\" {\n  version = \"2.0.0-beta1+build\"\n}\n",
    ])
}
