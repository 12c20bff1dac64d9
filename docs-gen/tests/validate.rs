//! `docs-gen validate`: reports each mistake with file and line, and accepts valid files.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use docs_gen::compat::Names;
use docs_gen::examples::Examples;
use docs_gen::facts::{Documentation, declared, served};
use docs_gen::json::Document;
use docs_gen::validate::{Problem, Subcategories, Subject, validate};
use provider::durantic::DEFINITION;
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A copy of this repository's pages and examples, in which tests make mistakes.
struct Copy(TempDir);

impl Copy {
    fn new() -> Self {
        let copy = Self(tempfile::tempdir().expect("a folder"));
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
fn validate_accepts_this_repository() {
    assert_eq!(Copy::new().problems(), Vec::<String>::new());
}

#[test]
fn validate_reports_all_problems_at_once() {
    let copy = Copy::new();
    copy.remove("docs/resources/vip.md");
    copy.write("docs/resources/nothing.md", "---\npage_title: x\n---\n");
    copy.write("docs/guides/x.md", "no front matter\n");
    assert_eq!(
        besides_links(copy.problems()),
        [
            "docs/guides/x.md:1: no frontmatter found",
            "docs/resources: missing documentation file for resource: durantic_vip",
            "docs/resources/nothing.md: matching resource for documentation file not found, file is extraneous or incorrectly named",
        ]
    );
}

/// The problems other than links to pages that do not exist.
fn besides_links(problems: Vec<String>) -> Vec<String> {
    let is_link = |problem: &String| problem.contains(": link to ");
    problems.into_iter().filter(|problem| !is_link(problem)).collect()
}

#[test]
fn pages_report_a_missing_folder() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.0.path().join("docs/data-sources")).expect("removed");
    let problems = besides_links(copy.problems());
    assert_eq!(problems.len(), DEFINITION.data_sources.len(), "{problems:?}");
    assert!(problems[0].contains("missing documentation file for datasource: durantic_image"));
}

#[test]
fn pages_report_mixed_layouts_and_invalid_folders() {
    let copy = Copy::new();
    copy.write(
        "website/docs/r/vip.html.md",
        "---\nlayout: x\npage_title: x\ndescription: x\n---\n",
    );
    copy.write("docs/resources/deep/vip.md", "x");
    copy.write("docs/elsewhere/x.txt", "not checked");
    let problems = copy.problems();
    assert!(problems.contains(&"website/docs: mixed Terraform Provider documentation directory layouts found, must use only legacy or registry layout".to_owned()), "{problems:#?}");
    assert!(problems.contains(
        &"docs/resources/deep: invalid Terraform Provider documentation directory found".to_owned()
    ));
    assert!(!problems.iter().any(|problem| problem.contains("elsewhere")));
}

#[test]
fn pages_report_extensions_and_sizes() {
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
fn pages_report_front_matter_keys() {
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
fn pages_report_subcategories_that_are_not_allowed() {
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
fn links_report_missing_pages_and_anchors() {
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
            "docs/guides/x.md:10: link to `../resources/vipp.md`: the page does not exist",
            "docs/guides/x.md:11: link to `#two-things`: `guides/x.md` does not have this anchor",
            "docs/guides/x.md:13: link to `../resources/vip.md#nowhere`: `resources/vip.md` does not have this anchor",
        ]
    );
}

#[test]
fn completeness_reports_descriptions_and_examples() {
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
        "examples/resources/durantic_route/import.sh: `durantic_route` can be imported, but has no example of an import"
    );
    assert_eq!(
        problems[2],
        "examples/resources/durantic_vip/resource.tf: `durantic_vip` has no example"
    );
}

