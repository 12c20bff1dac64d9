//! The static site: one folder for each version. It works from a disk, and sends no request to another host.
//!
//! Tests: `docs-gen/tests/site.rs`.

pub mod highlight;
pub mod markdown;

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::Serialize;
use serde_json::json;
use thiserror::Error;

use crate::facts::{Attribute, Change, Documentation, Group, Object, Rule, Shape, anchor, phrases};
use crate::files::{Files, walk};
use crate::kind::Kind;
use crate::llms;
use crate::registry::{self, PageError};
use crate::validate::pages::front_matter;

/// Why a site cannot be built.
#[derive(Debug, Error)]
pub enum SiteError {
    /// The template cannot be rendered.
    #[error("failed to render the template: {0:#}")]
    Template(#[from] minijinja::Error),
    /// The Markdown pages cannot be generated.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A file cannot be read or written.
    #[error("failed to write the site: {0}")]
    File(#[from] std::io::Error),
    /// The JSON cannot be serialised.
    #[error("failed to write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The version cannot be the name of a folder.
    #[error(
        "`{0}` is not a valid version: use only letters, digits, `.`, `_`, `-` and `+`, not starting with `.`"
    )]
    Version(String),
}

/// Builds the site of one version in the folder `out`, beside the versions that are there. Returns the number of files of
/// that version.
///
/// # Errors
///
/// If `version` cannot be the name of a folder, the pages cannot be generated, or a file cannot be written.
pub fn build(
    documentation: &Documentation,
    templates: &Path,
    out: &Path,
    version: &str,
) -> Result<usize, SiteError> {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-+".contains(letter);
    if version.is_empty() || version.starts_with('.') || !version.chars().all(is_allowed) {
        return Err(SiteError::Version(version.to_owned()));
    }
    let files = pages(documentation, templates, version)?;
    files.replace(&out.join(version), llms::FACTS)?;
    let versions = versions(out)?;
    let newest = versions.first().map_or(version, |newest| &newest.version);
    let mut root = Files::default();
    root.insert(
        "versions.js",
        format!("window.VERSIONS = {};\n", serde_json::to_string(&versions)?),
    );
    root.insert(
        "index.html",
        format!(
            "<!doctype html>\n<meta charset=\"utf-8\">\n<title>{name} provider</title>\n<meta http-equiv=\"refresh\" content=\"0; url={newest}/index.html\">\n<a href=\"{newest}/index.html\">Documentation of the {name} provider</a>\n",
            name = highlight::escape(&documentation.name),
        ),
    );
    root.write(out, &[])?;
    Ok(files.len())
}

/// A version with its pages, for the version switcher.
#[derive(Serialize)]
struct Version {
    version: String,
    pages: Vec<String>,
}

/// All versions in the folder: releases before pre-releases, the newest first.
fn versions(out: &Path) -> std::io::Result<Vec<Version>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(out)? {
        let entry = entry?;
        if entry.path().join(llms::FACTS).is_file() {
            let mut pages = walk(&entry.path())?;
            pages.retain(|path| Path::new(path).extension().is_some_and(|end| end == "html"));
            found.push(Version {
                version: entry.file_name().to_string_lossy().into_owned(),
                pages,
            });
        }
    }
    // Compares the parts of a version as numbers: 1.10 is newer than 1.9.
    let key = |Version { version, .. }: &Version| {
        let (release, pre) = version.split_once('-').unwrap_or((version, ""));
        let numbers: Vec<u64> = release.split('.').map(|part| part.parse().unwrap_or(0)).collect();
        (pre.is_empty(), numbers, pre.to_owned())
    };
    found.sort_by_key(|version| std::cmp::Reverse(key(version)));
    Ok(found)
}

