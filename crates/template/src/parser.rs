//! Reads the tags of a template.
//!
//! The parser accepts everything that Jinja2 accepts, and a little more: it ignores precedence, and knows neither filters nor
//! tests. What it rejects, Jinja2 rejects, too.

use crate::expression::{Conditional, Cursor, MAX_DEPTH, Stop};
use crate::lexer::{Inside, Segment, SyntaxError, TokenKind, segments};
use crate::uses::{Parsed, grows, mark_alone};

/// Tags of the extensions that are part of Jinja2, without a body.
const EXTENSIONS: [&str; 4] = ["break", "continue", "debug", "do"];

/// Tags that Jinja2 knows, without the extensions.
const TAGS: [&str; 17] = [
    "autoescape",
    "block",
    "call",
    "elif",
    "else",
    "extends",
    "filter",
    "for",
    "from",
    "if",
    "import",
    "include",
    "macro",
    "print",
    "raw",
    "set",
    "with",
];

/// Tags that close others.
const ENDS: [&str; 10] = [
    "endautoescape",
    "endblock",
    "endcall",
    "endfilter",
    "endfor",
    "endif",
    "endmacro",
    "endraw",
    "endset",
    "endwith",
];

/// Reads a template.
pub fn parse(template: &str) -> Parsed<'_> {
    let (segments, lexer_error) = segments(template);
    let mut parser = Parser::default();
    let mut stopped = None;
    for segment in &segments {
        let read = match segment {
            Segment::Text { .. } => Ok(()),
            Segment::Output(inside) => parser.output(inside),
            Segment::Tag(inside) => parser.tag(inside),
        };
        if let Err(stop) = read {
            stopped = Some(stop);
            break;
        }
    }
    let unclosed = || parser.frames.last().map(Frame::unclosed);
    let (error, is_complete) = match stopped {
        Some(Stop::Error(error)) => (Some(error), true),
        Some(Stop::TooDeep) => (None, false),
        None => (lexer_error.or_else(unclosed), true),
    };
    mark_alone(&segments, &mut parser.parsed.uses);
    parser.parsed.error = error;
    parser.parsed.is_complete = is_complete;
    parser.parsed.is_costly |= grows(&parser.parsed.assignments);
    parser.parsed
}

/// A tag that has a body.
struct Frame<'a> {
    tag: &'a str,
    offset: usize,
    /// The name of a block.
    name: Option<&'a str>,
    has_else: bool,
    branches: usize,
    /// Where the reads of a `set` with a body begin.
    uses: usize,
    target: Option<&'a str>,
}

impl Frame<'_> {
    fn unclosed(&self) -> SyntaxError {
        let tag = self.tag;
        SyntaxError::new(
            self.offset,
            format!("`{tag}` is never closed: add `{{% end{tag} %}}`."),
        )
    }
}

#[derive(Default)]
struct Parser<'a> {
    parsed: Parsed<'a>,
    frames: Vec<Frame<'a>>,
}

impl<'a> Parser<'a> {
    fn output(&mut self, inside: &Inside<'a>) -> Result<(), Stop> {
        let mut cursor = Cursor::new(inside, "}}", &mut self.parsed);
        cursor.tuple(Conditional::Allowed)?;
        cursor.end()
    }

