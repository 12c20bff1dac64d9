//! Converts Markdown to HTML for the site.
//!
//! Tests: `docs-gen/tests/site.rs`.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::highlight::{escape, highlight};
use crate::validate::links::Anchors;

/// A heading of a page: level (from 1), anchor and text.
pub type Heading = (u8, String, String);

/// The HTML and its headings. Links to `.md` pages become links to `.html` pages.
pub fn render(markdown: &str) -> (String, Vec<Heading>) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut headings = Vec::new();
    let mut anchors = Anchors::default();
    let mut events = Vec::new();
    let mut code: Option<(String, String)> = None;
    let mut heading: Option<(usize, String)> = None;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                code = Some((language, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((language, text)) = code.take() {
                    events.push(Event::Html(code_block(&language, &text).into()));
                }
            }
            Event::Text(text) if code.is_some() => {
                if let Some((_, code)) = &mut code {
                    code.push_str(&text);
                }
            }
            Event::Start(Tag::Heading {
                level,
                classes,
                attrs,
                ..
            }) => {
                heading = Some((events.len(), String::new()));
                events.push(Event::Start(Tag::Heading {
                    level,
                    id: None,
                    classes,
                    attrs,
                }));
            }
            Event::End(TagEnd::Heading(level)) => {
                if let Some((at, text)) = heading.take() {
                    let anchor = anchors.add(&text);
                    if let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at) {
                        *id = Some(CowStr::from(anchor.clone()));
                    }
                    headings.push((level as u8, anchor, text));
                }
                events.push(Event::End(TagEnd::Heading(level)));
            }
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let dest_url = CowStr::from(html_target(&dest_url));
                events.push(Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    id,
                }));
            }
            // Shows HTML as text: descriptions come from a schema, which may not be trusted.
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            event => {
                if let (Event::Text(text) | Event::Code(text), Some((_, heading))) = (&event, &mut heading) {
                    heading.push_str(text);
                }
                events.push(event);
            }
        }
    }
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    (
        mark_callouts(
            &out.replace("<table>", "<div class=\"table\"><table>")
                .replace("</table>", "</table></div>"),
        ),
        headings,
    )
}

/// The HTML of one sentence, without the paragraph element.
pub fn inline(markdown: &str) -> String {
    let (html, _) = render(markdown);
    let html = html.trim();
    html.strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"))
        .filter(|inner| !inner.contains("<p>"))
        .unwrap_or(html)
        .to_owned()
}

/// A block of code with a copy button.
pub fn code_block(language: &str, code: &str) -> String {
    format!(
        "<div class=\"code\"><button class=\"copy\" type=\"button\" aria-label=\"Copy code\">Copy</button><pre tabindex=\"0\"><code class=\"language-{}\">{}</code></pre></div>\n",
        escape(language),
        highlight(language, code)
    )
}

/// Turns paragraphs that start with the Registry's marks (`->`, `~>`, `!>`) into callouts.
fn mark_callouts(html: &str) -> String {
    html.replace("<p>-&gt; ", "<p class=\"note\">")
        .replace("<p>~&gt; ", "<p class=\"note warning\">")
        .replace("<p>!&gt; ", "<p class=\"note danger\">")
}

/// The target of a link, with `.html` instead of `.md`.
fn html_target(target: &str) -> String {
    if target.contains("://") {
        return target.to_owned();
    }
    let (file, anchor) = match target.split_once('#') {
        Some((file, anchor)) => (file, format!("#{anchor}")),
        None => (target, String::new()),
    };
    match file.strip_suffix(".md") {
        Some(stem) => format!("{stem}.html{anchor}"),
        None => target.to_owned(),
    }
}
