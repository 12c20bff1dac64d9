//! Checks TOML against the grammar, and returns it as a tree that conforms to the grammar.
//!
//! Tests: `schema/tests/ui/grammar/`.

use std::borrow::Cow;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Problem, alternatives};
use crate::grammar::{COLLECTIONS, KEYS, SCALARS, Section, Shape};
use crate::model::Literal;
use crate::path::join;
use crate::positions::{Position, Positions};
use crate::similar::nearest;
use crate::source::Sources;

/// The file is not valid TOML.
pub(crate) const SYNTAX: &str = "syntax";
/// The file uses a feature of TOML 1.1, which editors do not support.
pub(crate) const TOML_1_0: &str = "toml_1_0";
/// The table does not allow a key of this name.
pub(crate) const UNKNOWN_KEY: &str = "unknown_key";
/// A required key is missing.
pub(crate) const MISSING_KEY: &str = "missing_key";
/// A value does not have the TOML type that its key takes.
pub(crate) const WRONG_TYPE: &str = "wrong_type";
/// A value is not one of the words that its key takes, or not a type.
pub(crate) const UNKNOWN_WORD: &str = "unknown_word";
/// A string or list is empty: it has no effect.
pub(crate) const EMPTY_VALUE: &str = "empty_value";

/// The ids of the rules in this file.
pub(crate) const RULES: &[&str] = &[
    SYNTAX,
    TOML_1_0,
    UNKNOWN_KEY,
    MISSING_KEY,
    WRONG_TYPE,
    UNKNOWN_WORD,
    EMPTY_VALUE,
];

/// Reads one file, and collects positions and problems.
pub(crate) struct Reader<'a> {
    /// All files, for diagnostics.
    pub sources: &'a Sources,
    /// Index of this file in `sources`.
    pub file: usize,
    /// The position of each key.
    pub positions: Positions,
    /// The problems so far.
    pub problems: Vec<Problem>,
    /// Whether the file has no syntax errors. If it has some, a missing key may only not have been read.
    pub is_toml: bool,
}