/// All files of one version.
fn pages(documentation: &Documentation, templates: &Path, version: &str) -> Result<Files, SiteError> {
    let markdown_pages = registry::pages(documentation, templates)?;
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.add_template("page.html", include_str!("../templates/site/page.html"))?;
    let template = environment.get_template("page.html")?;

    let guides: Vec<Guide> = markdown_pages
        .iter()
        .filter_map(|(path, text)| Guide::read(path, text))
        .collect();
    let navigation = navigation(documentation, &guides);
    let mut search = Vec::new();
    let mut files = llms::files(documentation, &markdown_pages)?;
    for object in &documentation.objects {
        let path = object.path(&documentation.name);
        let view = ObjectView::new(object);
        let contents = view.contents();
        search.extend(search_entries(object, &path));
        let text = template.render(context! {
            provider => documentation.name.clone(),
            version,
            root => root_of(&path),
            path => path.clone(),
            title => object_title(object),
            kind => object.kind.title(),
            object => Serde(view),
            contents => Serde(contents),
            navigation => Serde(navigation.clone()),
        })?;
        files.insert(format!("{path}.html"), text);
    }
    for guide in &guides {
        let (html, headings) = markdown::render(&guide.body);
        search.push(json!([guide.title, "Guide", format!("{}.html", guide.path), ""]));
        for (_, anchor, text) in headings.iter().filter(|(level, _, _)| *level > 1) {
            search.push(json!([
                text,
                guide.title,
                format!("{}.html#{anchor}", guide.path),
                ""
            ]));
        }
        let text = template.render(context! {
            provider => documentation.name.clone(),
            version,
            root => root_of(&guide.path),
            path => guide.path.clone(),
            title => guide.title.clone(),
            kind => "Guide",
            guide => html,
            contents => Serde(ContentsEntry::from_headings(headings)),
            navigation => Serde(navigation.clone()),
        })?;
        files.insert(format!("{}.html", guide.path), text);
    }
    files.insert(
        "search.js",
        format!("window.SEARCH = {};\n", serde_json::to_string(&search)?),
    );
    files.insert("site.js", include_str!("../templates/site/site.js"));
    files.insert("style.css", include_str!("../templates/site/style.css"));
    Ok(files)
}

/// The relative path from a page to the root of its version.
fn root_of(path: &str) -> String {
    "../".repeat(path.matches('/').count())
}

fn object_title(object: &Object) -> String {
    match object.kind {
        Kind::Provider => format!("{} provider", object.name),
        _ => object.name.clone(),
    }
}

struct Guide {
    path: String,
    title: String,
    body: String,
}

impl Guide {
    fn read(path: &str, text: &str) -> Option<Self> {
        let stem = path.strip_prefix("guides/")?.strip_suffix(".md")?;
        let matter = front_matter(text).unwrap_or_default();
        let title = matter.lines().find_map(|line| line.strip_prefix("page_title:"));
        let body = text.get(matter.len() + "---\n\n---".len()..).unwrap_or(text);
        Some(Self {
            path: format!("guides/{stem}"),
            title: title.unwrap_or(stem).trim().trim_matches('"').to_owned(),
            body: body.to_owned(),
        })
    }
}

/// A list of the navigation with its heading and subcategories.
#[derive(Clone, Serialize)]
struct Section {
    title: String,
    links: Vec<(String, String)>,
    parts: Vec<Self>,
}

fn navigation(documentation: &Documentation, guides: &[Guide]) -> Vec<Section> {
    let mut sections = Vec::new();
    if !guides.is_empty() {
        // The guide for a first reading comes first.
        let mut guides: Vec<&Guide> = guides.iter().collect();
        guides.sort_by_key(|guide| (!guide.path.ends_with("getting-started"), guide.title.clone()));
        sections.push(Section {
            title: "Guides".to_owned(),
            links: guides
                .iter()
                .map(|guide| (guide.title.clone(), format!("{}.html", guide.path)))
                .collect(),
            parts: Vec::new(),
        });
    }
    for kind in Kind::FOLDERS {
        let mut plain = Vec::new();
        let mut parts: BTreeMap<(bool, String), Vec<(String, String)>> = BTreeMap::new();
        for object in documentation.objects.iter().filter(|object| object.kind == kind) {
            let link = (
                object.name.clone(),
                format!("{}.html", object.path(&documentation.name)),
            );
            let subcategory = match &object.deprecated {
                Some(_) => Some("Deprecated".to_owned()),
                None => object.subcategory.clone(),
            };
            match subcategory.filter(|name| !name.is_empty()) {
                // These two are last, as in the Registry.
                Some(name) => parts
                    .entry((matches!(name.as_str(), "Beta" | "Deprecated"), name))
                    .or_default()
                    .push(link),
                None => plain.push(link),
            }
        }
        if !plain.is_empty() || !parts.is_empty() {
            sections.push(Section {
                title: kind.plural_title().to_owned(),
                links: plain,
                parts: parts
                    .into_iter()
                    .map(|((_, title), links)| Section {
                        title,
                        links,
                        parts: Vec::new(),
                    })
                    .collect(),
            });
        }
    }
    sections
}