/// A configuration with one mistake, its line, and a part of the message.
#[test]
fn configuration_reports_what_the_schema_rejects() {
    let cases = [
        (
            "resource \"durantic_vip\" \"x\" {\n  name = \"x\"\n  address = \"198.51.100.1\"\n  colour = \"red\"\n}",
            4,
            "`durantic_vip` has no argument `colour`",
        ),
        (
            "resource \"durantic_vip\" \"x\" {\n  name = \"x\"\n}",
            1,
            "`durantic_vip` requires the argument `address`",
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
            "`health_check_interval_seconds` requires number",
        ),
        (
            "resource \"durantic_mesh_network\" \"x\" {\n  name = \"x\"\n  network_cidr = \"10.0.0.5/24\"\n}",
            3,
            "10.0.0.0/24",
        ),
        (
            "resource \"durantic_secret\" \"x\" {\n  name = \"x\"\n  value = \"hunter2\"\n}",
            3,
            "`durantic_secret.value` is sensitive: an example must not contain a literal",
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
        (
            "list \"durantic_vip\" \"x\" {\n  provider = durantic\n  config {\n    name = \"a[\"\n  }\n}",
            4,
            "`durantic_vip`: Invalid format",
        ),
        (
            "list \"durantic_machine_config\" \"x\" {\n  provider = durantic\n  config {\n    role_names = [\"a\"]\n  }\n}",
            4,
            "`durantic_machine_config` has no argument `role_names`",
        ),
        (
            "list \"durantic_machine\" \"x\" {\n  provider = durantic\n}",
            1,
            "the provider has no list resource `durantic_machine`",
        ),
        ("resource \"durantic_vip\" {{\n", 1, "invalid configuration"),
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
        "references, meta-arguments and other providers are accepted"
    );
}

#[test]
fn configuration_reports_lines_of_code_in_guides() {
    let copy = Copy::new();
    copy.write("docs/guides/x.md", "---\npage_title: x\n---\n\n# X\n\n```terraform\n\nresource \"durantic_vip\" \"x\" {\n  name = \"x\"\n}\n```\n");
    assert_eq!(
        copy.problems(),
        ["docs/guides/x.md:9: `durantic_vip` requires the argument `address`"]
    );
}

/// A provider with the kinds of objects that this provider does not have.
const OTHER_PROVIDER: &str = r#"{"format_version": "1.0", "provider_schemas": {"acme": {
    "provider": {"block": {"description": "Acme."}},
    "resource_schemas": {"acme_thing": {"block": {"description": "A thing.", "attributes": {
        "keys": {"type": ["list", "string"], "optional": true, "sensitive": true, "description": "Keys."}}}}},
    "resource_identity_schemas": {"acme_thing": {"attributes": {
        "serial": {"type": "string", "required_for_import": true}, "site": {"type": "string", "optional_for_import": true}}}},
    "ephemeral_resource_schemas": {"acme_token": {"block": {"description": "Gone soon.", "attributes": {
        "scope": {"type": "string", "required": true, "description": "Scope."}}}}},
    "action_schemas": {"acme_reboot": {"block": {"description": "Reboots.", "attributes": {
        "machine": {"type": "string", "required": true, "description": "Which."}}}}},
    "list_resource_schemas": {"acme_thing": {"block": {"description": "Finds.", "attributes": {
        "site": {"type": "string", "optional": true, "description": "Where."}}}}},
    "state_store_schemas": {"acme_store": {"block": {"description": "Keeps.", "attributes": {
        "bucket": {"type": "string", "required": true, "description": "Where."}}}}},
    "functions": {"join": {"summary": "Joins.", "return_type": "string",
        "parameters": [{"name": "first", "type": "string"}], "variadic_parameter": {"name": "more", "type": "string"}},
        "id": {"summary": "Itself.", "return_type": "string", "parameters": [{"name": "of", "type": "string"}]}}
}}}"#;