impl<'a> Reader<'a> {
    /// Parses the content of a file. Syntax errors are reported, and everything else is returned.
    pub fn new(sources: &'a Sources, file: usize, text: &'a str) -> (Self, DeTable<'a>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Self {
            sources,
            file,
            positions: Positions::default(),
            problems: Vec::new(),
            is_toml: errors.is_empty(),
        };
        reader.record_position("", 0..0, 0..0);
        for error in errors {
            let at = error.span().unwrap_or(0..0);
            // The parser reports one mistake several times. Keep only the first report of a line.
            let line = text
                .get(..at.start)
                .map_or(0, |before| before.matches('\n').count() + 1);
            if reader.problems.iter().all(|problem| problem.line != line) {
                reader.report(at, SYNTAX, error.message().to_owned(), None);
            }
        }
        (reader, table.into_inner())
    }

    /// Reports a problem at a range of this file.
    pub fn report(&mut self, at: Range<usize>, rule: &'static str, message: String, help: Option<String>) {
        self.problems
            .push(Problem::at(self.sources, self.file, at, rule, message, help));
    }

    /// Reads a table that has the keys of a section.
    pub fn read_section(
        &mut self,
        table: &DeTable<'_>,
        section: Section,
        path: &str,
        at: &Range<usize>,
    ) -> Literal {
        let mut entries = Vec::new();
        for (key, value) in table {
            let path = join(path, key.get_ref());
            self.record_position(&path, key.span(), value.span());
            let Some(known) = section.key(key.get_ref()) else {
                self.unknown_key(key.get_ref(), section, key.span());
                continue;
            };
            match self.read_value(
                value.get_ref(),
                known.shape,
                known.name,
                &path,
                &key.span(),
                &value.span(),
            ) {
                Some(literal) => entries.push((Cow::Owned(known.name.to_owned()), literal)),
                None => self.positions.set_broken(&path),
            }
        }
        for key in section.keys().filter(|key| key.required) {
            if self.is_toml && !table.contains_key(key.name) {
                let message = format!("missing key {:?}", key.name);
                self.report(
                    at.clone(),
                    MISSING_KEY,
                    message,
                    Some(format!("{}: {}", key.name, key.doc)),
                );
                self.positions.set_broken(&join(path, key.name));
            }
        }
        Literal::Map(Cow::Owned(entries))
    }

    fn record_position(&mut self, path: &str, key: Range<usize>, value: Range<usize>) {
        self.positions.insert(
            path,
            Position {
                file: self.file,
                key,
                value,
            },
        );
    }

    fn unknown_key(&mut self, name: &str, section: Section, at: Range<usize>) {
        let elsewhere: Vec<&str> = KEYS
            .iter()
            .filter(|key| key.name == name)
            .flat_map(|key| key.sections.iter().map(|section| section.title()))
            .collect();
        let help = if let Some(near) = nearest(name, section.keys().map(|key| key.name)) {
            format!("did you mean {near:?}?")
        } else if elsewhere.is_empty() {
            format!(
                "supported keys: {}",
                section.keys().map(|key| key.name).collect::<Vec<_>>().join(", ")
            )
        } else {
            format!(
                "the key is supported in {}, but this is {}",
                elsewhere.join(" or "),
                section.title()
            )
        };
        self.report(at, UNKNOWN_KEY, format!("unknown key {name:?}"), Some(help));
    }

    /// Reads a value that must have a shape. Returns `None` if the value was rejected and reported.
    fn read_value(
        &mut self,
        value: &DeValue<'_>,
        shape: Shape,
        key: &str,
        path: &str,
        key_at: &Range<usize>,
        at: &Range<usize>,
    ) -> Option<Literal> {
        if value.is_table() {
            self.check_toml_1_0(at);
        }
        match (shape, value) {
            (Shape::Either(shapes), _) => {
                if let Some(shape) = shapes.iter().find(|shape| accepts(**shape, value)) {
                    return self.read_value(value, *shape, key, path, key_at, at);
                }
            }
            (Shape::NonEmptyString, DeValue::String(text)) => {
                return self.read_non_empty_string(text, key, at);
            }
            (Shape::String, DeValue::String(text)) => {
                return Some(Literal::String(Cow::Owned(text.to_string())));
            }
            (Shape::Word(what, words), DeValue::String(text)) => {
                return self.read_word(text, what, words, at);
            }
            (Shape::Type, DeValue::String(text)) => return self.read_type(text, at),
            (Shape::Bool, DeValue::Boolean(_)) | (Shape::Int, DeValue::Integer(_)) | (Shape::Value, _) => {
                return self.read_literal(value, path, at);
            }
            (Shape::OnlyBool(expected), DeValue::Boolean(found)) if expected == *found => {
                return Some(Literal::Bool(expected));
            }
            (Shape::NonEmptyStrings, DeValue::Array(_)) => {
                return self.read_list(value, Shape::NonEmptyString, key, path, at);
            }
            (Shape::Strings, DeValue::Array(_)) => {
                return self.read_list(value, Shape::String, key, path, at);
            }
            (Shape::Ints, DeValue::Array(_)) => return self.read_list(value, Shape::Int, key, path, at),
            (Shape::Words(what, words), DeValue::Array(_)) => {
                return self.read_list(value, Shape::Word(what, words), key, path, at);
            }
            (Shape::Tables(section), DeValue::Array(_)) => {
                return self.read_list(value, Shape::Table(section), key, path, at);
            }
            (Shape::StringByName, DeValue::Table(table)) => {
                return Some(self.read_by_name(table, Shape::NonEmptyString, path));
            }
            (Shape::ValueByName, DeValue::Table(table)) => {
                return Some(self.read_by_name(table, Shape::Value, path));
            }
            (Shape::Named(section), DeValue::Table(table)) => {
                return Some(self.read_by_name(table, Shape::Table(section), path));
            }
            (Shape::Table(section), DeValue::Table(table)) => {
                // The span of a table with a header is the header, which is clearer than the name in it.
                return Some(self.read_section(
                    table,
                    section,
                    path,
                    if at.is_empty() { key_at } else { at },
                ));
            }
            _ => {}
        }
        let message = format!("{key:?} must be {}, found {}", expected(shape), found(value));
        let is_list_of_jobs = shape == Shape::Table(Section::Job) && value.is_array();
        let help = is_list_of_jobs.then(|| "write `[job]`: a resource has one job".to_owned());
        self.report(at.clone(), WRONG_TYPE, message, help);
        None
    }

    /// Reports an empty value.
    fn report_empty(&mut self, key: &str, at: &Range<usize>) -> Option<Literal> {
        let help = Some("remove the key, or give it a value".to_owned());
        self.report(at.clone(), EMPTY_VALUE, format!("{key:?} is empty"), help);
        None
    }

    fn read_non_empty_string(&mut self, text: &str, key: &str, at: &Range<usize>) -> Option<Literal> {
        if text.trim().is_empty() {
            return self.report_empty(key, at);
        }
        Some(Literal::String(Cow::Owned(text.to_owned())))
    }

    fn read_word(&mut self, text: &str, what: &str, words: &[&str], at: &Range<usize>) -> Option<Literal> {
        if words.contains(&text) {
            return Some(Literal::String(Cow::Owned(text.to_owned())));
        }
        let legal = alternatives(words.iter().copied());
        let help = match nearest(text, words.iter().copied()) {
            Some(near) if words.len() > 1 => format!("did you mean {near:?}? supported: {legal}"),
            _ => format!("supported: {legal}"),
        };
        self.report(
            at.clone(),
            UNKNOWN_WORD,
            format!("unknown {what} {text:?}"),
            Some(help),
        );
        None
    }

    fn read_type(&mut self, text: &str, at: &Range<usize>) -> Option<Literal> {
        let (wrappers, scalar) = split_type(text);
        if wrappers.iter().all(|wrapper| COLLECTIONS.contains(wrapper)) && SCALARS.contains(&scalar) {
            return Some(Literal::String(Cow::Owned(text.to_owned())));
        }
        let mut near = nearest(scalar, SCALARS.iter().copied()).map(str::to_owned);
        for wrapper in wrappers.iter().rev() {
            near = near
                .zip(nearest(wrapper, COLLECTIONS.iter().copied()))
                .map(|(inner, outer)| format!("{outer}({inner})"));
        }
        let legal = format!(
            "supported: {}, and list(T), set(T) and map(T) of these",
            SCALARS.join(", ")
        );
        let help = near.map_or_else(|| legal.clone(), |near| format!("did you mean {near:?}? {legal}"));
        self.report(
            at.clone(),
            UNKNOWN_WORD,
            format!("unknown type {text:?}"),
            Some(help),
        );
        None
    }

    fn read_list(
        &mut self,
        value: &DeValue<'_>,
        shape: Shape,
        key: &str,
        path: &str,
        at: &Range<usize>,
    ) -> Option<Literal> {
        let elements = value.as_array()?;
        if elements.is_empty() {
            return self.report_empty(key, at);
        }
        let mut list = Vec::new();
        let mut is_whole = true;
        for (index, element) in elements.iter().enumerate() {
            let path = join(path, &index.to_string());
            self.record_position(&path, element.span(), element.span());
            match self.read_value(
                element.get_ref(),
                shape,
                key,
                &path,
                &element.span(),
                &element.span(),
            ) {
                Some(literal) => list.push(literal),
                None => is_whole = false,
            }
        }
        is_whole.then_some(Literal::List(Cow::Owned(list)))
    }

    fn read_by_name(&mut self, table: &DeTable<'_>, shape: Shape, path: &str) -> Literal {
        let mut entries = Vec::new();
        for (key, value) in table {
            let path = join(path, key.get_ref());
            self.record_position(&path, key.span(), value.span());
            match self.read_value(
                value.get_ref(),
                shape,
                key.get_ref(),
                &path,
                &key.span(),
                &value.span(),
            ) {
                Some(literal) => entries.push((Cow::Owned(key.get_ref().to_string()), literal)),
                None => self.positions.set_broken(&path),
            }
        }
        Literal::Map(Cow::Owned(entries))
    }

    /// Reads any TOML value as a value of the model.
    fn read_literal(&mut self, value: &DeValue<'_>, path: &str, at: &Range<usize>) -> Option<Literal> {
        match value {
            DeValue::Boolean(boolean) => return Some(Literal::Bool(*boolean)),
            DeValue::String(text) => return Some(Literal::String(Cow::Owned(text.to_string()))),
            DeValue::Integer(integer) => {
                if let Ok(int) = i64::from_str_radix(integer.as_str(), integer.radix()) {
                    return Some(Literal::Int(int));
                }
            }
            DeValue::Float(float) => {
                if float.as_str().parse().is_ok_and(f64::is_finite) {
                    return Some(Literal::Number(Cow::Owned(float.as_str().to_owned())));
                }
            }
            DeValue::Array(elements) => {
                let list: Option<Vec<Literal>> = elements
                    .iter()
                    .map(|element| self.read_literal(element.get_ref(), path, &element.span()))
                    .collect();
                return Some(Literal::List(list?.into()));
            }
            DeValue::Table(table) => return Some(self.read_by_name(table, Shape::Value, path)),
            DeValue::Datetime(_) => {}
        }
        let message = format!("a value cannot be {}", found(value));
        self.report(at.clone(), WRONG_TYPE, message, None);
        None
    }

    /// Reports an inline table with several lines. TOML 1.1 allows it, but taplo and other editors support only TOML 1.0.
    fn check_toml_1_0(&mut self, at: &Range<usize>) {
        let text = self
            .sources
            .files
            .get(self.file)
            .map_or("", |source| source.text.as_str());
        let Some(inline) = text.get(at.clone()).filter(|text| text.starts_with('{')) else {
            return;
        };
        // Newlines are allowed inside the brackets of a list, and inside a string with several lines.
        let mut depth = 0_u32;
        let mut is_string = false;
        for piece in inline.split_inclusive(['[', ']', '"', '\'', '\n']) {
            match piece.chars().last() {
                Some('"' | '\'') => is_string = !is_string,
                Some('[') if !is_string => depth += 1,
                Some(']') if !is_string => depth = depth.saturating_sub(1),
                Some('\n') if !is_string && depth == 0 => {
                    let help = "write it on one line, or as a table with its own header".to_owned();
                    let message = "an inline table cannot span multiple lines".to_owned();
                    self.report(at.clone(), TOML_1_0, message, Some(help));
                    return;
                }
                _ => {}
            }
        }
    }
}