/// The entries of the search index: the object, and every attribute at any depth.
fn search_entries(object: &Object, path: &str) -> Vec<serde_json::Value> {
    let mut out = vec![json!([
        object_title(object),
        object.kind.title(),
        format!("{path}.html"),
        object.summary
    ])];
    for (names, attribute) in object.every_attribute() {
        let name = names.join(".");
        let text: String = attribute
            .description
            .replace(['`', '\n'], " ")
            .chars()
            .take(160)
            .collect();
        out.push(json!([
            name,
            object_title(object),
            format!("{path}.html#{name}"),
            text
        ]));
    }
    out
}

/// An object in the form that the template needs.
#[derive(Serialize)]
struct ObjectView {
    anchors: BTreeMap<&'static str, String>,
    summary: String,
    description: String,
    deprecated: Option<String>,
    since: Option<String>,
    examples: Vec<(Option<String>, String)>,
    signature: Option<String>,
    parameters: Vec<(String, String, String)>,
    groups: Vec<GroupView>,
    rules: Vec<String>,
    changes: Vec<(String, String)>,
    timeouts: Vec<(String, String)>,
    destroy: Option<String>,
    import: Option<String>,
    operations: Vec<(String, String, String)>,
}

/// An entry of the table of contents.
#[derive(Serialize)]
struct ContentsEntry {
    anchor: String,
    text: String,
    /// Whether the entry is below the previous one.
    inner: bool,
}

impl ContentsEntry {
    fn from_headings(headings: Vec<markdown::Heading>) -> Vec<Self> {
        let below_the_title = headings
            .into_iter()
            .filter(|(level, _, _)| matches!(level, 2 | 3));
        below_the_title
            .map(|(level, anchor, text)| Self {
                anchor,
                text,
                inner: level == 3,
            })
            .collect()
    }
}

#[derive(Serialize)]
struct GroupView {
    title: &'static str,
    attributes: Vec<AttributeView>,
}

#[derive(Serialize)]
struct AttributeView {
    name: String,
    path: String,
    anchor: Option<String>,
    r#type: String,
    badges: Vec<(&'static str, &'static str)>,
    description: String,
    facts: Vec<String>,
    groups: Vec<GroupView>,
}

impl ObjectView {
    fn new(object: &Object) -> Self {
        let function = object.function.as_ref();
        Self {
            anchors: section_anchors(object),
            summary: markdown::inline(&object.summary),
            description: markdown::render(&object.description).0,
            deprecated: object.deprecated.as_deref().map(markdown::inline),
            since: object.since.clone(),
            examples: object
                .examples
                .iter()
                .map(|example| {
                    (
                        example.title.clone(),
                        markdown::code_block("terraform", &example.text),
                    )
                })
                .collect(),
            signature: function.map(|function| markdown::code_block("text", &function.signature)),
            parameters: function
                .iter()
                .flat_map(|function| &function.parameters)
                .map(|one| {
                    (
                        one.name.clone(),
                        one.r#type.clone(),
                        markdown::inline(&one.description),
                    )
                })
                .collect(),
            groups: groups(&[], &object.attributes, false, &object.rules),
            rules: object
                .rules
                .iter()
                .map(|rule| match &rule.within {
                    Some(within) => markdown::inline(&format!("In each `{within}` block: {}", rule.text)),
                    None => markdown::inline(&rule.text),
                })
                .collect(),
            changes: registry::changes(object)
                .into_iter()
                .map(|row| (row.name, row.effect.to_owned()))
                .collect(),
            timeouts: object
                .timeouts
                .iter()
                .map(|timeout| (timeout.step.clone(), timeout.default.clone()))
                .collect(),
            destroy: object
                .destroy
                .map(|destroy| markdown::inline(&phrases::describe_destroy(object, destroy))),
            import: registry::import(object).map(|text| markdown::render(&text).0),
            operations: object
                .operations
                .iter()
                .map(|one| (markdown::inline(&one.step), one.id.clone(), one.call.clone()))
                .collect(),
        }
    }
}