#[test]
fn configuration_checks_every_kind_of_object() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = Document::parse(OTHER_PROVIDER).expect("a schema");
    let names = Names {
        provider: "acme".to_owned(),
        rendered: "acme".to_owned(),
    };
    let examples = Examples::new(folder.path());
    let provider = document.provider("acme").expect("the provider");
    let documentation = served::documentation(provider, "", "", &names, &examples).expect("the facts");
    let subject = Subject {
        root: folder.path(),
        documentation: &documentation,
        definition: None,
        examples: &examples,
        subcategories: Subcategories::default(),
    };
    let problems = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).expect("a file");
        let found = validate(&subject).expect("the files can be read");
        fs::remove_file(&file).expect("removed");
        let found = found.into_iter().filter(|problem| problem.file == file);
        found
            .map(|problem| format!("{}: {}", problem.line.unwrap_or_default(), problem.message))
            .collect::<Vec<_>>()
    };
    let cases = [
        (
            "action \"acme_reboot\" \"x\" {\n  config {\n    machin = 1\n    machine = 1\n  }\n}",
            "3: `acme_reboot` has no argument `machin`",
        ),
        (
            "action \"acme_reboot\" \"x\" {\n  count = 2\n}",
            "1: `acme_reboot` requires the argument `machine`",
        ),
        (
            "action \"acme_x\" \"x\" {}",
            "1: the provider has no action `acme_x`",
        ),
        (
            "ephemeral \"acme_token\" \"x\" {}",
            "1: `acme_token` requires the argument `scope`",
        ),
        (
            "terraform {\n  state_store \"acme_store\" {\n    provider \"acme\" {}\n  }\n}",
            "2: `acme_store` requires the argument `bucket`",
        ),
        (
            "import {\n  to = acme_thin.x\n  id = 1\n}",
            "2: the provider has no resource `acme_thin`",
        ),
        (
            "import {\n  to = acme_thing.x\n  identity = { serial = 1, sit = 2 }\n}",
            "3: the identity of `acme_thing` has no `sit`",
        ),
        (
            "import {\n  to = acme_thing.x[0]\n  identity = { site = 1 }\n}",
            "3: the identity of `acme_thing` requires `serial`",
        ),
        (
            "locals {\n  a = 1\n  b = upper(provider::acme::jion(\"a\"))\n}",
            "3: the provider has no function `jion`",
        ),
        (
            "locals {\n  a = provider::acme::join()\n}",
            "2: `join` takes at least 1 argument, found 0",
        ),
        (
            "locals {\n  a = \"${provider::acme::id(1, 2)}\"\n}",
            "2: `id` takes 1 argument, found 2",
        ),
        (
            "resource \"acme_thing\" \"x\" {\n  keys = [var.a, \"hunter2\"]\n}",
            "2: `acme_thing.keys` is sensitive: an example must not contain a literal",
        ),
        (
            "resource \"acme_thing\" \"x\" {\n  keys = [sensitive(\"hunter2\")]\n}",
            "2: `acme_thing.keys` is sensitive: an example must not contain a literal",
        ),
        (
            "variable \"a\" {\n  sensitive = true\n  default = \"hunter2\"\n}",
            "3: `var.a` is sensitive: an example must not contain a literal",
        ),
    ];
    for (text, problem) in cases {
        assert_eq!(problems("x.tf", text), [problem], "{text}");
    }
    let lists = [
        (
            "list \"acme_thing\" \"x\" {\n  provider = acme\n  config {\n    sight = 1\n  }\n}",
            "4: `acme_thing` has no argument `sight`",
        ),
        (
            "list \"acme_thin\" \"x\" {\n  provider = acme\n}",
            "1: the provider has no list resource `acme_thin`",
        ),
        (
            "list \"acme_thing\" \"x\" {}",
            "1: the list of `acme_thing` requires the argument `provider`",
        ),
        (
            "list \"acme_thing\" \"x\" {\n  provider = acme\n  site = \"a\"\n}",
            "3: the list of `acme_thing` has no argument `site`: filters belong in its block `config`",
        ),
        (
            "list \"acme_thing\" \"x\" {\n  provider = acme\n  config = {}\n}",
            "3: `config` is a block, not an argument: write `config { … }`",
        ),
        (
            "list \"acme_thing\" \"x\" {\n  provider = acme\n  config {}\n  config {}\n}",
            "4: the list of `acme_thing` has a second block `config`",
        ),
        (
            "list \"acme_thing\" \"x\" {\n  provider = acme\n  lifecycle {}\n}",
            "3: the list of `acme_thing` has no block `lifecycle`",
        ),
        (
            "list \"acme_thing\" \"x\" {\n  provider = acme\n  limit = \"all\"\n}",
            "3: `limit` requires number",
        ),
        (
            "list \"acme_thing\" \"x\" {\n  provider = acme\n  limit = 0\n}",
            "3: `limit` must be a whole number above zero",
        ),
        (
            "list \"acme_thing\" \"x\" {\n  provider = acme\n  limit = 1.5\n}",
            "3: `limit` must be a whole number above zero",
        ),
        (
            "list \"acme_thing\" \"x\" {\n  provider = acme\n  include_resource = 1\n}",
            "3: `include_resource` requires bool",
        ),
    ];
    for (text, problem) in lists {
        assert_eq!(problems("x.tfquery.hcl", text), [problem], "{text}");
    }
    let right = "list \"acme_thing\" \"x\" {\n  provider = acme.other\n  for_each = toset([\"a\"])\n  limit = 2\n  \
        include_resource = true\n  config {\n    site = each.key\n  }\n}\n\
        list \"acme_thing\" \"y\" {\n  provider = acme\n  count = 1\n  limit = var.limit\n}\n\
        list \"other_thing\" \"x\" {\n  what = 1\n}\n";
    assert_eq!(problems("x.tfquery.hcl", right), Vec::<String>::new());

    let right = "action \"acme_reboot\" \"x\" {\n  config {\n    machine = 1\n  }\n}\n\
        import {\n  to = acme_thing.x\n  identity = { serial = \"1\" }\n}\n\
        import {\n  to = module.x.acme_thing.x\n  id = \"1\"\n}\n\
        variable \"a\" {\n  sensitive = true\n  default = \"\"\n}\n\
        locals {\n  a = [provider::acme::join(\"a\", \"b\", \"c\"), provider::acme::id(local.b...), upper(\"x\"), provider::other::x()]\n}\n\
        terraform {\n  state_store \"acme_store\" {\n    bucket = \"a\"\n    provider \"acme\" {}\n  }\n}\n";
    assert_eq!(problems("x.tf", right), Vec::<String>::new());
}

