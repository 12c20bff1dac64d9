//! The provider block, with which `doctor` has the provider check its connection, and the findings of such checks.
//!
//! Tests: `tests/cli/doctor.rs`.

use crate::upgrade::module::Module;

/// The arguments of the provider block that are literal strings or booleans, by name.
#[derive(Default)]
pub struct ProviderBlock(Vec<(String, String)>);

impl ProviderBlock {
    /// The value of an argument: the content of a string, or `true` or `false`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let argument = self.0.iter().find(|(argument, _)| argument == name);
        argument.map(|(_, value)| value.as_str())
    }

    /// The arguments of the provider's blocks without an alias. If an argument occurs twice, the first one counts.
    pub(super) fn find(module: &Module, provider: &str) -> Self {
        let blocks = module.files.iter().flat_map(|file| file.body.blocks());
        let ours = blocks.filter(|block| {
            let is_ours = block
                .labels
                .first()
                .is_some_and(|label| label.as_str() == provider);
            block.ident.as_str() == "provider" && is_ours && !block.body.has_attribute("alias")
        });
        let mut arguments: Vec<(String, String)> = Vec::new();
        for attribute in ours.flat_map(|block| block.body.attributes()) {
            let name = attribute.key.as_str();
            let value = attribute
                .value
                .as_str()
                .map(str::to_owned)
                .or_else(|| attribute.value.as_bool().map(|bool| bool.to_string()));
            if let Some(value) = value.filter(|_| arguments.iter().all(|(argument, _)| argument != name)) {
                arguments.push((name.to_owned(), value));
            }
        }
        Self(arguments)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for ProviderBlock {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(arguments: I) -> Self {
        let arguments = arguments.into_iter();
        Self(
            arguments
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// A result of a check, each as a sentence without its full stop.
pub enum Finding {
    /// A check passed.
    Passed(String),
    /// Information that explains other findings.
    Note(String),
    /// A check failed.
    Problem(Problem),
}

impl Finding {
    /// The finding that a check passed.
    pub fn passed(message: impl Into<String>) -> Self {
        Self::Passed(message.into())
    }

    /// The finding that a check failed, with its remedy.
    pub fn problem(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Problem(Problem::new(message, remedy))
    }
}

/// A problem that keeps Terraform from using the provider, and its remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The problem, as a sentence without its full stop.
    pub message: String,
    /// The remedy, as a sentence.
    pub remedy: String,
}

impl Problem {
    /// A problem with its remedy.
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            remedy: remedy.into(),
        }
    }
}