/// `list(set(T))` → `["list", "set"]` and `T`; what is malformed stays in the last part.
pub(crate) fn split_type(text: &str) -> (Vec<&str>, &str) {
    let mut wrappers = Vec::new();
    let mut inner = text;
    while let Some((wrapper, rest)) = inner.split_once('(') {
        let Some(rest) = rest.strip_suffix(')') else { break };
        wrappers.push(wrapper);
        inner = rest;
    }
    (wrappers, inner)
}

fn accepts(shape: Shape, value: &DeValue<'_>) -> bool {
    match shape {
        Shape::NonEmptyString | Shape::String | Shape::Word(..) | Shape::Type => value.is_str(),
        Shape::Bool => value.is_bool(),
        Shape::OnlyBool(expected) => value.as_bool() == Some(expected),
        Shape::Int => value.is_integer(),
        Shape::NonEmptyStrings | Shape::Strings | Shape::Ints | Shape::Words(..) | Shape::Tables(_) => {
            value.is_array()
        }
        Shape::StringByName | Shape::ValueByName | Shape::Table(_) | Shape::Named(_) => value.is_table(),
        Shape::Value => true,
        Shape::Either(shapes) => shapes.iter().any(|shape| accepts(*shape, value)),
    }
}

fn expected(shape: Shape) -> String {
    match shape {
        Shape::NonEmptyString | Shape::String | Shape::Type | Shape::Word(..) => "a string".to_owned(),
        Shape::Bool => "true or false".to_owned(),
        Shape::OnlyBool(boolean) => boolean.to_string(),
        Shape::Int => "an integer".to_owned(),
        Shape::NonEmptyStrings | Shape::Strings | Shape::Words(..) => "a list of strings".to_owned(),
        Shape::Ints => "a list of integers".to_owned(),
        Shape::Value => "a value".to_owned(),
        Shape::StringByName => "a table of strings".to_owned(),
        Shape::ValueByName => "a table of values".to_owned(),
        Shape::Table(_) => "a table".to_owned(),
        Shape::Named(_) => "a table of tables".to_owned(),
        Shape::Tables(_) => "a list of tables ([[…]])".to_owned(),
        Shape::Either(shapes) => shapes
            .iter()
            .map(|shape| expected(*shape))
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(true) => "true",
        DeValue::Boolean(false) => "false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