#[test]
fn completeness_finds_the_line_of_a_nested_attribute() {
    let copy = Copy::new();
    let mut documentation = copy.documentation();
    let set = documentation
        .objects
        .iter_mut()
        .find(|object| object.name == "durantic_route_policy_set")
        .expect("the set");
    let rules = set
        .attributes
        .iter_mut()
        .find(|one| one.name == "rules")
        .expect("the rules");
    let nested = rules.attributes.iter_mut().find(|one| one.name == "description");
    nested.expect("the attribute").description = String::new();
    let page = fs::read_to_string(root().join("docs/resources/route_policy_set.md")).expect("the page");
    let line = page
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("- `description` "))
        .nth(1)
        .expect("the second one")
        .0;
    assert_eq!(
        copy.problems_of(&documentation, Subcategories::default()),
        [format!(
            "docs/resources/route_policy_set.md:{}: `durantic_route_policy_set.rules.description` has no description",
            line + 1
        )]
    );
}

#[test]
fn pages_report_files_that_are_not_utf8() {
    let copy = Copy::new();
    fs::write(
        copy.0.path().join("docs/resources/vip.md"),
        b"---\npage_title: x\n---\n\n\xff\n",
    )
    .expect("a file");
    fs::write(copy.0.path().join("docs/guides/x.png"), b"\x89PNG").expect("a file");
    copy.remove("docs/resources/route.md");
    let problems = copy.problems();
    assert!(
        problems.contains(&"docs/resources/vip.md:5: not UTF-8".to_owned()),
        "{problems:#?}"
    );
    assert!(
        problems
            .contains(&"docs/resources: missing documentation file for resource: durantic_route".to_owned())
    );
    assert!(problems.iter().any(|problem| problem.starts_with("docs/guides/x.png: file does not end with a valid extension")));
}

#[test]
fn pages_check_the_legacy_layout() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.0.path().join("docs")).expect("removed");
    let matter = "---\nlayout: x\npage_title: x\ndescription: x\n---\n";
    copy.write(
        "website/docs/index.html.markdown",
        &format!("{matter}\n[a](r/vipp.html.markdown)\n"),
    );
    copy.write(
        "website/docs/r/vip.html.markdown",
        "---\npage_title: x\nsidebar_current: y\n---\n",
    );
    copy.write("website/docs/r/route.txt", matter);
    copy.write("website/docs/elsewhere/x.md", matter);
    copy.write("website/docs/cdktf/python/r/vip.html.md", "no front matter");
    let problems: Vec<String> = copy
        .problems()
        .into_iter()
        .filter(|problem| {
            !problem.contains("missing documentation file") && !problem.contains("has no description")
        })
        .collect();
    assert_eq!(
        problems,
        [
            "website/docs/cdktf/python/r/vip.html.md:1: no frontmatter found",
            "website/docs/elsewhere: invalid Terraform Provider documentation directory found",
            "website/docs/index.html.markdown:7: link to `r/vipp.html.markdown`: the page does not exist",
            "website/docs/r/route.txt: file does not end with a valid extension, valid extensions: [.html.markdown .html.md .markdown .md]",
            "website/docs/r/vip.html.markdown:1: YAML frontmatter missing required description",
            "website/docs/r/vip.html.markdown:1: YAML frontmatter missing required layout",
            "website/docs/r/vip.html.markdown:3: YAML frontmatter should not contain sidebar_current",
        ]
    );
}
