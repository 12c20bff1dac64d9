//! `durantic_variable`

use acceptance::control_plane::Collection;
use serde_json::json;

use super::life::{Resource, life};

fn resource() -> Resource {
    Resource {
        name: "variable",
        collection: Collection::Variables,
        identity: &[("name", "\"variable-${NUMBER}\"")],
        minimal: json!({ "value": "v" }),
        defaults: json!({ "description": "" }),
        full: json!({ "value": "line one\nline two\n", "description": "d" }),
        drift: json!({
            "name": { "name": "outside" },
            "value": { "value": "w" },
            "description": { "description": "e" },
        }),
        seed: Vec::new(),
    }
}

life!(resource());
