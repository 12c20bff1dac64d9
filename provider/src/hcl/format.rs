//! `terraform fmt`: the one way in which a file is laid out.
//!
//! A file is cleaned first (labels in quotes, no needless templates, types as they are written today), then laid out
//! line by line: brackets decide the indentation, neighbours the spaces, and equals signs and comments on
//! consecutive lines stand in columns.

use unicode_segmentation::UnicodeSegmentation;

use super::token::{Kind, Token, tokens};

/// The text, laid out. It must be valid HCL: of other texts not much can be said.
pub fn format(text: &str) -> String {
    let tokens = clean_body(&mut Tokens::new(tokens(text)), &[]);
    let mut lines = lines(tokens);
    indent(&mut lines);
    for line in &mut lines {
        space(&mut line.lead);
        space(&mut line.assignment);
        if let Some(equal) = line.assignment.first_mut() {
            equal.spaces = 1;
        }
    }
    align(&mut lines, Line::lead_columns, |line| line.assignment.first_mut());
    align(&mut lines, Line::code_columns, |line| line.comment.first_mut());
    let mut text = String::with_capacity(text.len());
    for line in lines {
        for placed in line.lead.iter().chain(&line.assignment).chain(&line.comment) {
            text.extend(std::iter::repeat_n(' ', placed.spaces));
            text.push_str(&placed.token.text);
        }
    }
    text
}

/// A token, and the spaces before it.
struct Placed {
    token: Token,
    spaces: usize,
}

/// A line in up to three cells. A heredoc is part of the line it begins in.
struct Line {
    lead: Vec<Placed>,
    /// From the equals sign, where the value ends on the same line.
    assignment: Vec<Placed>,
    /// A comment after something else.
    comment: Vec<Placed>,
}

impl Line {
    fn lead_columns(&self) -> usize {
        columns(&self.lead)
    }

    fn code_columns(&self) -> usize {
        columns(&self.lead) + columns(&self.assignment)
    }
}

fn columns(cell: &[Placed]) -> usize {
    cell.iter()
        .map(|placed| placed.spaces + placed.token.text.graphemes(true).count())
        .sum()
}

fn lines(tokens: Vec<Token>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut pending: Vec<Placed> = Vec::new();
    for token in tokens {
        let ends = token.ends_line();
        pending.push(Placed { token, spaces: 0 });
        if ends {
            lines.push(cells(std::mem::take(&mut pending)));
        }
    }
    lines.push(cells(pending));
    lines
}

fn cells(mut lead: Vec<Placed>) -> Line {
    let ends_with_comment = lead
        .last()
        .is_some_and(|placed| placed.token.kind == Kind::Comment);
    let comment = if lead.len() > 1 && ends_with_comment {
        lead.split_off(lead.len() - 1)
    } else {
        Vec::new()
    };
    let equal = lead
        .iter()
        .skip(1)
        .position(|placed| placed.token.kind == Kind::Equal);
    let assignment = match equal.map(|position| position + 1) {
        Some(equal) if lead.iter().skip(equal).map(depth).sum::<i32>() == 0 => lead.split_off(equal),
        _ => Vec::new(),
    };
    Line {
        lead,
        assignment,
        comment,
    }
}

fn depth(placed: &Placed) -> i32 {
    placed.token.kind.depth()
}

/// A line that opens more than it closes begins a level, however many brackets that are.
fn indent(lines: &mut [Line]) {
    let mut levels: Vec<i32> = Vec::new();
    for line in lines {
        let before_heredoc = line
            .lead
            .iter()
            .position(|placed| placed.token.kind == Kind::OpenHeredoc);
        let counted = before_heredoc.unwrap_or(line.lead.len());
        let net = line
            .lead
            .iter()
            .take(counted)
            .chain(&line.assignment)
            .map(depth)
            .sum::<i32>();
        let Some(first) = line
            .lead
            .first_mut()
            .filter(|placed| placed.token.kind != Kind::Newline)
        else {
            continue;
        };
        let mut to_close = -net;
        while to_close > 0 {
            let Some(open) = levels.last_mut() else { break };
            if *open > to_close {
                *open -= to_close;
                break;
            }
            to_close -= *open;
            levels.pop();
        }
        first.spaces = 2 * levels.len();
        if net > 0 {
            levels.push(net);
        }
    }
}

fn space(cell: &mut [Placed]) {
    let kinds: Vec<Kind> = cell.iter().map(|placed| placed.token.kind).collect();
    for (index, window) in kinds.windows(2).enumerate() {
        let &[subject, after] = window else { continue };
        let before = index
            .checked_sub(1)
            .and_then(|previous| kinds.get(previous))
            .copied();
        let is_in = cell.get(index).is_some_and(|placed| placed.token.text == "in");
        if let Some(placed) = cell.get_mut(index + 1) {
            placed.spaces = usize::from(is_spaced(before, subject, after, is_in));
        }
    }
}

