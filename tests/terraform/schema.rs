//! The whole schema as Terraform prints it: from TOML over statics and protocol to JSON.

use std::path::Path;

use acceptance::terraform::Workspace;
use serde_json::Value;

use super::provider;

/// `INSTA_UPDATE=always` writes the file anew: read the difference before you commit it.
#[tokio::test]
async fn the_schema_is_the_pinned_one() {
    let workspace = Workspace::bare(provider(), "");
    let run = workspace.run(&["providers", "schema", "-json"]).await.succeeds();
    let printed: Value = serde_json::from_str(&run.stdout).expect("a schema in JSON");
    let printed = serde_json::to_string_pretty(&printed).expect("JSON");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("data"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("providers-schema", printed));
}
