//! The whole schema as Terraform prints it, compared with a snapshot.

use std::path::Path;

use acceptance::terraform::Workspace;
use serde_json::Value;

use super::provider;

/// `INSTA_UPDATE=always` rewrites the snapshot. Read the difference before you commit it.
#[tokio::test]
async fn served_schema_equals_the_snapshot() {
    let workspace = Workspace::unconfigured(provider(), "");
    let run = workspace.run(&["providers", "schema", "-json"]).await.succeeds();
    let printed: Value = serde_json::from_str(&run.stdout).expect("a schema in JSON");
    let printed = serde_json::to_string_pretty(&printed).expect("JSON");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("data"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("providers-schema", printed));
}
