//! Reads the expressions in a tag or an output, and notes the names in them.

use crate::lexer::{Inside, SyntaxError, Token, TokenKind};
use crate::uses::{Member, Parsed, Place, Use};

/// How deeply expressions and tags may be nested. Beyond that, the parser stops without an error.
pub const MAX_DEPTH: usize = 100;

/// How many operators, filters or `elif` may follow each other, for the same reason.
const MAX_CHAIN: usize = 200;

/// Filters whose result has the same elements.
const SAME_ELEMENTS: [&str; 8] = [
    "list",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "sort",
    "unique",
];

/// Why the parser stops.
pub enum Stop {
    /// The template is invalid.
    Error(SyntaxError),
    /// The template is nested more deeply than [`MAX_DEPTH`].
    TooDeep,
}

/// Whether `A if B else C` is part of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Conditional {
    /// It is.
    Allowed,
    /// `if` follows the expression.
    Refused,
}

/// What is known about the value of an operand.
#[derive(Clone, Copy, Default)]
pub struct Operand<'a> {
    /// The index of the use that the value is.
    exact: Option<usize>,
    /// The index of the use that has the same elements.
    pub elements: Option<usize>,
    /// The string that the value is.
    literal: Option<&'a str>,
    /// Whether the value is a number of at most four digits.
    is_small: bool,
}

/// Reads the tokens of one tag or output.
pub struct Cursor<'a, 'p> {
    pub tokens: Vec<Token<'a>>,
    pub position: usize,
    end: usize,
    close: &'static str,
    depth: usize,
    in_condition: bool,
    pub is_repeated: bool,
    pub parsed: &'p mut Parsed<'a>,
}

impl<'a, 'p> Cursor<'a, 'p> {
    pub fn new(inside: &Inside<'a>, close: &'static str, parsed: &'p mut Parsed<'a>) -> Self {
        Self {
            tokens: inside.tokens.clone(),
            position: 0,
            end: inside.end,
            close,
            depth: 0,
            in_condition: false,
            is_repeated: false,
            parsed,
        }
    }

