//! The tokens of an HCL file, without the spaces between them.
//!
//! Source: <https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#lexical-elements>.

/// A token of HCL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its kind.
    pub kind: Kind,
    /// Its characters. A comment that ends with its line includes the newline.
    pub text: String,
}

/// The kind of a token. Operators with the same spaces around them are one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The end of a line.
    Newline,
    /// `# …` and `// …` with their newline, or `/* … */`.
    Comment,
    /// A name or keyword.
    Identifier,
    /// A number.
    Number,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `(`
    OpenParenthesis,
    /// `)`
    CloseParenthesis,
    /// `${` or `%{`, with its strip marker.
    OpenTemplate,
    /// `}` of a template, with its strip marker.
    CloseTemplate,
    /// `"` at the beginning of a string.
    OpenQuote,
    /// `"` at the end of a string.
    CloseQuote,
    /// `<<NAME` with its newline.
    OpenHeredoc,
    /// The line that ends a heredoc, without its newline.
    CloseHeredoc,
    /// The characters between quotes or in a heredoc, outside templates.
    Literal,
    /// `=`
    Equal,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `::`
    DoubleColon,
    /// `...`
    Ellipsis,
    /// `:`
    Colon,
    /// `?`
    Question,
    /// `!`
    Bang,
    /// `-`
    Minus,
    /// `+ * / %`, comparisons, `&&` and `||`.
    Operator,
    /// `=>`, and characters that are not HCL.
    Other,
}

impl Kind {
    /// 1 for an opening bracket, -1 for a closing one, otherwise 0.
    pub fn depth(self) -> i32 {
        match self {
            Self::OpenBrace | Self::OpenBracket | Self::OpenParenthesis | Self::OpenTemplate => 1,
            Self::CloseBrace | Self::CloseBracket | Self::CloseParenthesis | Self::CloseTemplate => -1,
            _ => 0,
        }
    }
}

impl Token {
    pub(super) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }

    /// Whether the token ends a line.
    pub fn ends_line(&self) -> bool {
        self.kind == Kind::Newline || (self.kind == Kind::Comment && self.text.ends_with('\n'))
    }
}

/// The tokens of a file. Never fails: a character that is not HCL becomes [`Kind::Other`]. A byte order mark at the
/// beginning is skipped like a space.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut scanner = Scanner {
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        tokens: Vec::new(),
        modes: vec![Mode::Code { braces: 0 }],
    };
    while !scanner.rest.is_empty() {
        match scanner.modes.last().cloned() {
            Some(Mode::Quoted) => scanner.quoted(),
            Some(Mode::Heredoc { marker }) => scanner.heredoc(&marker),
            Some(Mode::Code { .. }) | None => scanner.code(),
        }
    }
    scanner.tokens
}

/// The syntax at the scanner's position. Modes nest: a template is code in quotes in code.
#[derive(Clone)]
enum Mode {
    /// Expressions and blocks, with the number of open braces. In a template, the `}` at no open brace ends it.
    Code { braces: usize },
    /// Between quotes.
    Quoted,
    /// In a heredoc that ends with a line of this marker.
    Heredoc { marker: String },
}

struct Scanner<'a> {
    rest: &'a str,
    tokens: Vec<Token>,
    modes: Vec<Mode>,
}

/// Operators, longest first.
const OPERATORS: [(&str, Kind); 26] = [
    ("...", Kind::Ellipsis),
    ("=>", Kind::Other),
    ("==", Kind::Operator),
    ("!=", Kind::Operator),
    ("<=", Kind::Operator),
    (">=", Kind::Operator),
    ("&&", Kind::Operator),
    ("||", Kind::Operator),
    ("::", Kind::DoubleColon),
    ("[", Kind::OpenBracket),
    ("]", Kind::CloseBracket),
    ("(", Kind::OpenParenthesis),
    (")", Kind::CloseParenthesis),
    ("=", Kind::Equal),
    (",", Kind::Comma),
    (".", Kind::Dot),
    (":", Kind::Colon),
    ("?", Kind::Question),
    ("!", Kind::Bang),
    ("-", Kind::Minus),
    ("+", Kind::Operator),
    ("*", Kind::Operator),
    ("/", Kind::Operator),
    ("%", Kind::Operator),
    ("<", Kind::Operator),
    (">", Kind::Operator),
];

