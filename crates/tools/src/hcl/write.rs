//! Writes expressions and blocks of Terraform's configuration language. [`format`](super::format::format) lays them out afterwards.
//!
//! The crate `hcl_edit` cannot write every string: a `$` before `${` would begin an expression.
//!
//! Source: <https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md>.
//!
//! Tests: below, `tests/terraform/adopt.rs`.

use std::fmt::Write as _;

/// Number of characters from which the elements of a list are on lines of their own.
const WIDE: usize = 80;

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// A string, without expressions in it.
    String(String),
    /// Anything that is already in the language: a number, a bool, a reference, a call.
    Raw(String),
    /// A list.
    List(Vec<Self>),
    /// An object or a map. The keys are strings.
    Map(Vec<(String, Self)>),
}

/// A block with its arguments and nested blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its type, such as `resource`.
    pub r#type: &'static str,
    /// Its labels.
    pub labels: Vec<String>,
    /// What it contains, in order.
    pub items: Vec<Item>,
}

/// An argument or a nested block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An argument with its name.
    Argument(String, Expression),
    /// A nested block with its type, without labels.
    Block(String, Vec<Self>),
    /// A comment on a line of its own.
    Comment(String),
}

impl Expression {
    /// A reference, or anything else that is already in the language.
    pub fn raw(text: impl Into<String>) -> Self {
        Self::Raw(text.into())
    }

    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::String(text) => out.push_str(&quote(text)),
            Self::Raw(text) => out.push_str(text),
            Self::List(elements) => {
                let written: Vec<String> = elements.iter().map(Self::text).collect();
                let width: usize = written.iter().map(String::len).sum();
                if width > WIDE || written.iter().any(|element| element.contains('\n')) {
                    let _ = write!(out, "[\n{},\n]", written.join(",\n"));
                } else {
                    let _ = write!(out, "[{}]", written.join(", "));
                }
            }
            Self::Map(entries) => {
                out.push_str("{\n");
                for (key, value) in entries {
                    let _ = writeln!(out, "{} = {}", quote(key), value.text());
                }
                out.push('}');
            }
        }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

impl Block {
    /// A block with these labels.
    pub fn new(r#type: &'static str, labels: &[&str]) -> Self {
        Self {
            r#type,
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            items: Vec::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: Expression) -> Self {
        self.items.push(Item::Argument(name.to_owned(), value));
        self
    }

    /// Adds a comment.
    #[must_use]
    pub fn with_comment(mut self, text: String) -> Self {
        self.items.push(Item::Comment(text));
        self
    }

    /// Adds a nested block.
    #[must_use]
    pub fn with_block(mut self, name: &str, items: Vec<Item>) -> Self {
        self.items.push(Item::Block(name.to_owned(), items));
        self
    }

    /// The text of the block, with a newline at its end.
    pub fn text(&self) -> String {
        let mut out = self.r#type.to_owned();
        for label in &self.labels {
            let _ = write!(out, " {}", quote(label));
        }
        out.push_str(" {\n");
        write_items(&self.items, &mut out);
        out.push_str("}\n");
        out
    }
}

fn write_items(items: &[Item], out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        match item {
            Item::Argument(name, value) => {
                let _ = writeln!(out, "{name} = {}", value.text());
            }
            Item::Comment(text) => {
                let _ = writeln!(out, "# {text}");
            }
            Item::Block(name, items) => {
                if index > 0 {
                    out.push('\n');
                }
                let _ = writeln!(out, "{name} {{");
                write_items(items, out);
                out.push_str("}\n");
            }
        }
    }
}

/// Returns a string in quotes, which has exactly these characters.
///
/// Before `{`, the last of several `$` and `%` is doubled. The others are written as codes: the scanner would take two of them as one.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_sign = |char: char| matches!(char, '$' | '%');
        let signs = rest.find(|char| !is_sign(char)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(signs);
        if let (Some(last), true) = (run.chars().last(), after.starts_with('{')) {
            for sign in run.chars().take(run.len() - 1) {
                let _ = write!(out, "\\u{:04x}", u32::from(sign));
            }
            out.extend([last, last]);
            rest = after;
        } else if !run.is_empty() {
            out.push_str(run);
            rest = after;
        } else {
            push_escaped(first, &mut out);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    out.push('"');
    out
}

fn push_escaped(character: char, out: &mut String) {
    match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        // Invisible characters, and those that end a line in some editors.
        '\u{2028}' | '\u{2029}' | '\u{feff}' => {
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        }
        character if character.is_control() => {
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        }
        character => out.push(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hcl::format::format;

    #[test]
    fn quoted_strings_have_no_expressions() {
        for (text, expected) in [
            ("", r#""""#),
            ("plain ü", r#""plain ü""#),
            ("a\"b\\c\n\r\t", r#""a\"b\\c\n\r\t""#),
            ("${x}", r#""$${x}""#),
            ("%{if}", r#""%%{if}""#),
            ("$${x}", r#""\u0024$${x}""#),
            ("$%{x}", r#""\u0024%%{x}""#),
            ("%%%{x}", r#""\u0025\u0025%%{x}""#),
            ("$$ %% $x", r#""$$ %% $x""#),
            ("5$", r#""5$""#),
            ("\u{0}\u{7f}\u{2028}\u{feff}", r#""\u0000\u007f\u2028\ufeff""#),
        ] {
            assert_eq!(quote(text), expected, "{text:?}");
        }
    }

    /// The layout does not change strings: it also removes needless templates.
    #[test]
    fn format_keeps_strings() {
        let characters = ['$', '%', '{', '}', 'x', '"', '\\', '\n', '~', ' '];
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            let longer = texts.iter().flat_map(|text| {
                characters.map(|character| {
                    let mut text = text.clone();
                    text.push(character);
                    text
                })
            });
            texts = longer.collect();
            for text in &texts {
                let line = format!("a = {}\n", quote(text));
                assert_eq!(format(&line), line, "{text:?}");
            }
        }
    }

    #[test]
    fn blocks_are_laid_out_by_format() {
        let block = Block::new("resource", &["a_b", "c"])
            .with("name", Expression::string("x"))
            .with(
                "numbers",
                Expression::List(vec![Expression::raw("1"), Expression::raw("2")]),
            )
            .with(
                "map",
                Expression::Map(vec![("a b".to_owned(), Expression::raw("local.x"))]),
            )
            .with_block(
                "rule",
                vec![Item::Argument("on".to_owned(), Expression::raw("true"))],
            );
        assert_eq!(
            format(&block.text()),
            "resource \"a_b\" \"c\" {\n  name    = \"x\"\n  numbers = [1, 2]\n  map = {\n    \"a b\" = local.x\n  }\n\n  \
             rule {\n    on = true\n  }\n}\n"
        );
    }
}
