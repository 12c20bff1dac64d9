//! The dialect of Terraform's CLI configuration, in which keys may be quoted and blocks may be assigned.

use std::collections::BTreeMap;

use super::token::{Kind, Token, tokens};

/// A value, or a block; of a key that is there twice there are two.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A string, number or boolean as text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A block or an object, with the labels of a block.
    Block(Vec<String>, Block),
}

/// Items by key, in the order of the file within each key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// Keys in the order of the file.
    pub keys: Vec<String>,
    items: BTreeMap<String, Vec<Item>>,
}

/// Why a text is no CLI configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ConfigError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

impl Block {
    /// Every item of a key.
    pub fn get(&self, key: &str) -> &[Item] {
        self.items.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every block of a key.
    pub fn blocks<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Self> {
        self.get(key).iter().filter_map(|item| match item {
            Item::Block(_, block) => Some(block),
            _ => None,
        })
    }

    /// The first text of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).iter().find_map(|item| match item {
            Item::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The texts of the lists of a key.
    pub fn texts(&self, key: &str) -> Vec<&str> {
        let lists = self.get(key).iter().filter_map(|item| match item {
            Item::List(items) => Some(items),
            _ => None,
        });
        lists
            .flatten()
            .filter_map(|item| match item {
                Item::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}

/// Reads a CLI configuration.
pub fn parse(text: &str) -> Result<Block, ConfigError> {
    let mut reader = Reader {
        tokens: tokens(text),
        position: 0,
    };
    let block = reader.body(Ends::File)?;
    Ok(block)
}

#[derive(Clone, Copy, PartialEq)]
enum Ends {
    File,
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

    /// Passes over newlines, comments and separators.
    fn skip(&mut self) {
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

    fn body(&mut self, ends: Ends) -> Result<Block, ConfigError> {
        let mut block = Block::default();
        loop {
            self.skip();
            let Some(token) = self.peek() else {
                return match ends {
                    Ends::File => Ok(block),
                    Ends::Brace => self.error("a `{` is not closed"),
                };
            };
            if token.kind == Kind::CloseBrace {
                if ends == Ends::File {
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

    /// What follows a key: `= value`, or labels and a block.
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
                    return Ok(Item::Block(labels, self.body(Ends::Brace)?));
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
            Kind::OpenQuote => self.string().map(Item::Text),
            Kind::Identifier | Kind::Number => Ok(Item::Text(
                self.next().map(|token| token.text).unwrap_or_default(),
            )),
            Kind::OpenBrace => {
                self.position += 1;
                Ok(Item::Block(Vec::new(), self.body(Ends::Brace)?))
            }
            Kind::OpenBracket => {
                self.position += 1;
                let mut items = Vec::new();
                loop {
                    self.skip();
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

    /// A quoted string. The CLI configuration has no templates: `${` is text.
    fn string(&mut self) -> Result<String, ConfigError> {
        self.position += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                Some(token) if token.kind == Kind::CloseQuote => break,
                Some(token) if !matches!(token.kind, Kind::Newline) => text.push_str(&token.text),
                _ => return self.error("a string is not closed"),
            }
            self.position += 1;
        }
        self.position += 1;
        Ok(unescaped(&text))
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
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
    fn keys_may_be_quoted_and_blocks_assigned() {
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
        assert_eq!(overrides.text("a/b"), Some("C:\\x"));
        let mirror = installation.blocks("filesystem_mirror").next().unwrap();
        assert_eq!(mirror.text("path"), Some("${HOME}/m"));
        assert_eq!(mirror.texts("include"), ["a/*", "c/d"]);
    }

    #[test]
    fn a_mistake_has_a_line() {
        for (text, wanted) in [
            ("a {\n", "line 2: a `{` is not closed"),
            ("a = 1\n}\n", "line 2: unexpected `}`"),
            ("a\n", "line 1: expected `=` or `{` after a name"),
            ("a = \"b\n", "line 1: a string is not closed"),
            ("\n= 1\n", "line 2: expected a name, found `=`"),
            ("a = [1\n", "line 2: a `[` is not closed"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), wanted, "{text}");
        }
    }
}
