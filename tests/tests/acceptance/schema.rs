//! The whole schema as Terraform prints it: from TOML over statics and protocol to JSON.

use acceptance::terraform::Workspace;
use serde_json::Value;

use super::provider;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/providers-schema.json");

/// `BLESS=1` writes the file anew: read the difference before you commit it.
#[tokio::test]
async fn the_schema_is_the_pinned_one() {
    let workspace = Workspace::bare(provider(), "");
    let run = workspace.run(&["providers", "schema", "-json"]).await.succeeds();
    let printed: Value = serde_json::from_str(&run.stdout).expect("a schema in JSON");
    let printed = serde_json::to_string_pretty(&printed).expect("JSON") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(GOLDEN, &printed).expect("the golden file is written");
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert!(
        printed == golden,
        "the schema differs from tests/data/providers-schema.json: run with BLESS=1, read the difference"
    );
}
