//! Splits a template into text, outputs (`{{ … }}`) and tags (`{% … %}`), and those into tokens, as Jinja2's lexer does.

/// A part of a template. Comments are left out.
#[derive(Debug, PartialEq, Eq)]
pub enum Segment<'a> {
    /// Text that the template writes as it is, also that of `{% raw %}`.
    Text {
        /// Position of the text, in bytes.
        offset: usize,
        /// The text.
        text: &'a str,
    },
    /// `{{ … }}`
    Output(Inside<'a>),
    /// `{% … %}`
    Tag(Inside<'a>),
}

/// The content of an output or a tag.
#[derive(Debug, PartialEq, Eq)]
pub struct Inside<'a> {
    /// Position of the opening delimiter, in bytes.
    pub start: usize,
    /// Position of the closing delimiter, in bytes.
    pub end: usize,
    /// The tokens between the delimiters.
    pub tokens: Vec<Token<'a>>,
}

/// A token of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its characters; of a string without the quotes, with its escape sequences.
    pub text: &'a str,
    /// Its position, in bytes.
    pub offset: usize,
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or a keyword.
    Name,
    /// A number.
    Number,
    /// A quoted string.
    String,
    /// An operator or a bracket.
    Operator,
}

/// Why a template is no Jinja template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The position of the error, in bytes.
    pub offset: usize,
    /// The error, as a sentence.
    pub message: String,
}

impl SyntaxError {
    /// An error at a position.
    pub fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }
}

const OPERATORS: [&str; 26] = [
    "**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
    "=", ".", ":", "|", ",", ";",
];

/// The segments of a template up to its end, or up to the first error.
pub fn segments(template: &str) -> (Vec<Segment<'_>>, Option<SyntaxError>) {
    let mut lexer = Lexer {
        template,
        position: 0,
        segments: Vec::new(),
    };
    let error = lexer.run().err();
    (lexer.segments, error)
}