    fn tag(&mut self, inside: &Inside<'a>) -> Result<(), Stop> {
        let depth = self.frames.len();
        let is_repeated = self
            .frames
            .iter()
            .any(|frame| matches!(frame.tag, "for" | "macro" | "call"));
        let mut cursor = Cursor::new(inside, "%}", &mut self.parsed);
        cursor.is_repeated = is_repeated;
        let Some(tag) = cursor.next() else {
            return Err(cursor.unexpected("a tag such as `if`"));
        };
        if tag.kind != TokenKind::Name {
            cursor.position = 0;
            return Err(cursor.unexpected("a tag such as `if`"));
        }
        let uses = cursor.parsed.uses.len();
        let mut frame = Frame {
            tag: tag.text,
            offset: inside.start,
            name: None,
            has_else: false,
            branches: 0,
            uses,
            target: None,
        };
        let mut has_body = true;
        match tag.text {
            "if" => {
                cursor.condition(|cursor| cursor.tuple(Conditional::Allowed))?;
            }
            "elif" | "else" | "pluralize" => {
                let word = tag.text;
                if word == "elif" {
                    cursor.condition(|cursor| cursor.tuple(Conditional::Allowed))?;
                }
                if word == "pluralize" {
                    cursor.position = cursor.tokens.len();
                }
                cursor.skip(":");
                if word == "else" && cursor.peek_is_name("if") {
                    return Err(cursor.error("Unexpected `if` after `else`: Jinja's word is `elif`."));
                }
                cursor.end()?;
                return self.middle(word, inside.start);
            }
            "for" => {
                let target = cursor.targets(&["in"])?;
                let is_in = cursor.next().is_some_and(|token| token.text == "in");
                if !is_in {
                    cursor.position = cursor.position.saturating_sub(1);
                    return Err(cursor.unexpected("`in`"));
                }
                let over = cursor.tuple(Conditional::Refused)?;
                if let ([name], Some(index)) = (target.as_slice(), over.elements) {
                    cursor.parsed.loops.entry(name).or_default().push(index);
                } else {
                    cursor.parsed.bound.extend(target);
                }
                if cursor.skip_name("if") {
                    cursor.condition(|cursor| cursor.expression(Conditional::Allowed))?;
                }
                cursor.skip_name("recursive");
            }
            "set" => {
                let target = cursor.targets(&[])?;
                let Some(first) = target.first().copied() else {
                    return Err(cursor.unexpected("a name"));
                };
                cursor.parsed.bound.extend(target.iter().copied());
                if cursor.skip("=") {
                    cursor.tuple(Conditional::Allowed)?;
                    cursor.assign(&target, uses);
                    has_body = false;
                } else {
                    frame.target = Some(first);
                    while cursor.skip("|") {
                        cursor.filter()?;
                    }
                }
            }
            "with" => {
                while cursor.peek().is_some_and(|token| token.text != ":") {
                    let uses = cursor.parsed.uses.len();
                    let target = cursor.targets(&[])?;
                    cursor.parsed.bound.extend(target.iter().copied());
                    cursor.expect("=")?;
                    cursor.expression(Conditional::Allowed)?;
                    cursor.assign(&target, uses);
                    if !cursor.skip(",") {
                        break;
                    }
                }
            }
            "macro" => {
                let name = cursor.name("the name of the macro")?;
                cursor.parsed.bound.insert(name);
                cursor.expect("(")?;
                cursor.parameters()?;
            }
            "call" => {
                if cursor.skip("(") {
                    cursor.parameters()?;
                }
                cursor.expression(Conditional::Allowed)?;
            }
            "filter" => {
                cursor.filter()?;
                while cursor.skip("|") {
                    cursor.filter()?;
                }
            }
            "block" => {
                frame.name = Some(cursor.name("the name of the block")?);
                cursor.skip_name("scoped");
                cursor.skip_name("required");
            }
            "autoescape" => {
                cursor.expression(Conditional::Allowed)?;
            }
            "trans" => {
                // The grammar of the i18n extension.
                let names = cursor.tokens.iter().filter(|token| token.kind == TokenKind::Name);
                let names: Vec<&'a str> = names.map(|token| token.text).collect();
                cursor.parsed.bound.extend(names);
                cursor.position = cursor.tokens.len();
            }
            "extends" => {
                cursor.expression(Conditional::Allowed)?;
                has_body = false;
            }
            "include" => {
                cursor.expression(Conditional::Allowed)?;
                if cursor.skip_name("ignore") && !cursor.skip_name("missing") {
                    return Err(cursor.unexpected("`missing`"));
                }
                cursor.context()?;
                has_body = false;
            }
            "import" => {
                cursor.expression(Conditional::Allowed)?;
                if !cursor.skip_name("as") {
                    return Err(cursor.unexpected("`as`"));
                }
                let name = cursor.name("a name")?;
                cursor.parsed.bound.insert(name);
                cursor.context()?;
                has_body = false;
            }
            "from" => {
                cursor.expression(Conditional::Allowed)?;
                if !cursor.skip_name("import") {
                    return Err(cursor.unexpected("`import`"));
                }
                while cursor.peek().is_some() {
                    if cursor.context()? {
                        break;
                    }
                    let mut name = cursor.name("a name")?;
                    if cursor.skip_name("as") {
                        name = cursor.name("a name")?;
                    }
                    cursor.parsed.bound.insert(name);
                    if !cursor.skip(",") {
                        cursor.context()?;
                        break;
                    }
                }
                has_body = false;
            }
            "print" => {
                cursor.tuple(Conditional::Allowed)?;
                has_body = false;
            }
            word if EXTENSIONS.contains(&word) => {
                if cursor.peek().is_some() {
                    cursor.tuple(Conditional::Allowed)?;
                }
                has_body = false;
            }
            word => {
                if let Some(opened) = word.strip_prefix("end") {
                    // Only `endblock` may repeat the name.
                    let name = cursor.next_if(|token| opened == "block" && token.kind == TokenKind::Name);
                    let name = name.map(|token| token.text);
                    let is_known = TAGS.contains(&opened) || opened == "trans";
                    if is_known {
                        cursor.end()?;
                        return self.close(opened, name, inside.start);
                    }
                }
                cursor.parsed.unknown_tags.push(tag);
                return Ok(());
            }
        }
        if has_body {
            cursor.skip(":");
        }
        cursor.end()?;
        if has_body {
            if depth >= MAX_DEPTH {
                return Err(Stop::TooDeep);
            }
            self.frames.push(frame);
        }
        Ok(())
    }

