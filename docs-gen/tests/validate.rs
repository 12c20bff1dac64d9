//! `docs-gen validate`: every mistake is found, with its file and line, and what is right passes.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use docs_gen::examples::Examples;
use docs_gen::facts::{Documentation, declared};
use docs_gen::validate::{Problem, Subcategories, Subject, validate};
use provider::durantic::DEFINITION;
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A copy of this repository's pages and examples, to be broken.
struct Copy(TempDir);

impl Copy {
    fn new() -> Copy {
        let copy = Copy(tempfile::tempdir().expect("a folder"));
        for folder in ["docs", "examples"] {
            for path in docs_gen::files::walk(&root().join(folder)).expect("the folder") {
                let text = fs::read_to_string(root().join(folder).join(&path)).expect("a file");
                copy.write(&format!("{folder}/{path}"), &text);
            }
        }
        copy
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.0.path().join(path)).expect(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, &text.replacen(from, to, 1));
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.0.path().join(path)).expect(path);
    }

    fn documentation(&self) -> Documentation {
        let examples = Examples::new(self.0.path().join("examples"));
        declared::documentation(&DEFINITION, "0.0.0", &examples).expect("the facts")
    }

    fn problems(&self) -> Vec<String> {
        self.problems_of(&self.documentation(), Subcategories::default())
    }

    fn problems_of(&self, documentation: &Documentation, subcategories: Subcategories) -> Vec<String> {
        let examples = Examples::new(self.0.path().join("examples"));
        let subject = Subject {
            root: self.0.path(),
            documentation,
            definition: Some(&DEFINITION),
            examples: &examples,
            subcategories,
        };
        let problems = validate(&subject).expect("the files can be read");
        let shown = problems.into_iter().map(|problem| {
            let file = problem
                .file
                .strip_prefix(self.0.path())
                .expect("a file of the copy")
                .to_owned();
            Problem { file, ..problem }.to_string()
        });
        shown.collect()
    }
}

#[test]
fn what_is_right_passes() {
    assert_eq!(Copy::new().problems(), Vec::<String>::new());
}

#[test]
fn all_problems_come_at_once() {
    let copy = Copy::new();
    copy.remove("docs/resources/vip.md");
    copy.write("docs/resources/nothing.md", "---\npage_title: x\n---\n");
    copy.write("docs/guides/x.md", "no front matter\n");
    assert_eq!(
        copy.problems(),
        [
            "docs/guides/x.md:1: no frontmatter found",
            "docs/resources: missing documentation file for resource: durantic_vip",
            "docs/resources/nothing.md: matching resource for documentation file not found, file is extraneous or incorrectly named",
        ]
    );
}

#[test]
fn a_folder_that_is_missing_as_a_whole_does_not_pass() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.0.path().join("docs/data-sources")).expect("removed");
    let problems = copy.problems();
    assert_eq!(problems.len(), DEFINITION.data_sources.len(), "{problems:?}");
    assert!(problems[0].contains("missing documentation file for datasource: durantic_image"));
}

#[test]
fn layouts_are_not_mixed_and_folders_are_known() {
    let copy = Copy::new();
    copy.write(
        "website/docs/r/vip.html.md",
        "---\nlayout: x\npage_title: x\ndescription: x\n---\n",
    );
    copy.write("docs/resources/deep/vip.md", "x");
    copy.write("docs/elsewhere/x.txt", "not looked at");
    let problems = copy.problems();
    assert!(problems.contains(&"website/docs: mixed Terraform Provider documentation directory layouts found, must use only legacy or registry layout".to_owned()), "{problems:#?}");
    assert!(problems.contains(
        &"docs/resources/deep: invalid Terraform Provider documentation directory found".to_owned()
    ));
    assert!(!problems.iter().any(|problem| problem.contains("elsewhere")));
}

#[test]
fn extensions_and_sizes() {
    let copy = Copy::new();
    copy.write("docs/guides/x.txt", "---\npage_title: x\n---\n");
    copy.write(
        "docs/guides/large.md",
        &format!("---\npage_title: x\n---\n{}", "x".repeat(500_000)),
    );
    assert_eq!(
        copy.problems(),
        [
            "docs/guides/large.md: exceeded maximum (500000) size of documentation file for Terraform Registry: 500022",
            "docs/guides/x.txt: file does not end with a valid extension, valid extensions: [.md]",
        ]
    );
}