    pub fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.position).copied()
    }

    pub fn peek_is_name(&self, word: &str) -> bool {
        self.peek()
            .is_some_and(|token| token.kind == TokenKind::Name && token.text == word)
    }

    pub fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.position += usize::from(token.is_some());
        token
    }

    pub fn next_if(&mut self, fits: impl FnOnce(&Token<'a>) -> bool) -> Option<Token<'a>> {
        let token = self.peek().filter(fits)?;
        self.position += 1;
        Some(token)
    }

    pub fn skip(&mut self, operator: &str) -> bool {
        self.next_if(|token| token.kind == TokenKind::Operator && token.text == operator)
            .is_some()
    }

    pub fn skip_name(&mut self, word: &str) -> bool {
        self.next_if(|token| token.kind == TokenKind::Name && token.text == word)
            .is_some()
    }

    pub fn error(&self, message: impl Into<String>) -> Stop {
        let offset = self.peek().map_or(self.end, |token| token.offset);
        Stop::Error(SyntaxError::new(offset, message))
    }

    pub fn unexpected(&self, expected: &str) -> Stop {
        self.error(match self.peek() {
            Some(token) if token.kind == TokenKind::String => {
                format!("Unexpected string, expected {expected}.")
            }
            Some(token) if token.kind == TokenKind::Number => {
                format!("Unexpected number, expected {expected}.")
            }
            Some(token) => format!("Unexpected `{}`, expected {expected}.", token.text),
            None => format!("Unexpected `{}`, expected {expected}.", self.close),
        })
    }

    pub fn expect(&mut self, operator: &str) -> Result<(), Stop> {
        if self.skip(operator) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{operator}`")))
        }
    }

    pub fn end(&self) -> Result<(), Stop> {
        match self.peek() {
            None => Ok(()),
            Some(token) if token.text == "=" => {
                Err(self.error("Unexpected `=`: Jinja compares with `==`, and assigns with `{% set %}`."))
            }
            Some(_) => Err(self.unexpected(&format!("`{}`", self.close))),
        }
    }

    pub fn name(&mut self, expected: &str) -> Result<&'a str, Stop> {
        let name = self.next_if(|token| token.kind == TokenKind::Name);
        name.map(|token| token.text)
            .ok_or_else(|| self.unexpected(expected))
    }

    /// `with context` or `without context`.
    pub fn context(&mut self) -> Result<bool, Stop> {
        if !self.skip_name("with") && !self.skip_name("without") {
            return Ok(false);
        }
        if self.skip_name("context") {
            Ok(true)
        } else {
            Err(self.unexpected("`context`"))
        }
    }

    /// The names of an assignment or a loop, such as `a, (b, c)`. A member such as `ns.count` is not a name.
    pub fn targets(&mut self, stop: &[&str]) -> Result<Vec<&'a str>, Stop> {
        let mut names = Vec::new();
        loop {
            match self.peek() {
                Some(token) if token.kind == TokenKind::Name && !stop.contains(&token.text) => {
                    self.position += 1;
                    names.push(token.text);
                    if self.skip(".") {
                        self.name("a name")?;
                    }
                }
                Some(token) if matches!(token.text, "(" | ")" | ",") && token.kind == TokenKind::Operator => {
                    self.position += 1;
                    continue;
                }
                _ if names.is_empty() => return Err(self.unexpected("a name")),
                _ => return Ok(names),
            }
            let is_more = self
                .peek()
                .is_some_and(|token| matches!(token.text, "," | ")" | "("));
            if !is_more {
                return Ok(names);
            }
        }
    }

    /// The parameters of a macro, after their opening bracket.
    pub fn parameters(&mut self) -> Result<(), Stop> {
        while !self.skip(")") {
            let name = self.name("a parameter")?;
            self.parsed.bound.insert(name);
            if self.skip("=") {
                self.expression(Conditional::Allowed)?;
            }
            if !self.skip(",") {
                return self.expect(")");
            }
        }
        Ok(())
    }

    pub fn assign(&mut self, targets: &[&'a str], uses: usize) {
        for target in targets {
            self.parsed.assign(target, uses, self.is_repeated);
        }
    }

    pub fn condition<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        let before = std::mem::replace(&mut self.in_condition, true);
        let result = read(self);
        self.in_condition = before;
        result
    }

    /// Expressions with commas between them.
    pub fn tuple(&mut self, conditional: Conditional) -> Result<Operand<'a>, Stop> {
        let first = self.expression(conditional)?;
        if !self.skip(",") {
            return Ok(first);
        }
        loop {
            let is_over = self.peek().is_none_or(|token| {
                matches!(token.text, ")" | "]" | "}" | ":" | "=") && token.kind == TokenKind::Operator
            });
            if is_over || self.peek_is_name("recursive") || self.peek_is_name("if") {
                return Ok(Operand::default());
            }
            self.expression(conditional)?;
            if !self.skip(",") {
                return Ok(Operand::default());
            }
        }
    }

    pub fn expression(&mut self, conditional: Conditional) -> Result<Operand<'a>, Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::TooDeep);
        }
        let mut operand = self.operations()?;
        while conditional == Conditional::Allowed && self.skip_name("if") {
            self.condition(Self::operations)?;
            operand = Operand::default();
            if self.skip_name("else") {
                self.expression(conditional)?;
            }
        }
        self.depth -= 1;
        Ok(operand)
    }

    /// Operands with operators between them.
    fn operations(&mut self) -> Result<Operand<'a>, Stop> {
        let mut left = self.operand()?;
        let mut is_single = true;
        for _ in 0..MAX_CHAIN {
            let result = if is_single { left } else { Operand::default() };
            let Some(token) = self.peek() else {
                return Ok(result);
            };
            let operator = token.text;
            match token.kind {
                TokenKind::Operator
                    if matches!(
                        operator,
                        "+" | "-"
                            | "*"
                            | "/"
                            | "//"
                            | "%"
                            | "**"
                            | "~"
                            | "=="
                            | "!="
                            | "<"
                            | "<="
                            | ">"
                            | ">="
                    ) =>
                {
                    self.position += 1;
                }
                TokenKind::Name if matches!(operator, "and" | "or" | "in") => self.position += 1,
                TokenKind::Name if operator == "not" => {
                    self.position += 1;
                    if !self.skip_name("in") {
                        return Err(self.unexpected("`in` after `not`"));
                    }
                }
                _ => return Ok(result),
            }
            is_single = false;
            let right = self.operand()?;
            match operator {
                "==" | "!=" => {
                    self.note(left.exact, right.literal, |used| &mut used.equals);
                    self.note(right.exact, left.literal, |used| &mut used.equals);
                }
                "in" | "not" => {
                    self.note(right.exact, left.literal, |used| &mut used.contains);
                    if let (Some(index), Some(literal)) = (right.exact, left.literal) {
                        self.guard_member(index, literal, token.offset);
                    }
                }
                "**" => self.parsed.is_costly = true,
                "*" if !left.is_small && !right.is_small => self.parsed.is_costly = true,
                _ => {}
            }
            left = match operator {
                "and" | "or" => right,
                _ => Operand::default(),
            };
        }
        Err(Stop::TooDeep)
    }

    fn note(
        &mut self,
        index: Option<usize>,
        literal: Option<&'a str>,
        list: impl for<'u> FnOnce(&'u mut Use<'a>) -> &'u mut Vec<&'a str>,
    ) {
        let used = index.and_then(|index| self.parsed.uses.get_mut(index));
        if let (Some(used), Some(literal)) = (used, literal) {
            list(used).push(literal);
        }
    }

    /// `"name" in vars` handles that `vars.name` is not defined.
    fn guard_member(&mut self, index: usize, name: &'a str, offset: usize) {
        if let Some(mut used) = self.parsed.uses.get(index).cloned() {
            used.members.push(Member::Name(name, offset));
            used.is_guarded = true;
            used.place = Place::Condition;
            self.parsed.uses.push(used);
        }
    }

    fn operand(&mut self) -> Result<Operand<'a>, Stop> {
        let start = self.position;
        while self.skip_name("not") || self.skip("-") || self.skip("+") {}
        let has_sign = self.position > start;
        if self.position > start + MAX_DEPTH {
            return Err(Stop::TooDeep);
        }
        let operand = self.primary()?;
        let operand = self.postfix(operand)?;
        Ok(if has_sign { Operand::default() } else { operand })
    }

    fn primary(&mut self) -> Result<Operand<'a>, Stop> {
        let Some(token) = self.next() else {
            return Err(self.unexpected("an expression"));
        };
        match (token.kind, token.text) {
            (TokenKind::Name, "true" | "false" | "none" | "True" | "False" | "None") => {
                Ok(Operand::default())
            }
            (TokenKind::Name, root) => {
                self.parsed.uses.push(Use {
                    root,
                    offset: token.offset,
                    members: Vec::new(),
                    is_called: false,
                    is_guarded: false,
                    place: if self.in_condition {
                        Place::Condition
                    } else {
                        Place::Inline
                    },
                    equals: Vec::new(),
                    contains: Vec::new(),
                });
                let index = Some(self.parsed.uses.len() - 1);
                Ok(Operand {
                    exact: index,
                    elements: index,
                    ..Operand::default()
                })
            }
            (TokenKind::Number, digits) => {
                self.parsed.is_costly |= digits.len() > 5;
                Ok(Operand {
                    is_small: digits.len() < 5,
                    ..Operand::default()
                })
            }
            (TokenKind::String, text) => {
                self.check_cost(text);
                let mut literal = (!text.contains('\\')).then_some(text);
                while let Some(next) = self.next_if(|token| token.kind == TokenKind::String) {
                    self.check_cost(next.text);
                    literal = None;
                }
                Ok(Operand {
                    literal,
                    ..Operand::default()
                })
            }
            (TokenKind::Operator, "(") => {
                if self.skip(")") {
                    return Ok(Operand::default());
                }
                let inner = self.tuple(Conditional::Allowed)?;
                self.expect(")")?;
                Ok(inner)
            }
            (TokenKind::Operator, "[") => {
                while !self.skip("]") {
                    self.expression(Conditional::Allowed)?;
                    if !self.skip(",") {
                        self.expect("]")?;
                        break;
                    }
                }
                Ok(Operand::default())
            }
            (TokenKind::Operator, "{") => {
                while !self.skip("}") {
                    self.expression(Conditional::Allowed)?;
                    self.expect(":")?;
                    self.expression(Conditional::Allowed)?;
                    if !self.skip(",") {
                        self.expect("}")?;
                        break;
                    }
                }
                Ok(Operand::default())
            }
            _ => {
                self.position -= 1;
                Err(self.unexpected("an expression"))
            }
        }
    }

    /// A string may become a number, or the width of a number.
    fn check_cost(&mut self, text: &str) {
        let mut numbers = text.split(|character: char| !character.is_ascii_digit());
        let may_be_number = text.contains(['%', '{']) || text.bytes().all(|byte| byte.is_ascii_digit());
        self.parsed.is_costly |=
            text.len() > 4096 || (may_be_number && numbers.any(|digits| digits.len() > 4));
    }

    /// Members, subscripts, calls, filters and tests.
    fn postfix(&mut self, mut operand: Operand<'a>) -> Result<Operand<'a>, Stop> {
        for _ in 0..MAX_CHAIN {
            operand = self.suffixes(operand)?;
            if self.skip("|") {
                operand = self.filtered(operand)?;
            } else if self.skip_name("is") {
                self.test(operand)?;
                operand = Operand::default();
            } else {
                return Ok(operand);
            }
        }
        Err(Stop::TooDeep)
    }

    /// Members, subscripts and calls.
    fn suffixes(&mut self, mut operand: Operand<'a>) -> Result<Operand<'a>, Stop> {
        for _ in 0..MAX_CHAIN {
            if self.skip(".") {
                let is_member = |token: &Token<'_>| matches!(token.kind, TokenKind::Name | TokenKind::Number);
                let Some(member) = self.next_if(is_member) else {
                    return Err(self.unexpected("a name after `.`"));
                };
                let member = match member.kind {
                    TokenKind::Name => Member::Name(member.text, member.offset),
                    _ => Member::Index,
                };
                operand = self.member(operand, member);
            } else if self.skip("[") {
                let inner = self.subscript()?;
                operand = self.member(operand, inner);
            } else if self.skip("(") {
                self.call(operand)?;
                operand = Operand::default();
            } else {
                return Ok(operand);
            }
        }
        Err(Stop::TooDeep)
    }

    fn member(&mut self, operand: Operand<'a>, member: Member<'a>) -> Operand<'a> {
        let used = operand.exact.and_then(|index| self.parsed.uses.get_mut(index));
        let Some(used) = used else {
            return Operand::default();
        };
        used.members.push(member);
        Operand {
            exact: operand.exact,
            elements: operand.exact,
            ..Operand::default()
        }
    }

    fn subscript(&mut self) -> Result<Member<'a>, Stop> {
        let mut member = Member::Index;
        let start = self.peek();
        let mut parts = 0;
        while !self.skip("]") {
            if self.skip(":") || self.skip(",") {
                parts += 1;
                continue;
            }
            if self.peek().is_none() {
                return Err(self.unexpected("`]`"));
            }
            let inner = self.expression(Conditional::Allowed)?;
            if let (Some(literal), Some(start), 0) = (inner.literal, start, parts) {
                member = Member::Name(literal, start.offset);
            }
            parts += 1;
            let goes_on = self
                .peek()
                .is_some_and(|token| matches!(token.text, "]" | ":" | ","));
            if !goes_on {
                return Err(self.unexpected("`]`"));
            }
        }
        Ok(if parts == 1 { member } else { Member::Index })
    }

    /// The arguments of a call, after their opening bracket. `vars.get("name")` reads `vars.name`.
    fn call(&mut self, operand: Operand<'a>) -> Result<(), Stop> {
        let argument = self.peek().filter(|token| token.kind == TokenKind::String);
        if let Some(used) = operand.exact.and_then(|index| self.parsed.uses.get_mut(index)) {
            used.is_called = true;
            if let (Some(Member::Name("get", _)), Some(argument)) = (used.members.last(), argument) {
                used.members.pop();
                used.members.push(Member::Name(argument.text, argument.offset));
                used.is_called = false;
                used.is_guarded = true;
            }
        }
        self.arguments()
    }

    fn arguments(&mut self) -> Result<(), Stop> {
        while !self.skip(")") {
            let _ = self.skip("**") || self.skip("*");
            let is_keyword = self
                .tokens
                .get(self.position + 1)
                .is_some_and(|next| next.text == "=");
            if is_keyword && self.next_if(|token| token.kind == TokenKind::Name).is_some() {
                self.skip("=");
            }
            self.expression(Conditional::Allowed)?;
            if !self.skip(",") {
                return self.expect(")");
            }
        }
        Ok(())
    }

    /// A filter, after its `|`.
    pub fn filter(&mut self) -> Result<&'a str, Stop> {
        let name = self.name("the name of a filter")?;
        while self.skip(".") {
            self.name("the name of a filter")?;
        }
        if self.skip("(") {
            self.arguments()?;
        }
        Ok(name)
    }

    fn filtered(&mut self, operand: Operand<'a>) -> Result<Operand<'a>, Stop> {
        let filter = self.filter()?;
        if matches!(filter, "default" | "d") {
            self.guard(operand);
        }
        Ok(Operand {
            elements: operand.elements.filter(|_| SAME_ELEMENTS.contains(&filter)),
            ..Operand::default()
        })
    }

    /// A test, after its `is`.
    fn test(&mut self, operand: Operand<'a>) -> Result<(), Stop> {
        self.skip_name("not");
        let name = self.name("the name of a test")?;
        while self.skip(".") {
            self.name("the name of a test")?;
        }
        if matches!(name, "defined" | "undefined") {
            self.guard(operand);
        }
        if self.skip("(") {
            return self.arguments();
        }
        let has_argument = self.peek().is_some_and(|token| match token.kind {
            TokenKind::Name => !matches!(token.text, "else" | "or" | "and" | "is"),
            TokenKind::Number | TokenKind::String => true,
            TokenKind::Operator => matches!(token.text, "[" | "{"),
        });
        if has_argument {
            let argument = self.primary()?;
            self.suffixes(argument)?;
        }
        Ok(())
    }

    fn guard(&mut self, operand: Operand<'a>) {
        if let Some(used) = operand.exact.and_then(|index| self.parsed.uses.get_mut(index)) {
            used.is_guarded = true;
        }
    }
}