impl Scanner<'_> {
    /// Adds the next bytes as a token.
    fn take(&mut self, kind: Kind, length: usize) {
        let (text, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.tokens.push(Token::new(kind, text));
        self.rest = rest;
    }

    fn code(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        let rest = self.rest;
        let Some(first) = rest.chars().next() else { return };
        if rest.starts_with("\r\n") {
            return self.take(Kind::Newline, 2);
        }
        if first == '\n' {
            return self.take(Kind::Newline, 1);
        }
        if first == '#' || rest.starts_with("//") {
            let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
            return self.take(Kind::Comment, length);
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            let length = comment.find("*/").map_or(rest.len(), |end| end + 4);
            return self.take(Kind::Comment, length);
        }
        if first == '"' {
            self.modes.push(Mode::Quoted);
            return self.take(Kind::OpenQuote, 1);
        }
        if let Some((marker, length)) = heredoc_start(rest) {
            self.modes.push(Mode::Heredoc {
                marker: marker.to_owned(),
            });
            return self.take(Kind::OpenHeredoc, length);
        }
        if first == '{' {
            self.braces(|braces| braces + 1);
            return self.take(Kind::OpenBrace, 1);
        }
        let in_template = self.modes.len() > 1 && matches!(self.modes.last(), Some(Mode::Code { braces: 0 }));
        if in_template && (first == '}' || rest.starts_with("~}")) {
            self.modes.pop();
            return self.take(Kind::CloseTemplate, if first == '}' { 1 } else { 2 });
        }
        if first == '}' {
            self.braces(|braces| braces.saturating_sub(1));
            return self.take(Kind::CloseBrace, 1);
        }
        if first.is_ascii_digit() {
            return self.take(Kind::Number, number_length(rest));
        }
        if first.is_alphabetic() || first == '_' {
            let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
            let length = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
            return self.take(Kind::Identifier, length);
        }
        match OPERATORS.iter().find(|(text, _)| rest.starts_with(text)) {
            Some((text, kind)) => self.take(*kind, text.len()),
            None => self.take(Kind::Other, first.len_utf8()),
        }
    }

    fn braces(&mut self, change: impl Fn(usize) -> usize) {
        if let Some(Mode::Code { braces }) = self.modes.last_mut() {
            *braces = change(*braces);
        }
    }

    fn quoted(&mut self) {
        let length = literal_length(
            self.rest,
            |rest| rest.starts_with(['"', '\n']),
            Escapes::Backslash,
        );
        if length > 0 {
            return self.take(Kind::Literal, length);
        }
        if self.rest.starts_with(['"', '\n']) {
            // A newline is invalid in a string. The string ends there, so that the rest of the file is still scanned.
            self.modes.pop();
            if self.rest.starts_with('"') {
                self.take(Kind::CloseQuote, 1);
            }
            return;
        }
        self.open_template();
    }

    fn heredoc(&mut self, marker: &str) {
        let at_line_start = self.tokens.last().is_none_or(|token| {
            token.kind == Kind::OpenHeredoc || (token.kind == Kind::Literal && token.text.ends_with('\n'))
        });
        if at_line_start {
            let line = self.rest.split('\n').next().unwrap_or(self.rest);
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.trim_matches([' ', '\t']) == marker {
                self.modes.pop();
                return self.take(Kind::CloseHeredoc, line.len());
            }
        }
        let line = self.rest.find('\n').map_or(self.rest.len(), |end| end + 1);
        let (line, _) = self.rest.split_at_checked(line).unwrap_or((self.rest, ""));
        let length = literal_length(line, |_| false, Escapes::None);
        if length > 0 {
            return self.take(Kind::Literal, length);
        }
        self.open_template();
    }

    fn open_template(&mut self) {
        let is_stripped = self.rest.get(2..).is_some_and(|rest| rest.starts_with('~'));
        self.modes.push(Mode::Code { braces: 0 });
        self.take(Kind::OpenTemplate, if is_stripped { 3 } else { 2 });
    }
}