#[test]
fn front_matter_of_every_kind_of_page() {
    let copy = Copy::new();
    copy.replace(
        "docs/index.md",
        "description: |-",
        "subcategory: \"\"\nlayout: x\ndescription: |-",
    );
    copy.replace("docs/guides/provisioning.md", "page_title: ", "title: ");
    copy.replace("docs/resources/vip.md", "subcategory: \"\"", "sidebar_current: x");
    copy.replace("docs/resources/route.md", "subcategory: \"\"", "subcategory: [");
    let problems = copy.problems();
    assert_eq!(problems.len(), 5, "{problems:#?}");
    assert_eq!(
        problems[0],
        "docs/guides/provisioning.md:1: YAML frontmatter missing required page_title"
    );
    assert_eq!(
        problems[1],
        "docs/index.md:3: YAML frontmatter should not contain subcategory"
    );
    assert_eq!(
        problems[2],
        "docs/index.md:4: YAML frontmatter should not contain layout"
    );
    assert!(
        problems[3].starts_with("docs/resources/route.md:")
            && problems[3].contains("error parsing YAML frontmatter: ")
    );
    assert_eq!(
        problems[4],
        "docs/resources/vip.md:3: YAML frontmatter should not contain sidebar_current"
    );
}

#[test]
fn subcategories_may_be_limited() {
    let copy = Copy::new();
    copy.replace(
        "docs/resources/vip.md",
        "subcategory: \"\"",
        "subcategory: \"Netwroking\"",
    );
    let subcategories = Subcategories {
        guides: None,
        objects: Some(vec![String::new(), "Networking".to_owned()]),
    };
    assert_eq!(
        copy.problems_of(&copy.documentation(), subcategories),
        [
            "docs/resources/vip.md:3: YAML frontmatter contains a subcategory (Netwroking) that is not in the allowed list"
        ]
    );
}

#[test]
fn links_and_anchors_lead_somewhere() {
    let copy = Copy::new();
    copy.write(
        "docs/guides/x.md",
        "---\npage_title: x\n---\n\n# One thing\n\n[a](../resources/vip.md) [b](../resources/vip#schema) [c](#one-thing)\n\
         [d](https://example.com/x) [e](../resources/route_policy_set.md#nestedblock--rules)\n\n\
         [f](../resources/vipp.md)\n[g](#two-things)\n\n[h](../resources/vip.md#nowhere)\n",
    );
    assert_eq!(
        copy.problems(),
        [
            "docs/guides/x.md:10: link to `../resources/vipp.md`: no such page",
            "docs/guides/x.md:11: link to `#two-things`: `guides/x.md` has no such anchor",
            "docs/guides/x.md:13: link to `../resources/vip.md#nowhere`: `resources/vip.md` has no such anchor",
        ]
    );
}

#[test]
fn descriptions_examples_and_imports_are_there() {
    let copy = Copy::new();
    copy.remove("examples/resources/durantic_vip/resource.tf");
    copy.remove("examples/resources/durantic_vip/resource_full.tf");
    copy.remove("examples/resources/durantic_route/import.sh");
    let mut documentation = copy.documentation();
    let role = documentation
        .objects
        .iter_mut()
        .find(|object| object.name == "durantic_machine_role")
        .expect("the role");
    role.attributes
        .iter_mut()
        .find(|one| one.name == "name")
        .expect("the attribute")
        .description = String::new();
    let problems = copy.problems_of(&documentation, Subcategories::default());
    assert_eq!(problems.len(), 3, "{problems:#?}");
    assert!(
        problems[0].starts_with("docs/resources/machine_role.md:")
            && problems[0].ends_with(" `durantic_machine_role.name` has no description")
    );
    assert_eq!(
        problems[1],
        "examples/resources/durantic_route/import.sh: `durantic_route` can be imported, but has no example of it"
    );
    assert_eq!(
        problems[2],
        "examples/resources/durantic_vip/resource.tf: `durantic_vip` has no example"
    );
}