impl ObjectView {
    /// The table of contents: the sections of the page, and the attributes at the root.
    fn contents(&self) -> Vec<ContentsEntry> {
        let sections = [
            ("example-usage", "Example Usage", !self.examples.is_empty()),
            ("signature", "Signature", self.signature.is_some()),
            ("arguments", "Arguments", self.signature.is_some()),
            ("schema", "Schema", !self.groups.is_empty()),
            ("rules", "Rules", !self.rules.is_empty()),
            (
                "what-a-change-does",
                "What a Change Does",
                !self.changes.is_empty(),
            ),
            ("timeouts", "Timeouts", !self.timeouts.is_empty()),
            ("destroy", "Destroy", self.destroy.is_some()),
            ("import", "Import", self.import.is_some()),
            ("api-operations", "API Operations", !self.operations.is_empty()),
        ];
        let mut out = Vec::new();
        for (section, text, is_there) in sections {
            if !is_there {
                continue;
            }
            out.push(ContentsEntry {
                anchor: self.anchors.get(section).cloned().unwrap_or_default(),
                text: text.to_owned(),
                inner: false,
            });
            if section == "schema" {
                let attributes = self.groups.iter().flat_map(|group| &group.attributes);
                out.extend(attributes.map(|attribute| ContentsEntry {
                    anchor: attribute.path.clone(),
                    text: attribute.name.clone(),
                    inner: true,
                }));
            }
        }
        out
    }
}

/// The anchors of the sections. They are those of the Registry's page; if an attribute has the same name, the anchor gets
/// a suffix with a hyphen, which attribute names cannot have.
fn section_anchors(object: &Object) -> BTreeMap<&'static str, String> {
    let sections = [
        "example-usage",
        "signature",
        "arguments",
        "schema",
        "rules",
        "what-a-change-does",
        "timeouts",
        "destroy",
        "import",
        "api-operations",
    ];
    let anchors = sections.into_iter().map(|section| {
        let is_taken = object
            .attributes
            .iter()
            .any(|attribute| attribute.name == section);
        (
            section,
            if is_taken {
                format!("{section}-section")
            } else {
                section.to_owned()
            },
        )
    });
    anchors.collect()
}

fn groups(path: &[&str], attributes: &[Attribute], in_object: bool, rules: &[Rule]) -> Vec<GroupView> {
    Group::ALL
        .into_iter()
        .filter_map(|group| {
            let attributes: Vec<AttributeView> = attributes
                .iter()
                .filter(|attribute| attribute.group == group)
                .map(|attribute| attribute_view(path, attribute, in_object, rules))
                .collect();
            (!attributes.is_empty()).then_some(GroupView {
                title: group.title(),
                attributes,
            })
        })
        .collect()
}

fn attribute_view(path: &[&str], attribute: &Attribute, in_object: bool, rules: &[Rule]) -> AttributeView {
    let within = path.last().copied();
    let path: Vec<&str> = path.iter().copied().chain([attribute.name.as_str()]).collect();
    let replaces = attribute.change == Some(Change::Replaced);
    let badges = [
        (replaces, ("replace", "Forces replacement")),
        (attribute.sensitive, ("secret", "Sensitive")),
        (attribute.write_only, ("secret", "Write-only")),
        (attribute.deprecated.is_some(), ("deprecated", "Deprecated")),
    ];
    AttributeView {
        name: attribute.name.clone(),
        path: path.join("."),
        anchor: anchor(attribute.shape, in_object, &path),
        r#type: attribute.r#type.clone(),
        badges: badges
            .into_iter()
            .filter_map(|(is_set, badge)| is_set.then_some(badge))
            .collect(),
        description: markdown::render(&attribute.description).0,
        facts: phrases::describe_attribute(attribute, rules, within)
            .iter()
            .filter(|sentence| *sentence != phrases::FORCES_REPLACEMENT)
            .map(|sentence| markdown::inline(sentence))
            .collect(),
        groups: groups(
            &path,
            &attribute.attributes,
            attribute.shape == Shape::Object,
            rules,
        ),
    }
}