struct Lexer<'a> {
    template: &'a str,
    position: usize,
    segments: Vec<Segment<'a>>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.template.get(self.position..).unwrap_or_default()
    }

    fn run(&mut self) -> Result<(), SyntaxError> {
        while !self.rest().is_empty() {
            let start = delimiter(self.rest()).unwrap_or(self.rest().len());
            self.text(start);
            let opening = self.position;
            let rest = self.rest();
            if matches!(rest, "{#" | "{#\n" | "{#\r\n") {
                // Jinja2 ignores a comment that begins where the template ends.
                self.position = self.template.len();
            } else if let Some(comment) = rest.strip_prefix("{#") {
                let length = comment.find("#}").ok_or_else(|| {
                    let mut message =
                        "The comment that begins with `{#` is never closed: add `#}`.".to_owned();
                    if self
                        .template
                        .get(..opening)
                        .is_some_and(|before| before.ends_with('$'))
                    {
                        message.push_str(
                            " To write `${#` for a shell, put it between `{% raw %}` and `{% endraw %}`.",
                        );
                    }
                    SyntaxError::new(opening, message)
                })?;
                self.position += 2 + length + 2;
            } else if let Some(length) = word_tag(rest, "raw") {
                self.position += length;
                let (text, tag) = end_of_raw(self.rest())
                    .ok_or_else(|| SyntaxError::new(opening, "`raw` is never closed: add `{% endraw %}`."))?;
                self.text(text);
                self.position += tag;
            } else if rest.starts_with("{{") {
                let inside = self.inside("}}")?;
                self.segments.push(Segment::Output(inside));
            } else if rest.starts_with("{%") {
                let inside = self.inside("%}")?;
                self.segments.push(Segment::Tag(inside));
            }
        }
        Ok(())
    }

    /// Adds the next bytes as text.
    fn text(&mut self, length: usize) {
        let offset = self.position;
        self.position += length;
        let text = self.template.get(offset..self.position).unwrap_or_default();
        if !text.is_empty() {
            self.segments.push(Segment::Text { offset, text });
        }
    }

    /// The tokens up to a closing delimiter. A delimiter within brackets is part of the expression, such as in `{{ {"a": {}} }}`.
    fn inside(&mut self, close: &'static str) -> Result<Inside<'a>, SyntaxError> {
        let start = self.position;
        self.position += 2;
        if self.rest().starts_with(['-', '+']) {
            self.position += 1;
        }
        let mut tokens: Vec<Token<'a>> = Vec::new();
        let mut brackets: Vec<(char, usize)> = Vec::new();
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            self.position += blank;
            let rest = self.rest();
            let offset = self.position;
            if brackets.is_empty() {
                let signs = if close == "%}" {
                    &["-", "+", ""][..]
                } else {
                    &["-", ""][..]
                };
                let mut signs = signs.iter();
                let found = signs.find(|sign| {
                    rest.strip_prefix(**sign)
                        .is_some_and(|rest| rest.starts_with(close))
                });
                if let Some(sign) = found {
                    self.position += sign.len() + close.len();
                    let end = offset;
                    return Ok(Inside { start, end, tokens });
                }
            }
            let Some(first) = rest.chars().next() else {
                if let Some((bracket, offset)) = brackets.first() {
                    let message = format!("The bracket `{}` is never closed.", opening(*bracket));
                    return Err(SyntaxError::new(*offset, message));
                }
                let open = self.template.get(start..start + 2).unwrap_or_default();
                let message = format!("`{open}` is never closed: add `{close}`.");
                return Err(SyntaxError::new(start, message));
            };
            let previous = tokens.last().map(|token| token.text);
            let (kind, text, length) = if first == '"' || first == '\'' {
                let content = string(rest, first).ok_or_else(|| {
                    SyntaxError::new(
                        offset,
                        format!("The string that begins with {first} is never closed."),
                    )
                })?;
                (TokenKind::String, content, content.len() + 2)
            } else if first.is_ascii_digit() {
                let text = number(rest, previous == Some("."));
                (TokenKind::Number, text, text.len())
            } else if is_word(first) {
                let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
                let text = rest.get(..length).unwrap_or_default();
                (TokenKind::Name, text, length)
            } else if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
                (TokenKind::Operator, *operator, operator.len())
            } else {
                return Err(SyntaxError::new(
                    offset,
                    unexpected_character(rest, first, start, self.template),
                ));
            };
            match text {
                "(" | "[" | "{" if kind == TokenKind::Operator => brackets.push((closing(text), offset)),
                ")" | "]" | "}" if kind == TokenKind::Operator => match brackets.pop() {
                    Some((expected, _)) if text.starts_with(expected) => {}
                    Some((expected, _)) => {
                        let message = format!("Unexpected `{text}`, expected `{expected}`.");
                        return Err(SyntaxError::new(offset, message));
                    }
                    None => return Err(SyntaxError::new(offset, unexpected_bracket(text, close))),
                },
                _ => {}
            }
            tokens.push(Token { kind, text, offset });
            self.position += length;
        }
    }
}

/// The position of the first opening delimiter.
fn delimiter(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let found = from + text.get(from..)?.find('{')?;
        let is_delimiter = text
            .get(found + 1..)
            .is_some_and(|rest| rest.starts_with(['{', '%', '#']));
        if is_delimiter {
            return Some(found);
        }
        from = found + 1;
    }
}

/// The length of a tag that has only this word, if the text begins with it.
fn word_tag(text: &str, word: &str) -> Option<usize> {
    let inside = text.strip_prefix("{%")?;
    let inside = inside.strip_prefix(['-', '+']).unwrap_or(inside);
    let after = inside.trim_start().strip_prefix(word)?.trim_start();
    let after = after
        .strip_prefix(['-', '+'])
        .unwrap_or(after)
        .strip_prefix("%}")?;
    Some(text.len() - after.len())
}

/// The length of the text before `{% endraw %}`, and that of the tag.
fn end_of_raw(text: &str) -> Option<(usize, usize)> {
    let mut found = text.match_indices("{%");
    found.find_map(|(offset, _)| Some((offset, word_tag(text.get(offset..)?, "endraw")?)))
}

/// The content of a string that begins with this quote, if it is closed.
fn string(text: &str, quote: char) -> Option<&str> {
    let content = text.get(1..)?;
    let mut is_escaped = false;
    for (offset, character) in content.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return content.get(..offset),
            _ => {}
        }
    }
    None
}

