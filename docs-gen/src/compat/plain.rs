//! Converts Markdown to the plain text that tfplugindocs writes to the front matter.
//!
//! tfplugindocs takes the structure from the Markdown parser but the text from the source, so it does not resolve escapes
//! and entities. The tests show where it writes newlines.
//!
//! Tests: `docs-gen/tests/tfplugindocs/plain.rs`.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use regex_lite::Regex;

/// The text without Markdown marks.
pub fn plain(markdown: &str) -> String {
    let mut filter = Filter {
        source: markdown,
        out: String::new(),
        urls: bare_urls(markdown),
        cursor: 0,
        skip: None,
        heading: false,
        quotes: 0,
        link: None,
    };
    for (event, range) in Parser::new_ext(markdown, Options::empty()).into_offset_iter() {
        filter.event(&event, range);
    }
    filter.out
}

struct Filter<'a> {
    source: &'a str,
    out: String,
    /// See [`bare_urls`].
    urls: Vec<(Range<usize>, bool)>,
    /// End of the written part of the source.
    cursor: usize,
    /// Everything is skipped until this tag ends.
    skip: Option<TagEnd>,
    heading: bool,
    quotes: usize,
    /// The text to write after the text of the open link.
    link: Option<String>,
}

impl Filter<'_> {
    fn event(&mut self, event: &Event, range: Range<usize>) {
        if let Some(end) = &self.skip {
            if matches!(event, Event::End(found) if found == end) {
                self.skip = None;
                self.cursor = self.cursor.max(range.end);
            }
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(*tag),
            Event::Text(_) => self.text(range),
            Event::Code(_) => {
                let raw = self.source.get(range.clone()).unwrap_or_default();
                self.out.push_str(code(raw));
                self.cursor = range.end;
            }
            Event::InlineHtml(_) if self.heading => {
                self.out.push_str(self.source.get(range).unwrap_or_default());
            }
            Event::SoftBreak => {
                trim_line(&mut self.out);
                self.out.push('\n');
            }
            Event::HardBreak => trim_line(&mut self.out),
            Event::Rule => self.separate(),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag, range: Range<usize>) {
        match tag {
            Tag::Paragraph if self.quotes > 0 => self.raw_lines(range),
            Tag::Paragraph => {
                self.separate();
                if self
                    .source
                    .get(range.clone())
                    .is_some_and(|text| text.starts_with('|'))
                {
                    self.raw_lines(range);
                }
            }
            Tag::Heading { .. } => {
                if self.quotes == 0 {
                    self.separate();
                }
                self.heading = true;
            }
            Tag::BlockQuote(_) => {
                if self.quotes == 0 {
                    self.separate();
                }
                self.quotes += 1;
            }
            Tag::CodeBlock(kind) if self.quotes == 0 => {
                self.separate();
                if kind.is_fenced() {
                    self.separate();
                }
            }
            Tag::List(_) if self.quotes == 0 => self.separate(),
            Tag::Image { .. } => self.skip = Some(TagEnd::Image),
            Tag::Link {
                link_type, dest_url, ..
            } => {
                let is_bare = matches!(link_type, LinkType::Autolink | LinkType::Email);
                let is_local = dest_url.is_empty()
                    || dest_url.starts_with('#')
                    || (dest_url.starts_with('/') && !dest_url.starts_with("//"));
                self.link = Some(if is_bare || is_local || self.heading {
                    String::new()
                } else {
                    format!(" {dest_url}")
                });
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Item => trim_line(&mut self.out),
            TagEnd::Heading(_) => self.heading = false,
            TagEnd::BlockQuote(_) => self.quotes -= 1,
            TagEnd::Link => self.out.push_str(&self.link.take().unwrap_or_default()),
            _ => {}
        }
    }

    /// Separates a block from the text before it.
    fn separate(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// Writes the lines of a paragraph without resolving Markdown, but without indentation and the marks of a quote.
    fn raw_lines(&mut self, range: Range<usize>) {
        let raw = self.source.get(range.clone()).unwrap_or_default();
        let lines = raw.lines().map(|line| {
            let mut line = line.trim_start();
            for _ in 0..self.quotes {
                line = line.strip_prefix('>').map_or(line, str::trim_start);
            }
            line
        });
        let lines: Vec<&str> = lines.collect();
        self.out.push_str(lines.join("\n").trim_end());
        self.cursor = range.end;
        self.skip = Some(TagEnd::Paragraph);
    }

    fn text(&mut self, range: Range<usize>) {
        let mut start = range.start;
        // The range of the text does not include the backslash of an escape.
        let is_escaped = start.checked_sub(1).is_some_and(|before| {
            before >= self.cursor && self.source.as_bytes().get(before) == Some(&b'\\')
        });
        if is_escaped && self.link.is_none() {
            start -= 1;
        } else if is_escaped {
            self.out.push('\\');
        }
        start = start.max(self.cursor);
        if self.link.is_none() {
            let found = self
                .urls
                .iter()
                .filter(|(url, _)| url.start >= start && url.start < range.end)
                .cloned()
                .collect::<Vec<_>>();
            for (url, is_www) in found {
                self.out
                    .push_str(self.source.get(start..url.start).unwrap_or_default());
                if is_www {
                    self.out.push_str("http://");
                }
                self.out
                    .push_str(self.source.get(url.clone()).unwrap_or_default());
                start = url.end;
            }
        }
        self.out
            .push_str(self.source.get(start..range.end).unwrap_or_default());
        self.cursor = start.max(range.end);
    }
}

/// The content of a code span, without the marks. If both ends have a space, removes one space at each.
fn code(raw: &str) -> &str {
    let marks = raw.len() - raw.trim_start_matches('`').len();
    let content = raw
        .get(marks..raw.len().saturating_sub(marks))
        .unwrap_or_default();
    let is_blank = content.trim_matches(' ').is_empty();
    match content.strip_prefix(' ').and_then(|rest| rest.strip_suffix(' ')) {
        Some(inner) if !is_blank => inner,
        _ => content,
    }
}

fn trim_line(out: &mut String) {
    out.truncate(out.trim_end_matches([' ', '\t', '\r']).len());
}

/// The ranges of bare URLs, each with whether it starts with `www.` instead of a scheme.
fn bare_urls(source: &str) -> Vec<(Range<usize>, bool)> {
    let pattern = r"(?:(?:https?|ftp)://|www\.)[-a-zA-Z0-9@:%._+~#=]{1,256}\.[a-z]+(?::\d+)?(?:[/#?][-a-zA-Z0-9@:%_+.~#$!?&/=();,'^{}\[\]]*)?";
    let Ok(pattern) = Regex::new(pattern) else {
        return Vec::new();
    };
    let starts = |at: usize| {
        let before = source.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|before| before.is_whitespace() || "*_~(".contains(before))
    };
    pattern
        .find_iter(source)
        .filter(|found| starts(found.start()))
        .map(|found| {
            let mut text = found
                .as_str()
                .trim_end_matches(['?', '!', '.', ',', ':', ';', '\'']);
            // A mark of emphasis at the end of the URL belongs to the text before it, unless the URL has the mark, too.
            while let Some(shorter) = text.strip_suffix(['*', '_', '~'])
                && !text
                    .get(shorter.len()..)
                    .is_some_and(|mark| shorter.contains(mark))
            {
                text = shorter;
            }
            while text.ends_with(')') && text.matches(')').count() > text.matches('(').count() {
                text = text.strip_suffix(')').unwrap_or(text);
            }
            (
                found.start()..found.start() + text.len(),
                text.starts_with("www."),
            )
        })
        .collect()
}