    /// `else`, `elif` or `pluralize`: a part of the innermost tag.
    fn middle(&mut self, word: &str, offset: usize) -> Result<(), Stop> {
        let fail = |message: String| Err(Stop::Error(SyntaxError::new(offset, message)));
        let Some(frame) = self.frames.last_mut() else {
            return fail(format!("`{word}` has no `if` before it."));
        };
        let fits = match word {
            "else" => matches!(frame.tag, "if" | "for") && !frame.has_else,
            "elif" => frame.tag == "if" && !frame.has_else,
            _ => frame.tag == "trans",
        };
        if fits {
            frame.has_else |= word == "else";
            frame.branches += 1;
            if frame.branches > MAX_DEPTH {
                return Err(Stop::TooDeep);
            }
            Ok(())
        } else if frame.has_else {
            fail(format!(
                "`{word}` comes after the `else` of the same `{}`.",
                frame.tag
            ))
        } else {
            let tag = frame.tag;
            fail(format!(
                "`{word}` does not belong to `{tag}`, which must be closed first with `{{% end{tag} %}}`."
            ))
        }
    }

    /// The end of the innermost tag.
    fn close(&mut self, tag: &str, name: Option<&str>, offset: usize) -> Result<(), Stop> {
        let fail = |message: String| Err(Stop::Error(SyntaxError::new(offset, message)));
        match self.frames.pop() {
            None => fail(format!("`end{tag}` closes nothing: no `{tag}` is open.")),
            Some(frame) if frame.tag != tag => {
                let open = frame.tag;
                fail(format!(
                    "`end{tag}` does not match `{open}`, which must be closed first with `{{% end{open} %}}`."
                ))
            }
            Some(frame) if name.is_some() && name != frame.name => {
                fail("The name after `endblock` is not that of the block.".to_owned())
            }
            Some(frame) => {
                if let Some(target) = frame.target {
                    let is_repeated = self
                        .frames
                        .iter()
                        .any(|frame| matches!(frame.tag, "for" | "macro" | "call"));
                    self.parsed.assign(target, frame.uses, is_repeated);
                }
                Ok(())
            }
        }
    }
}

/// The tags of Jinja, with those that close others.
pub fn tags() -> impl Iterator<Item = &'static str> {
    TAGS.into_iter().chain(EXTENSIONS).chain(ENDS)
}
