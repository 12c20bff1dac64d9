//! The target for the language of the declarations.

use std::sync::LazyLock;

use engine::diagnostic::Diagnostics;
use engine::{shape, wire};
use schema::{Source, Sources};
use serde_json::json;
use value::Path;

use crate::{Target, seeds, values};

pub(crate) const SCHEMA: Target = Target {
    name: "schema",
    run: schema,
    seeds: schema_seeds,
    dictionary: &[
        "# as: data/things.toml\n",
        "# as: parts/times.toml\n",
        "# as: provider.toml\n",
        "# as: operations.toml\n",
        "[attributes.",
        "[[constraint]]\n",
        "[job]\n",
        "[api]\n",
        "type = \"list(object)\"\n",
        "type = \"map(set(string))\"\n",
        "mode = \"optional+computed\"\n",
        "default = ",
        "format = \"cidr\"\n",
        "[lookup]\n",
        "{uuid}",
        "\u{200d}\u{1f469}",
        "\t",
        "\r\n",
        "\u{feff}",
    ],
};

const FOLDER: &str = "schema/tests/every-key";

/// The file's name if the first line of the input sets no other.
const NAME: &str = "input.toml";

/// Valid declarations that are loaded together with the input.
static VALID: LazyLock<Vec<Source>> = LazyLock::new(|| {
    [
        "provider.toml",
        "operations.toml",
        "gadget.toml",
        "thing.toml",
        "data/thing.toml",
        "data/things.toml",
        "parts/history.toml",
        "parts/times.toml",
    ]
    .map(|name| Source {
        name: name.to_owned(),
        text: seeds::file_content(&format!("{FOLDER}/{name}")),
    })
    .to_vec()
});

/// Any string gives declarations or problems. Each problem is at an existing place, and the engine can use declarations
/// without a problem.
///
/// A first line `# as: data/machine.toml` sets the file's name, as in `schema/tests/ui`.
pub fn schema(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let name = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# as: "))
        .unwrap_or(NAME);
    let mut files: Vec<Source> = VALID.iter().filter(|file| file.name != name).cloned().collect();
    files.push(Source {
        name: name.to_owned(),
        text: text.to_owned(),
    });
    let sources = Sources {
        folder: "schema".to_owned(),
        files,
    };
    let (model, problems) = schema::load(&sources);
    assert!(problems.is_sorted(), "problems are in the order of the files");
    let rules = schema::rules();
    for problem in &problems {
        let shown = problem.to_string();
        assert!(
            shown.starts_with(&sources.displayed_path(&problem.file)),
            "{shown}"
        );
        assert!(shown.contains(&problem.message), "{shown}");
        assert!(rules.contains(&problem.rule), "{}", problem.rule);
        let file = sources.files.iter().find(|file| file.name == problem.file);
        if let (Some(file), true) = (file, problem.line > 0) {
            // A problem may be at the end of the file, after its last newline.
            let line = file.text.split('\n').nth(problem.line - 1);
            let columns = line.map(|line| line.chars().count() + 1);
            assert!(
                columns.is_some_and(|columns| problem.column <= columns),
                "{shown}"
            );
        }
    }
    if !problems.is_empty() {
        return;
    }
    for declaration in &model.declarations {
        let attributes = &declaration.resource.attributes;
        let known = shape::empty_object(attributes);
        let mut diagnostics = Diagnostics::default();
        let (state, _) = wire::from_response(attributes, &json!({}), &known, &Path::root(), &mut diagnostics);
        values::round_trip(&state, &shape::object_type(attributes));
        assert!(diagnostics.is_empty());
    }
}

fn schema_seeds() -> Vec<Vec<u8>> {
    let examples = seeds::file_contents("schema/tests/ui", ".toml");
    seeds::inputs(examples)
}