/// The escape sequences of a literal.
#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    Backslash,
    None,
}

/// The number of bytes of a literal, which ends before a template or if `ends` returns true for the rest.
fn literal_length(text: &str, ends: impl Fn(&str) -> bool, escapes: Escapes) -> usize {
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = if rest.starts_with("$${") || rest.starts_with("%%{") {
            3
        } else if escapes == Escapes::Backslash && character == '\\' {
            1 + rest.chars().nth(1).map_or(0, char::len_utf8)
        } else if ends(rest) || rest.starts_with("${") || rest.starts_with("%{") {
            break;
        } else {
            character.len_utf8()
        };
        rest = rest.get(length..).unwrap_or("");
    }
    text.len() - rest.len()
}

/// The marker of a heredoc, and the length of its first line with the newline.
fn heredoc_start(rest: &str) -> Option<(&str, usize)> {
    let after = rest.strip_prefix("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after);
    let (line, _) = after.split_once('\n')?;
    let marker = line.strip_suffix('\r').unwrap_or(line);
    let is_name = marker
        .chars()
        .all(|character| character.is_alphanumeric() || matches!(character, '_' | '-'));
    let length = rest.len() - after.len() + line.len() + 1;
    (is_name && !marker.is_empty()).then_some((marker, length))
}

fn number_length(rest: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(rest);
    let after = |length: usize| rest.get(length..).unwrap_or("");
    if let Some(fraction) = after(length).strip_prefix('.') {
        let count = digits(fraction);
        length += if count > 0 { count + 1 } else { 0 };
    }
    if let Some(exponent) = after(length).strip_prefix(['e', 'E']) {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let count = digits(unsigned);
        if count > 0 {
            length += 1 + (exponent.len() - unsigned.len()) + count;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        tokens(text).iter().map(|token| token.text.as_str()).collect()
    }

    #[test]
    fn tokens_leave_out_only_spaces() {
        for text in [
            "a=\"${b}-${c[\"d\"]} e\"\n",
            "a=<<EOT\n  b ${c}\n  EOT\nd=1.5e-3\n",
            "a=\"$${b} \\\" %%{c}\"#d\n",
            "a=[for b in c:b...]/* d */\n",
            "\u{a7}\n\"unclosed\nb=1\n",
        ] {
            assert_eq!(written(text).replace(' ', ""), text.replace(' ', ""));
        }
    }

    #[test]
    fn tokens_skip_a_byte_order_mark_only_at_the_beginning() {
        assert_eq!(written("\u{feff}a = 1"), "a=1");
        assert_eq!(written("a\u{feff}b = 1"), "a\u{feff}b=1");
    }

    #[test]
    fn tokens_do_not_end_a_comment_at_its_first_star() {
        let texts: Vec<String> = tokens("a /*/ b */ c")
            .into_iter()
            .map(|token| token.text)
            .collect();
        assert_eq!(texts, ["a", "/*/ b */", "c"]);
    }

    #[test]
    fn tokens_do_not_end_a_template_at_an_inner_brace() {
        let kinds: Vec<Kind> = tokens("\"${{a=1}.a}\"").iter().map(|token| token.kind).collect();
        assert_eq!(kinds.last(), Some(&Kind::CloseQuote));
        assert_eq!(
            kinds.iter().filter(|kind| **kind == Kind::CloseTemplate).count(),
            1
        );
    }
}
