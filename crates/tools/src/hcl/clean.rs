//! The first step of `terraform fmt`: it rewrites outdated and needlessly long expressions.
//!
//! Source: `formatBody` and the functions below it in
//! <https://github.com/hashicorp/terraform/blob/main/internal/command/fmt.go>.
//!
//! Tests: `tests/cli/format/mod.rs`.

use super::token::{Kind, Token};

/// Puts labels in quotes, removes needless templates and writes types as of Terraform 0.12.
pub fn clean(tokens: Vec<Token>) -> Vec<Token> {
    clean_body(&mut Tokens::new(tokens), &[])
}

/// The tokens that are not processed yet.
struct Tokens {
    items: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Tokens {
    fn new(tokens: Vec<Token>) -> Self {
        Self {
            items: tokens.into_iter().peekable(),
        }
    }

    fn peek(&mut self) -> Option<Kind> {
        self.items.peek().map(|token| token.kind)
    }
}

/// Cleans the tokens of a body, up to the brace that ends it. `blocks` are the types of the blocks around it.
fn clean_body(rest: &mut Tokens, blocks: &[String]) -> Vec<Token> {
    let mut cleaned = Vec::new();
    while let Some(kind) = rest.peek() {
        if kind == Kind::CloseBrace && !blocks.is_empty() {
            break;
        }
        let Some(token) = rest.items.next() else { break };
        if kind != Kind::Identifier {
            cleaned.push(token);
            continue;
        }
        let name = token.text.clone();
        cleaned.push(token);
        let header = take_header(rest);
        if rest.peek() == Some(Kind::Equal) {
            cleaned.extend(header);
            cleaned.extend(rest.items.next());
            let is_type = name == "type" && matches!(blocks, [block] if block == "variable");
            let clean = if is_type { clean_type } else { clean_value };
            cleaned.extend(between_comments(take_value(rest), clean));
        } else {
            cleaned.extend(clean_labels(header));
            clean_block(rest, &mut cleaned, blocks, name);
        }
    }
    cleaned
}

/// The tokens between a name and its equals sign or brace.
fn take_header(rest: &mut Tokens) -> Vec<Token> {
    let mut header = Vec::new();
    while let Some(token) = rest
        .items
        .next_if(|token| !matches!(token.kind, Kind::Equal | Kind::OpenBrace) && !token.ends_line())
    {
        header.push(token);
    }
    header
}

/// Puts labels in quotes. Comments before a label are removed, as by Terraform.
fn clean_labels(header: Vec<Token>) -> Vec<Token> {
    let last = header
        .iter()
        .rposition(|token| matches!(token.kind, Kind::Identifier | Kind::CloseQuote));
    let mut labels = Vec::new();
    for (index, token) in header.into_iter().enumerate() {
        match token.kind {
            Kind::Identifier => labels.extend([
                Token::new(Kind::OpenQuote, "\""),
                Token::new(Kind::Literal, token.text),
                Token::new(Kind::CloseQuote, "\""),
            ]),
            Kind::Comment if last.is_some_and(|last| index < last) => {}
            _ => labels.push(token),
        }
    }
    labels
}

/// Cleans the body of a block, and adds it with its braces.
fn clean_block(rest: &mut Tokens, cleaned: &mut Vec<Token>, blocks: &[String], name: String) {
    if rest.peek() != Some(Kind::OpenBrace) {
        return;
    }
    cleaned.extend(rest.items.next());
    let mut inside = blocks.to_vec();
    inside.push(name);
    cleaned.extend(clean_body(rest, &inside));
    cleaned.extend(rest.items.next());
}

/// The tokens of an attribute's value: up to the end of its line, with no bracket open.
fn take_value(rest: &mut Tokens) -> Vec<Token> {
    let mut value = Vec::new();
    let mut open = 0;
    while let Some(token) = rest.items.peek() {
        let is_end = token.kind == Kind::CloseBrace || token.ends_line();
        if open <= 0 && is_end {
            break;
        }
        open += token.kind.depth();
        value.extend(rest.items.next());
    }
    value
}

/// Changes an expression, but not the comments before and after it.
fn between_comments(mut tokens: Vec<Token>, change: fn(Vec<Token>) -> Vec<Token>) -> Vec<Token> {
    let is_code = |token: &Token| token.kind != Kind::Comment;
    let start = tokens.iter().position(is_code).unwrap_or(tokens.len());
    let end = tokens.iter().rposition(is_code).map_or(start, |last| last + 1);
    let after = tokens.split_off(end);
    let expression = tokens.split_off(start);
    tokens.extend(change(expression));
    tokens.extend(after);
    tokens
}

/// Replaces `"${value}"` by `value`, also with strip markers (`~`).
fn clean_value(value: Vec<Token>) -> Vec<Token> {
    let inside = match value.as_slice() {
        [open_quote, open, inside @ .., close, close_quote]
            if open_quote.kind == Kind::OpenQuote
                && open.text.starts_with('$')
                && close.kind == Kind::CloseTemplate
                && close_quote.kind == Kind::CloseQuote
                && !inside.is_empty() =>
        {
            inside
        }
        _ => return value,
    };
    // A string of several templates, or with literals around them, is kept.
    let mut quotes = 0;
    for token in inside {
        match token.kind {
            Kind::OpenQuote => quotes += 1,
            Kind::CloseQuote => quotes -= 1,
            Kind::Literal | Kind::OpenTemplate | Kind::CloseTemplate if quotes == 0 => return value,
            _ => {}
        }
    }
    let is_newline = |token: &Token| token.kind == Kind::Newline;
    let from = inside
        .iter()
        .position(|token| !is_newline(token))
        .unwrap_or_default();
    let to = inside
        .iter()
        .rposition(|token| !is_newline(token))
        .map_or(0, |last| last + 1);
    let trimmed = inside.get(from..to).unwrap_or_default();
    let is_parenthesised = trimmed
        .first()
        .is_some_and(|token| token.kind == Kind::OpenParenthesis)
        && trimmed
            .last()
            .is_some_and(|token| token.kind == Kind::CloseParenthesis);
    if trimmed.iter().any(is_newline) && !is_parenthesised {
        let mut wrapped = vec![Token::new(Kind::OpenParenthesis, "(")];
        wrapped.extend_from_slice(trimmed);
        wrapped.push(Token::new(Kind::CloseParenthesis, ")"));
        return wrapped;
    }
    trimmed.to_vec()
}

/// Writes a type as of Terraform 0.12: `"list"` was a list of strings, `list` is a list of any type.
fn clean_type(value: Vec<Token>) -> Vec<Token> {
    let (name, element) = match value.as_slice() {
        [name] if name.kind == Kind::Identifier => (name, "any"),
        [open, name, _] if open.kind == Kind::OpenQuote && name.kind == Kind::Literal => (name, "string"),
        _ => return value,
    };
    let identifier = |text: &str| Token::new(Kind::Identifier, text);
    match (name.text.as_str(), element) {
        ("list" | "map", _) | ("set", "any") => vec![
            identifier(&name.text),
            Token::new(Kind::OpenParenthesis, "("),
            identifier(element),
            Token::new(Kind::CloseParenthesis, ")"),
        ],
        ("string", "string") => vec![identifier("string")],
        _ => value,
    }
}
