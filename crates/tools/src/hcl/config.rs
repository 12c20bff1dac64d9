//! A parser of Terraform's CLI configuration, which is HCL 1: keys may be quoted and blocks may be assigned.
//!
//! Source: <https://developer.hashicorp.com/terraform/cli/config/config-file>.

use std::collections::BTreeMap;

use super::token::{Kind, Token, tokens};

/// A value or a block. A key that occurs twice has two items.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A string; or a number or boolean, as a string.
    String(String),
    /// A list.
    List(Vec<Self>),
    /// A block with its labels, or an object without labels.
    Block(Vec<String>, Block),
}

/// The items of a file, block or object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// The keys, in the order of the file.
    pub keys: Vec<String>,
    /// The items of each key, in the order of the file.
    items: BTreeMap<String, Vec<Item>>,
}

/// A syntax error in a CLI configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ConfigError {
    /// The line of the error, from 1.
    pub line: usize,
    /// The error, as a lowercase fragment.
    pub problem: String,
}

impl Block {
    /// All items of a key.
    pub fn get(&self, key: &str) -> &[Item] {
        self.items.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// All blocks and objects of a key.
    pub fn blocks<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Self> {
        self.get(key).iter().filter_map(|item| match item {
            Item::Block(_, block) => Some(block),
            _ => None,
        })
    }

    /// The first string of a key.
    pub fn string(&self, key: &str) -> Option<&str> {
        self.get(key).iter().find_map(|item| match item {
            Item::String(string) => Some(string.as_str()),
            _ => None,
        })
    }

    /// The strings in the lists of a key.
    pub fn strings(&self, key: &str) -> Vec<&str> {
        let lists = self.get(key).iter().filter_map(|item| match item {
            Item::List(items) => Some(items),
            _ => None,
        });
        lists
            .flatten()
            .filter_map(|item| match item {
                Item::String(string) => Some(string.as_str()),
                _ => None,
            })
            .collect()
    }
}

/// Parses a CLI configuration.
///
/// # Errors
///
/// [`ConfigError`], at the first syntax error.
pub fn parse(text: &str) -> Result<Block, ConfigError> {
    let mut reader = Reader {
        tokens: tokens(text),
        position: 0,
    };
    let block = reader.body(BodyEnd::EndOfFile)?;
    Ok(block)
}

/// The end of a body.
#[derive(Clone, Copy, PartialEq)]
enum BodyEnd {
    EndOfFile,
    Brace,
}

struct Reader {
    tokens: Vec<Token>,
    position: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.position += 1;
        token
    }

    /// Skips newlines, comments and commas.
    fn skip_separators(&mut self) {
        while self
            .peek()
            .is_some_and(|token| matches!(token.kind, Kind::Newline | Kind::Comment | Kind::Comma))
        {
            self.position += 1;
        }
    }

    fn error<T>(&self, problem: impl Into<String>) -> Result<T, ConfigError> {
        let newlines = self
            .tokens
            .iter()
            .take(self.position)
            .map(|token| token.text.matches('\n').count())
            .sum::<usize>();
        Err(ConfigError {
            line: newlines + 1,
            problem: problem.into(),
        })
    }

    fn body(&mut self, end: BodyEnd) -> Result<Block, ConfigError> {
        let mut block = Block::default();
        loop {
            self.skip_separators();
            let Some(token) = self.peek() else {
                return match end {
                    BodyEnd::EndOfFile => Ok(block),
                    BodyEnd::Brace => self.error("a `{` is not closed"),
                };
            };
            if token.kind == Kind::CloseBrace {
                if end == BodyEnd::EndOfFile {
                    return self.error("unexpected `}`");
                }
                self.position += 1;
                return Ok(block);
            }
            let key = self.key()?;
            let item = self.item()?;
            if !block.keys.contains(&key) {
                block.keys.push(key.clone());
            }
            block.items.entry(key).or_default().push(item);
        }
    }

