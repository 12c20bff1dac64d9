//! The walkthrough of CONTRIBUTING.md: its declaration is extracted from the page and tested.

use std::fs;
use std::path::Path;

use engine::{Binding, Definition};
use schema::{Resource, Source, Sources};

use super::lifecycle::run_lifecycles;

#[tokio::test]
async fn contributing_walkthrough_has_a_working_lifecycle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let [operations, bookmark] =
        <[String; 2]>::try_from(toml_blocks(&page)).expect("the page has two TOML blocks");
    let project = |name: &str| fs::read_to_string(root.join("schema").join(name)).unwrap();
    let source = |name: &str, text: String| Source {
        name: name.to_owned(),
        text,
    };
    let files = vec![
        source("provider.toml", project("provider.toml")),
        source(
            "operations.toml",
            format!("{}{operations}", project("operations.toml")),
        ),
        source("parts/object.toml", project("parts/object.toml")),
        source("bookmark.toml", bookmark),
    ];
    let sources = Sources {
        files,
        ..Sources::default()
    };
    let (model, problems) = schema::load(&sources);
    assert!(problems.is_empty(), "{problems:#?}");

    let declared = model
        .declarations
        .into_iter()
        .map(|declaration| leak(declaration.resource));
    let resources: Vec<Binding> = declared.map(|schema| Binding { schema, hook: None }).collect();
    assert_eq!(resources.len(), 1);
    let definition: &'static Definition = Box::leak(Box::new(Definition {
        provider: Box::leak(Box::new(model.provider)),
        operations: Vec::leak(model.operations),
        resources: Vec::leak(resources),
        data_sources: &[],
    }));
    run_lifecycles(definition).await;
}

fn leak(resource: Resource) -> &'static Resource {
    Box::leak(Box::new(resource))
}

/// The TOML blocks of a page, without their indentation.
fn toml_blocks(page: &str) -> Vec<String> {
    let blocks = page
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```").map(|(block, _)| block));
    let dedent = |line: &str| line.strip_prefix("   ").unwrap_or(line).to_owned() + "\n";
    blocks.map(|block| block.lines().map(dedent).collect()).collect()
}
