//! The dependency lock file `.terraform.lock.hcl`, in which `terraform init` records the providers that it selected.
//!
//! Source: <https://developer.hashicorp.com/terraform/language/files/dependency-lock>.

use std::path::Path;

use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;

use super::version::Version;
use crate::address::Address;

/// The file name of the lock file, in the directory of the configuration.
pub const FILE: &str = ".terraform.lock.hcl";

/// The version and the checksums that `terraform init` selected for one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The provider.
    pub address: Address,
    /// The selected version.
    pub version: Version,
    /// The version constraints of the configuration when the version was selected.
    pub constraints: Option<String>,
    /// The checksums of the packages that Terraform accepts, each with its scheme, e.g. `h1:…`.
    pub hashes: Vec<String>,
}

/// Why a lock file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The file cannot be read.
    #[error("failed to read the lock file `{FILE}`: {0}")]
    File(#[from] std::io::Error),
    /// The file is not valid HCL.
    #[error("the lock file `{FILE}` has a syntax error: {0}")]
    Syntax(#[from] hcl_edit::parser::Error),
    /// Terraform would not write an entry like this one.
    #[error("the lock file `{FILE}` is invalid: the entry `{0}` {1}")]
    Entry(String, &'static str),
}

/// The entries of the lock file in a directory; empty if there is no lock file.
///
/// # Errors
///
/// [`LockError`], if the file cannot be read or is invalid.
pub fn read(directory: &Path) -> Result<Vec<Entry>, LockError> {
    match std::fs::read_to_string(directory.join(FILE)) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// The entries of a lock file with this content.
///
/// # Errors
///
/// [`LockError`], if the content is not valid HCL, or an entry has no valid address and version.
pub fn parse(text: &str) -> Result<Vec<Entry>, LockError> {
    let body = hcl_edit::parser::parse_body(text)?;
    body.get_blocks("provider")
        .map(|block| {
            let name = block
                .labels
                .first()
                .map(hcl_edit::structure::BlockLabel::as_str)
                .unwrap_or_default();
            let invalid = |problem| LockError::Entry(name.to_owned(), problem);
            let address = Address::parse_full(name).map_err(|_| invalid("does not have a full address"))?;
            if address.full() != name {
                return Err(invalid("has an address that is not in normal form"));
            }
            let version =
                string_attribute(&block.body, "version").ok_or_else(|| invalid("has no version"))?;
            let version = Version::parse(&version).map_err(|_| invalid("has an invalid version"))?;
            let hashes = block
                .body
                .get_attribute("hashes")
                .map(|attribute| &attribute.value);
            let hashes = match hashes {
                Some(Expression::Array(array)) => array
                    .iter()
                    .filter_map(|item| item.as_str().map(str::to_owned))
                    .collect(),
                _ => Vec::new(),
            };
            Ok(Entry {
                address,
                version,
                constraints: string_attribute(&block.body, "constraints"),
                hashes,
            })
        })
        .collect()
}

fn string_attribute(body: &Body, key: &str) -> Option<String> {
    body.get_attribute(key)?.value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_reads_entries_and_names_an_invalid_one() {
        let text = "provider \"registry.terraform.io/a/b\" {\n  version     = \"1.2.3\"\n  constraints = \"~> 1.2\"\n  \
                    hashes = [\n    \"h1:x\",\n    \"zh:y\",\n  ]\n}\n";
        let [entry] = &parse(text).unwrap()[..] else {
            panic!("one entry")
        };
        assert_eq!(entry.address.to_string(), "a/b");
        assert_eq!(entry.version, Version::new(1, 2, 3));
        assert_eq!(entry.constraints.as_deref(), Some("~> 1.2"));
        assert_eq!(entry.hashes, ["h1:x", "zh:y"]);
        for (text, expected) in [
            ("provider \"a/b\" {}\n", "does not have a full address"),
            ("provider \"registry.terraform.io/A/b\" {}\n", "normal form"),
            ("provider \"registry.terraform.io/a/b\" {}\n", "has no version"),
            ("provider {", "syntax error"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
