//! The statics that `provider!` generates from the project's declarations equal the model that the parser reads.

#![cfg(test)]

use std::path::Path;

use engine::Binding;
use provider::durantic::DEFINITION;
use schema::{Kind, Model, Sources};

fn parsed() -> Model {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema");
    let sources = Sources::read(&folder, "schema").unwrap();
    let (model, problems) = schema::load(&sources);
    assert!(problems.is_empty(), "{problems:#?}");
    model
}

#[test]
fn provider_macro_generates_the_parsed_model() {
    let model = parsed();
    assert_eq!(*DEFINITION.provider, model.provider);
    let bindings: Vec<&Binding> = DEFINITION
        .resources
        .iter()
        .chain(DEFINITION.data_sources)
        .collect();
    assert_eq!(bindings.len(), model.declarations.len());
    for binding in bindings {
        let same = |kind: Kind, name: &str| binding.schema.kind == kind && binding.schema.name == name;
        let declaration = model
            .declarations
            .iter()
            .find(|declaration| same(declaration.resource.kind, &declaration.resource.name));
        assert_eq!(*binding.schema, declaration.unwrap().resource);
        assert_eq!(binding.hook.is_some(), binding.schema.hook.is_some());
    }
}

#[test]
fn provider_macro_generates_all_operations() {
    // A hook may request any of them.
    assert_eq!(DEFINITION.operations, parsed().operations);
}