/// The number at the beginning of a string. After a dot, it is an index and has no fraction.
fn number(text: &str, is_index: bool) -> &str {
    let end_of_word = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest
            .find(|character: char| !is_word(character))
            .unwrap_or(rest.len())
    };
    let mut end = end_of_word(0);
    let has_digit_after = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.starts_with(|character: char| character.is_ascii_digit())
    };
    let next = |at: usize| text.get(at..).and_then(|rest| rest.chars().next());
    if !is_index && next(end) == Some('.') && has_digit_after(end + 1) {
        end = end_of_word(end + 1);
    }
    let is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    let is_exponent = !is_hexadecimal && text.get(..end).is_some_and(|number| number.ends_with(['e', 'E']));
    if is_exponent && matches!(next(end), Some('+' | '-')) && has_digit_after(end + 1) {
        end = end_of_word(end + 1);
    }
    text.get(..end).unwrap_or_default()
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn closing(bracket: &str) -> char {
    match bracket {
        "(" => ')',
        "[" => ']',
        _ => '}',
    }
}

fn opening(bracket: char) -> char {
    match bracket {
        ')' => '(',
        ']' => '[',
        _ => '{',
    }
}

fn unexpected_bracket(bracket: &str, close: &str) -> String {
    if bracket == "}" && close == "}}" {
        "Unexpected `}`: `{{` ends with `}}`.".to_owned()
    } else if bracket == "}" {
        "Unexpected `}`: `{%` ends with `%}`.".to_owned()
    } else {
        format!("Unexpected `{bracket}`.")
    }
}

fn unexpected_character(rest: &str, first: char, start: usize, template: &str) -> String {
    let hint = if rest.starts_with("&&") {
        " Jinja's word is `and`."
    } else if first == '!' {
        " Jinja's word is `not`."
    } else if template.get(start..).is_some_and(|text| text.starts_with("{%")) || !matches!(first, '{' | '%')
    {
        ""
    } else {
        " Is the expression before it closed?"
    };
    format!("Unexpected character `{first}`.{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(template: &str) -> String {
        let (segments, error) = segments(template);
        let tokens = |inside: &Inside<'_>| {
            let texts: Vec<&str> = inside.tokens.iter().map(|token| token.text).collect();
            texts.join(" ")
        };
        let mut shown: Vec<String> = segments
            .iter()
            .map(|segment| match segment {
                Segment::Text { text, .. } => format!("{text:?}"),
                Segment::Output(inside) => format!("<{}>", tokens(inside)),
                Segment::Tag(inside) => format!("[{}]", tokens(inside)),
            })
            .collect();
        shown.extend(error.map(|error| format!("{}: {}", error.offset, error.message)));
        shown.join(" ")
    }

    #[test]
    fn segments_are_text_outputs_and_tags() {
        let table = [
            ("", ""),
            ("a{b}c", r#""a{b}c""#),
            ("a {{- b.c|d -}} e", r#""a " <b . c | d> " e""#),
            ("{%+ if x -%}y{%- endif +%}", r#"[if x] "y" [endif]"#),
            ("{{ {'a': {'b': 1}} }}", "<{ a : { b : 1 } }>"),
            ("a{# {{ #}b", r#""a" "b""#),
            ("{%- raw -%}{{ x }{% endraw %}y", r#""{{ x }" "y""#),
            (r#"{{ "}}" ~ 'it\'s' }}"#, r"<}} ~ it\'s>"),
            ("{{ a.0.1 + 1.5e-3 // 0x1f }}", "<a . 0 . 1 + 1.5e-3 // 0x1f>"),
            ("{{ größe }}", "<größe>"),
        ];
        for (template, expected) in table {
            assert_eq!(shown(template), expected, "{template}");
        }
    }

    #[test]
    fn segments_report_what_is_never_closed() {
        let table = [
            ("a{{ b", r#""a" 1: `{{` is never closed: add `}}`."#),
            ("{% if x", "0: `{%` is never closed: add `%}`."),
            ("{{ b }", "5: Unexpected `}`: `{{` ends with `}}`."),
            (
                "{# x",
                "0: The comment that begins with `{#` is never closed: add `#}`.",
            ),
            ("{% raw %}x", "0: `raw` is never closed: add `{% endraw %}`."),
            ("{{ 'a }}", "3: The string that begins with ' is never closed."),
            ("{{ f(a }}", "7: Unexpected `}`, expected `)`."),
            ("{{ f(a", "4: The bracket `(` is never closed."),
            (
                "{% if a && b %}",
                "8: Unexpected character `&`. Jinja's word is `and`.",
            ),
        ];
        for (template, expected) in table {
            assert_eq!(shown(template), expected, "{template}");
        }
    }
}
