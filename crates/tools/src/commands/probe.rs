//! What `doctor` asks the program whether its API can be called with, and what it gets.
//!
//! Tests: `tests/cli/doctor.rs`.

use crate::upgrade::module::Module;

/// The arguments of the provider's block that are written as plain values, as strings.
#[derive(Default)]
pub struct ProviderBlock(Vec<(String, String)>);

impl ProviderBlock {
    /// The text of an argument: `true` of a boolean, the content of a string.
    pub fn get(&self, name: &str) -> Option<&str> {
        let argument = self.0.iter().find(|(argument, _)| argument == name);
        argument.map(|(_, text)| text.as_str())
    }

    /// The first block without an alias.
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
            let text = attribute
                .value
                .as_str()
                .map(str::to_owned)
                .or_else(|| attribute.value.as_bool().map(|bool| bool.to_string()));
            if let Some(text) = text.filter(|_| arguments.iter().all(|(argument, _)| argument != name)) {
                arguments.push((name.to_owned(), text));
            }
        }
        Self(arguments)
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for ProviderBlock {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(arguments: I) -> Self {
        let arguments = arguments.into_iter();
        Self(arguments.map(|(name, text)| (name.into(), text.into())).collect())
    }
}

/// What a check found.
pub enum Finding {
    /// Something is as it should be.
    Good(String),
    /// Something is worth knowing.
    Note(String),
    /// Something is in the way.
    Bad(Problem),
}

impl Finding {
    /// Something is as it should be.
    pub fn good(text: impl Into<String>) -> Self {
        Self::Good(text.into())
    }

    /// Something is in the way, and what to do about it.
    pub fn bad(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Bad(Problem::new(text, remedy))
    }
}

/// Something that is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, as a sentence without its full stop.
    pub text: String,
    /// What to do, as a sentence.
    pub remedy: String,
}

impl Problem {
    /// A problem with its remedy.
    pub fn new(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            remedy: remedy.into(),
        }
    }
}
