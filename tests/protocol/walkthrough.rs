//! The walkthrough of CONTRIBUTING.md: its declarations are extracted from the page and tested.

use std::fs;
use std::path::Path;

use engine::{Binding, Definition};
use schema::{Kind, Source, Sources};

use super::lifecycle::run_lifecycles;

#[tokio::test]
async fn contributing_walkthrough_has_a_working_lifecycle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let [operations, bookmark, data_source] =
        <[String; 3]>::try_from(toml_blocks(&page)).expect("the page has three TOML blocks");
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
        source("data/bookmark.toml", data_source),
    ];
    let sources = Sources {
        files,
        ..Sources::default()
    };
    let (model, problems) = schema::load(&sources);
    assert!(problems.is_empty(), "{problems:#?}");

    let bindings = |kind: Kind| -> Vec<Binding> {
        let declared = model
            .declarations
            .iter()
            .filter(|declaration| declaration.resource.kind == kind);
        declared
            .map(|declaration| Binding {
                schema: Box::leak(Box::new(declaration.resource.clone())),
                hook: None,
            })
            .collect()
    };
    let (resources, data_sources) = (bindings(Kind::Resource), bindings(Kind::DataSource));
    assert_eq!((resources.len(), data_sources.len()), (1, 1));
    let lookups = data_sources[0].schema.lookups.iter();
    let by: Vec<&str> = lookups.filter_map(|lookup| lookup.by.as_deref()).collect();
    assert_eq!(by, ["uuid", "name"]);
    let definition: &'static Definition = Box::leak(Box::new(Definition {
        provider: Box::leak(Box::new(model.provider)),
        operations: Vec::leak(model.operations),
        resources: Vec::leak(resources),
        data_sources: Vec::leak(data_sources),
        functions: &[],
    }));
    run_lifecycles(definition).await;
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
