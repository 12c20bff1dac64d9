//! Highlights code as HTML when the site is built, so that pages need no script for it.
//!
//! Tests: `docs-gen/tests/site.rs`.

use std::fmt::Write as _;

/// The code as HTML with `<span>`s. Code of an unknown language is only escaped.
pub fn highlight(language: &str, code: &str) -> String {
    match language {
        "terraform" | "hcl" | "tf" => Scanner::new(code, Grammar::Hcl).run(),
        "shell" | "sh" | "bash" | "console" => Scanner::new(code, Grammar::Shell).run(),
        _ => escape(code),
    }
}

/// Escapes text for HTML elements and attributes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Grammar {
    Hcl,
    Shell,
}

struct Scanner<'a> {
    rest: &'a str,
    grammar: Grammar,
    out: String,
    /// Whether only white space precedes on this line.
    line_starts: bool,
}

impl<'a> Scanner<'a> {
    fn new(code: &'a str, grammar: Grammar) -> Self {
        Scanner {
            rest: code,
            grammar,
            out: String::new(),
            line_starts: true,
        }
    }

    fn run(mut self) -> String {
        while let Some(first) = self.rest.chars().next() {
            let starts = self.line_starts;
            if first == '\n' {
                self.push_plain(1);
                self.line_starts = true;
                continue;
            }
            if first.is_whitespace() {
                self.push_plain(first.len_utf8());
                continue;
            }
            self.line_starts = false;
            match first {
                '#' => self.push_comment(),
                '/' if self.rest.starts_with("//") && self.grammar == Grammar::Hcl => self.push_comment(),
                '<' if self.rest.starts_with("<<") && self.grammar == Grammar::Hcl => self.push_heredoc(),
                '"' | '\'' if first == '"' || self.grammar == Grammar::Shell => self.push_string(first),
                // A word of a shell may start with a digit: a UUID is not a number.
                first if first.is_ascii_digit() && self.grammar == Grammar::Hcl => {
                    self.push_span_while("n", |letter| letter.is_ascii_alphanumeric() || letter == '.');
                }
                first if first.is_alphabetic() || first == '_' => self.push_word(starts),
                _ => self.push_plain(first.len_utf8()),
            }
        }
        self.out
    }

    fn push_plain(&mut self, length: usize) {
        let (text, rest) = self.rest.split_at(length);
        self.out.push_str(&escape(text));
        self.rest = rest;
    }

    fn push_span(&mut self, class: &str, length: usize) {
        let (text, rest) = self.rest.split_at(length);
        let _ = write!(self.out, "<span class=\"{class}\">{}</span>", escape(text));
        self.rest = rest;
    }

    fn push_comment(&mut self) {
        self.push_span("c", self.rest.find('\n').unwrap_or(self.rest.len()));
    }

    fn push_span_while(&mut self, class: &str, belongs: impl Fn(char) -> bool) {
        self.push_span(
            class,
            self.rest
                .find(|letter| !belongs(letter))
                .unwrap_or(self.rest.len()),
        );
    }

    /// A string up to its closing quote. Quotes within `${…}` do not close it.
    fn push_string(&mut self, quote: char) {
        let mut depth = 0_usize;
        let mut letters = self.rest.char_indices().skip(1).peekable();
        let mut end = self.rest.len();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => {
                    letters.next();
                }
                '$' | '%' if letters.peek().is_some_and(|(_, next)| *next == '{') => {
                    depth += 1;
                    letters.next();
                }
                '}' => depth = depth.saturating_sub(1),
                letter if letter == quote && depth == 0 => {
                    end = at + letter.len_utf8();
                    break;
                }
                '\n' if depth == 0 && self.grammar == Grammar::Hcl => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        self.push_span("s", end);
    }

    fn push_heredoc(&mut self) {
        let start = self.rest.trim_start_matches(['<', '-']);
        let word: String = start
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect();
        let mut length = 0;
        for (index, line) in self.rest.split_inclusive('\n').enumerate() {
            if index > 0 && line.trim() == word {
                length += line.trim_end().len();
                break;
            }
            length += line.len();
        }
        self.push_span("s", length);
    }

    fn push_word(&mut self, starts_line: bool) {
        let belongs = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
        let length = self
            .rest
            .find(|letter| !belongs(letter))
            .unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(length);
        let after = after.trim_start_matches([' ', '\t']);
        let class = match self.grammar {
            Grammar::Shell => match word {
                "export" | "cd" | "terraform" | "cargo" | "mkdir" | "cp" if starts_line => Some("k"),
                _ => None,
            },
            Grammar::Hcl => {
                if matches!(word, "true" | "false" | "null" | "for" | "in" | "if") {
                    Some("k")
                } else if starts_line && (after.starts_with('{') || after.starts_with('"')) {
                    Some("b")
                } else if after.starts_with('=') && !after.starts_with("==") && !after.starts_with("=>") {
                    Some("a")
                } else if after.starts_with('(') {
                    Some("f")
                } else {
                    None
                }
            }
        };
        match class {
            Some(class) => self.push_span(class, length),
            None => self.push_plain(length),
        }
    }
}
