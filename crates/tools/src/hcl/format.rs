//! `terraform fmt`: the canonical format of a configuration file.
//!
//! A file is cleaned first (labels in quotes, no needless templates, types as of Terraform 0.12), then formatted line by
//! line: brackets decide the indentation, pairs of tokens the spaces between them, and equals signs and comments on
//! consecutive lines are aligned.
//!
//! Source: <https://github.com/hashicorp/hcl/blob/main/hclwrite/format.go>.

use unicode_segmentation::UnicodeSegmentation;

use super::clean::clean;
use super::token::{Kind, Token, tokens};

/// Formats a file. The content must be valid HCL; otherwise the result is unspecified.
pub fn format(text: &str) -> String {
    let mut lines = split_lines(clean(tokens(text)));
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
    let mut formatted = String::with_capacity(text.len());
    for line in lines {
        for placed in line.lead.iter().chain(&line.assignment).chain(&line.comment) {
            formatted.extend(std::iter::repeat_n(' ', placed.spaces));
            formatted.push_str(&placed.token.text);
        }
    }
    formatted
}

/// A token, and the spaces before it.
struct SpacedToken {
    token: Token,
    spaces: usize,
}

/// A line in up to three cells, which are aligned. A heredoc is part of the line in which it begins.
struct Line {
    /// Everything before the other two cells.
    lead: Vec<SpacedToken>,
    /// The equals sign and the rest, if the value ends on the same line.
    assignment: Vec<SpacedToken>,
    /// A comment at the end of a line of code.
    comment: Vec<SpacedToken>,
}

impl Line {
    fn lead_columns(&self) -> usize {
        columns(&self.lead)
    }

    fn code_columns(&self) -> usize {
        columns(&self.lead) + columns(&self.assignment)
    }
}

/// The width of a cell, in grapheme clusters.
fn columns(cell: &[SpacedToken]) -> usize {
    cell.iter()
        .map(|placed| placed.spaces + placed.token.text.graphemes(true).count())
        .sum()
}

fn split_lines(tokens: Vec<Token>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut pending: Vec<SpacedToken> = Vec::new();
    for token in tokens {
        let ends = token.ends_line();
        pending.push(SpacedToken { token, spaces: 0 });
        if ends {
            lines.push(split_cells(std::mem::take(&mut pending)));
        }
    }
    lines.push(split_cells(pending));
    lines
}

fn split_cells(mut lead: Vec<SpacedToken>) -> Line {
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

fn depth(placed: &SpacedToken) -> i32 {
    placed.token.kind.depth()
}

/// Indents the lines. A line that opens more brackets than it closes begins one level, however many brackets it opens.
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

/// Sets the spaces between the tokens of a cell.
fn space(cell: &mut [SpacedToken]) {
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
        // In `[for x in [y] : x]`, the bracket after `in` begins a list and not an index.
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

/// Whether a minus after this token is an operator between two values; otherwise it is a sign.
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

/// Aligns a cell of consecutive lines in one column, one space after the longest line before it.
fn align(
    lines: &mut [Line],
    width: impl Fn(&Line) -> usize,
    mut cell: impl FnMut(&mut Line) -> Option<&mut SpacedToken>,
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

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn format_sets_indentation_spaces_and_columns() {
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

    #[test]
    fn format_keeps_comments_except_those_before_a_label() {
        for (text, expected) in [
            (
                "a/* 1 */=/* 2 */\"${b}\"/* 3 */\n",
                "a /* 1 */ = /* 2 */ b /* 3 */\n",
            ),
            ("a/* 1 */b /* 2 */ \"c\"/* 3 */{}\n", "a \"b\" \"c\" /* 3 */ {}\n"),
            ("a=\"${~ b ~}\"\n", "a = b\n"),
        ] {
            assert_eq!(format(text), expected);
        }
    }

    #[test]
    fn format_keeps_comments_around_and_within_a_value() {
        let text = "a=/*x\n  y*/b# note\nc=1/* d */+e # f\ng=/* h */ /* i */\"${j}\"/* k */ # l\nm=n\n";
        insta::assert_snapshot!(format(text), @r#"
        a = /*x
          y*/ b               # note
        c = 1 /* d */ + e             # f
        g = /* h */ /* i */ j /* k */ # l
        m = n
        "#);
    }
}