/// One mistake for each line, and what is said of it.
#[test]
fn examples_that_the_schema_refuses() {
    let cases = [
        (
            "resource \"durantic_vip\" \"x\" {\n  name = \"x\"\n  address = \"198.51.100.1\"\n  colour = \"red\"\n}",
            4,
            "`durantic_vip` has no argument `colour`",
        ),
        (
            "resource \"durantic_vip\" \"x\" {\n  name = \"x\"\n}",
            1,
            "`durantic_vip` needs the argument `address`",
        ),
        (
            "resource \"durantic_vipp\" \"x\" {}",
            1,
            "the provider has no resource `durantic_vipp`",
        ),
        (
            "resource \"durantic_vip\" \"x\" {\n  name = \"x\"\n  address = \"198.51.100.1\"\n  uuid = \"x\"\n}",
            4,
            "`durantic_vip.uuid` is read-only",
        ),
        (
            "resource \"durantic_vip\" \"x\" {\n  name = \"x\"\n  address = \"nowhere\"\n}",
            3,
            "IP",
        ),
        (
            "resource \"durantic_vip\" \"x\" {\n  name = \"x\"\n  address = \"198.51.100.1\"\n  health_check_type = \"tcp\"\n}",
            1,
            "health_check_target",
        ),
        (
            "resource \"durantic_vip\" \"x\" {\n  name = \"x\"\n  address = \"198.51.100.1\"\n  health_check_interval_seconds = \"often\"\n}",
            4,
            "`health_check_interval_seconds` takes number",
        ),
        (
            "resource \"durantic_mesh_network\" \"x\" {\n  name = \"x\"\n  network_cidr = \"10.0.0.5/24\"\n}",
            3,
            "10.0.0.0/24",
        ),
        (
            "resource \"durantic_secret\" \"x\" {\n  name = \"x\"\n  value = \"hunter2\"\n}",
            3,
            "`durantic_secret.value` is sensitive: an example must not hold a literal",
        ),
        (
            "resource \"durantic_secrets_backend\" \"x\" {\n  name = \"x\"\n  backend_type = \"vault\"\n  url = \"https://x.example\"\n  config = {\n    path = \"a\"\n    token = \"b\"\n  }\n}",
            5,
            "is sensitive",
        ),
        (
            "resource \"durantic_route_policy_set\" \"x\" {\n  name = \"x\"\n  rules = []\n}",
            3,
            "is a block, not an argument",
        ),
        (
            "resource \"durantic_route_policy_set\" \"x\" {\n  name = \"x\"\n  rules {\n    sequnce = 1\n  }\n}",
            4,
            "`durantic_route_policy_set.rules` has no argument `sequnce`",
        ),
        (
            "resource \"durantic_route_policy_set\" \"x\" {\n  name = \"x\"\n  dynamic \"rules\" {\n    for_each = []\n    content {\n      what = 1\n    }\n  }\n}",
            6,
            "`durantic_route_policy_set.rules` has no argument `what`",
        ),
        (
            "data \"durantic_machine\" \"x\" {\n  hostname = \"a\"\n  uuid = \"00000000-0000-4000-8000-000000000001\"\n}",
            2,
            "Only one of",
        ),
        (
            "provider \"durantic\" {\n  api_token = \"dur_x\"\n}",
            2,
            "`durantic.api_token` is sensitive",
        ),
        ("provider \"durantic\" {\n  max_retries = 99\n}", 2, "max_retries"),
        ("resource \"durantic_vip\" {{\n", 1, "not a configuration"),
    ];
    let copy = Copy::new();
    for (configuration, line, message) in cases {
        copy.write("examples/x/main.tf", configuration);
        let problems = copy.problems();
        let place = format!("examples/x/main.tf:{line}: ");
        assert!(
            problems
                .iter()
                .any(|problem| problem.starts_with(&place) && problem.contains(message)),
            "{configuration}\nwanted {place}{message}\nfound {problems:#?}"
        );
    }
    copy.write(
        "examples/x/main.tf",
        "resource \"durantic_secret\" \"x\" {\n  for_each = var.all\n  name     = each.key\n  value    = each.value\n  lifecycle {\n    prevent_destroy = true\n  }\n}\nresource \"other_thing\" \"x\" {\n  what = 1\n}\n",
    );
    assert_eq!(
        copy.problems(),
        Vec::<String>::new(),
        "references, meta-arguments and other providers are right"
    );
}

#[test]
fn code_in_guides_is_checked_in_its_line() {
    let copy = Copy::new();
    copy.write("docs/guides/x.md", "---\npage_title: x\n---\n\n# X\n\n```terraform\n\nresource \"durantic_vip\" \"x\" {\n  name = \"x\"\n}\n```\n");
    assert_eq!(
        copy.problems(),
        ["docs/guides/x.md:9: `durantic_vip` needs the argument `address`"]
    );
}
