//! What the configuration says of the provider, for the call to its API.

use std::path::Path;

use super::super::Context;
use super::Findings;
use crate::upgrade::module::Module;

/// The arguments of the provider's block that are written as plain values, as text.
pub struct ProviderBlock(Vec<(String, String)>);

impl ProviderBlock {
    /// The text of an argument: `true` of a boolean, the content of a string.
    pub fn get(&self, name: &str) -> Option<&str> {
        let argument = self.0.iter().find(|(argument, _)| argument == name);
        argument.map(|(_, text)| text.as_str())
    }

    /// The first block without an alias.
    fn find(module: &Module, provider: &str) -> ProviderBlock {
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
        ProviderBlock(arguments)
    }
}

pub fn check(context: &Context, directory: &Path, findings: &mut Findings) {
    let block = Module::load(directory).map_or_else(
        |_| ProviderBlock(Vec::new()),
        |module| ProviderBlock::find(&module, context.identity.name),
    );
    let found = (context.identity.probe)(&block, &context.environment);
    findings.lines.extend(found);
}