/// Whether there is a space between two tokens. The first rule that applies decides.
fn is_spaced(before: Option<Kind>, subject: Kind, after: Kind, is_in: bool) -> bool {
    use Kind::{
        Bang, CloseBrace, CloseHeredoc, CloseQuote, CloseTemplate, Comma, Dot, DoubleColon, Ellipsis,
        Identifier, Literal, Minus, Newline, Number, OpenBrace, OpenBracket, OpenHeredoc, OpenParenthesis,
        OpenQuote, OpenTemplate,
    };
    match (subject, after) {
        (_, Newline | Dot | Comma | Ellipsis)
        | (Identifier, OpenParenthesis | DoubleColon)
        | (DoubleColon, Identifier)
        | (Dot, _) => false,
        (Comma, _) => true,
        (Literal | OpenQuote | OpenHeredoc, _) | (_, Literal | CloseQuote | CloseHeredoc) => false,
        // `[for x in [y] : x]` is not an index of a thing called `in`.
        _ if is_in && before == Some(Identifier) => true,
        (Identifier | Number, OpenBracket)
        | (Bang, _)
        | (OpenBrace, CloseBrace)
        | (CloseTemplate, OpenTemplate) => false,
        (closing, OpenBracket) if closing.depth() < 0 => false,
        (Minus, _) => is_subtraction(before),
        (OpenBrace, _) | (_, CloseBrace) | (OpenTemplate, OpenBrace) | (CloseBrace, CloseTemplate) => true,
        (opening, _) if opening.depth() > 0 => false,
        (_, closing) if closing.depth() < 0 => false,
        _ => true,
    }
}

/// A minus after something that cannot end an expression is a sign.
fn is_subtraction(before: Option<Kind>) -> bool {
    !matches!(
        before,
        None | Some(
            Kind::OpenParenthesis
                | Kind::OpenBrace
                | Kind::OpenBracket
                | Kind::Equal
                | Kind::Colon
                | Kind::Comma
                | Kind::Question
                | Kind::Operator
                | Kind::Minus
                | Kind::Bang
        )
    )
}

/// Puts a cell of consecutive lines into one column, one space after the longest of what is before it.
fn align(
    lines: &mut [Line],
    width: impl Fn(&Line) -> usize,
    mut cell: impl FnMut(&mut Line) -> Option<&mut Placed>,
) {
    let mut start = 0;
    while start < lines.len() {
        let mut end = start;
        while lines.get_mut(end).is_some_and(|line| cell(line).is_some()) {
            end += 1;
        }
        let Some(run) = lines.get_mut(start..end) else {
            break;
        };
        let widest = run.iter().map(&width).max().unwrap_or(0);
        for line in run {
            let spaces = widest - width(line) + 1;
            if let Some(placed) = cell(line) {
                placed.spaces = spaces;
            }
        }
        start = end + 1;
    }
}

/// Tokens that are taken one by one.
struct Tokens {
    items: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Tokens {
    fn new(tokens: Vec<Token>) -> Tokens {
        Tokens {
            items: tokens.into_iter().peekable(),
        }
    }

    fn peek(&mut self) -> Option<Kind> {
        self.items.peek().map(|token| token.kind)
    }
}

/// The tokens of a body up to the brace that ends it, cleaned. `blocks` are the types of the blocks around it.
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
        if rest.peek() == Some(Kind::Equal) {
            cleaned.extend(rest.items.next());
            let value = take_value(rest);
            let is_type = name == "type" && matches!(blocks, [block] if block == "variable");
            cleaned.extend(if is_type {
                clean_type(value)
            } else {
                clean_value(value)
            });
        } else {
            clean_block(rest, &mut cleaned, blocks, name);
        }
    }
    cleaned
}

/// Labels in quotes, and the body.
fn clean_block(rest: &mut Tokens, cleaned: &mut Vec<Token>, blocks: &[String], name: String) {
    while let Some(kind) = rest.peek() {
        match kind {
            Kind::Newline => return,
            Kind::OpenBrace => break,
            Kind::Identifier => {
                let Some(label) = rest.items.next() else { return };
                cleaned.push(Token::new(Kind::OpenQuote, "\""));
                cleaned.push(Token::new(Kind::Literal, label.text));
                cleaned.push(Token::new(Kind::CloseQuote, "\""));
            }
            // Comments among labels are dropped, as Terraform drops them.
            Kind::Comment => {
                rest.items.next();
            }
            _ => cleaned.extend(rest.items.next()),
        }
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
        let is_end = token.kind == Kind::CloseBrace || token.kind == Kind::Comment || token.ends_line();
        if open <= 0 && is_end {
            break;
        }
        open += token.kind.depth();
        value.extend(rest.items.next());
    }
    value
}

/// `"${value}"` is `value`.
fn clean_value(value: Vec<Token>) -> Vec<Token> {
    let inside = match value.as_slice() {
        [open_quote, open, inside @ .., close, close_quote]
            if open_quote.kind == Kind::OpenQuote
                && open.text == "${"
                && close.text == "}"
                && close.kind == Kind::CloseTemplate
                && close_quote.kind == Kind::CloseQuote
                && !inside.is_empty() =>
        {
            inside
        }
        _ => return value,
    };
    // More than one template, or text around them, is a string.
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

/// Types as they are written since 0.12: `"list"` was a list of strings, `list` is one of anything.
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

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn a_file_is_laid_out() {
        let text = "resource a b{\nname=\"${var.x}\" # one\n  longer_name   = -1 //two\n list=[\n1,\n2 ,{a=1}]\n}\n\
                    variable x{type=\"list\"\n}\nempty { }\nlocals{\nx=<<-EOT\n   kept  ${ a }\n    EOT\n}\n";
        insta::assert_snapshot!(format(text), @r#"
        resource "a" "b" {
          name        = var.x # one
          longer_name = -1    //two
          list = [
            1,
          2, { a = 1 }]
        }
        variable "x" { type = list(string)
        }
        empty {}
        locals {
          x = <<-EOT
           kept  ${a}
            EOT
        }
        "#);
        assert_eq!(format(&format(text)), format(text));
    }
}