    fn key(&mut self) -> Result<String, ConfigError> {
        match self.peek().map(|token| token.kind) {
            Some(Kind::Identifier) => Ok(self.next().map(|token| token.text).unwrap_or_default()),
            Some(Kind::OpenQuote) => self.string(),
            _ => {
                let found = self
                    .peek()
                    .map(|token| token.text.trim().to_owned())
                    .unwrap_or_default();
                self.error(format!("expected a name, found `{found}`"))
            }
        }
    }

    /// The item after a key: `= value`, or labels and a block.
    fn item(&mut self) -> Result<Item, ConfigError> {
        let mut labels = Vec::new();
        loop {
            match self.peek().map(|token| token.kind) {
                Some(Kind::Equal) if labels.is_empty() => {
                    self.position += 1;
                    return self.value();
                }
                Some(Kind::OpenQuote | Kind::Identifier) => labels.push(self.key()?),
                Some(Kind::OpenBrace) => {
                    self.position += 1;
                    return Ok(Item::Block(labels, self.body(BodyEnd::Brace)?));
                }
                _ => return self.error("expected `=` or `{` after a name"),
            }
        }
    }

    fn value(&mut self) -> Result<Item, ConfigError> {
        let Some(token) = self.peek() else {
            return self.error("missing value");
        };
        match token.kind {
            Kind::OpenQuote => self.string().map(Item::String),
            Kind::Identifier | Kind::Number => Ok(Item::String(
                self.next().map(|token| token.text).unwrap_or_default(),
            )),
            Kind::OpenBrace => {
                self.position += 1;
                Ok(Item::Block(Vec::new(), self.body(BodyEnd::Brace)?))
            }
            Kind::OpenBracket => {
                self.position += 1;
                let mut items = Vec::new();
                loop {
                    self.skip_separators();
                    match self.peek().map(|token| token.kind) {
                        Some(Kind::CloseBracket) => break,
                        Some(_) => items.push(self.value()?),
                        None => return self.error("a `[` is not closed"),
                    }
                }
                self.position += 1;
                Ok(Item::List(items))
            }
            _ => self.error(format!("expected a value, found `{}`", token.text.trim())),
        }
    }

    /// A quoted string. The CLI configuration has no templates: `${` is literal.
    fn string(&mut self) -> Result<String, ConfigError> {
        self.position += 1;
        let mut escaped = String::new();
        loop {
            match self.peek() {
                Some(token) if token.kind == Kind::CloseQuote => break,
                Some(token) if !matches!(token.kind, Kind::Newline) => escaped.push_str(&token.text),
                _ => return self.error("a string is not closed"),
            }
            self.position += 1;
        }
        self.position += 1;
        Ok(unescape(&escaped))
    }
}

fn unescape(escaped: &str) -> String {
    let mut plain = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            (other, false) => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_accepts_quoted_keys_and_assigned_blocks() {
        let config = parse(
            "# mine\nprovider_installation {\n  dev_overrides = {\n    \"a/b\" = \"C:\\\\x\",\n  }\n  filesystem_mirror \
             {\n    path = \"${HOME}/m\"\n    include = [\"a/*\", \"c/d\"]\n  }\n  direct {}\n}\ncredentials \"h\" { token = \"t\" }\n",
        )
        .unwrap();
        let installation = config.blocks("provider_installation").next().unwrap();
        assert_eq!(
            installation.keys,
            ["dev_overrides", "filesystem_mirror", "direct"]
        );
        let overrides = installation.blocks("dev_overrides").next().unwrap();
        assert_eq!(overrides.string("a/b"), Some("C:\\x"));
        let mirror = installation.blocks("filesystem_mirror").next().unwrap();
        assert_eq!(mirror.string("path"), Some("${HOME}/m"));
        assert_eq!(mirror.strings("include"), ["a/*", "c/d"]);
    }

    #[test]
    fn parse_reports_the_line_of_a_syntax_error() {
        for (text, expected) in [
            ("a {\n", "line 2: a `{` is not closed"),
            ("a = 1\n}\n", "line 2: unexpected `}`"),
            ("a\n", "line 1: expected `=` or `{` after a name"),
            ("a = \"b\n", "line 1: a string is not closed"),
            ("\n= 1\n", "line 2: expected a name, found `=`"),
            ("a = [1\n", "line 2: a `[` is not closed"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
        }
    }
}
