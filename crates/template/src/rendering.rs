//! Renders a template with minijinja, which behaves as Jinja2 with undefined names as errors.

use std::collections::BTreeMap;
use std::io;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};
use serde_json::Value as Json;

use crate::finding::position;
use crate::parser;

/// What a rendering may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Instructions of minijinja.
    pub fuel: u64,
    /// Bytes of the result.
    pub size: usize,
    /// Elements of a `range`.
    pub range: i64,
}

/// The limits of [`render`].
const LIMITS: Limits = Limits {
    fuel: 2_000_000,
    size: 4 << 20,
    range: 100_000,
};

/// Why a template was not rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct RenderError {
    /// The line in the template, from 1.
    pub line: usize,
    /// The column in the template, in characters from 1.
    pub column: usize,
    /// The error, as a sentence. It contains no value of the context.
    pub message: String,
}

/// Renders a template with the names of the context, a JSON object.
///
/// # Errors
///
/// [`RenderError`] if the template is invalid, if it uses a name that the context lacks, or if it takes too long.
pub fn render(template: &str, context: &Json) -> Result<String, RenderError> {
    let parsed = parser::parse(template);
    let error = |offset: usize, message: String| {
        let (line, column) = position(template, offset);
        RenderError {
            line,
            column,
            message,
        }
    };
    if let Some(found) = parsed.error {
        return Err(error(found.offset, found.message));
    }
    if !parsed.is_complete {
        return Err(error(0, "The template is nested too deeply.".to_owned()));
    }
    render_within(template, value(context), LIMITS).map_err(|found| {
        let (line, column) = match found.range() {
            Some(range) if range.end > 0 => position(template, range.start),
            _ => (found.line().unwrap_or(1), 1),
        };
        let message = explain(&found);
        RenderError {
            line,
            column,
            message,
        }
    })
}

/// Renders a template that the parser accepts.
pub(crate) fn render_within(template: &str, context: Value, limits: Limits) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_debug(true);
    environment.set_fuel(Some(limits.fuel));
    environment.set_recursion_limit(100);
    environment.set_formatter(write_as_python);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    minijinja_contrib::add_to_environment(&mut environment);
    environment.add_function(
        "range",
        move |lower: i64, upper: Option<i64>, step: Option<i64>| range(lower, upper, step, limits.range),
    );
    let mut output = Limited {
        bytes: Vec::new(),
        size: limits.size,
    };
    environment
        .template_from_str(template)?
        .render_captured_to(context, &mut output)?;
    Ok(String::from_utf8_lossy(&output.bytes).into_owned())
}

fn range(lower: i64, upper: Option<i64>, step: Option<i64>, limit: i64) -> Result<Vec<i64>, Error> {
    let (lower, upper) = upper.map_or((0, lower), |upper| (lower, upper));
    let invalid = |text| Error::new(ErrorKind::InvalidOperation, text);
    let step = step.unwrap_or(1);
    let is_up = step > 0;
    let distance = if is_up {
        upper.checked_sub(lower)
    } else {
        lower.checked_sub(upper)
    };
    let width = step
        .checked_abs()
        .filter(|width| *width > 0)
        .ok_or_else(|| invalid("the step of a range is zero"))?;
    let distance = distance.ok_or_else(|| invalid("a range is too long"))?;
    if distance / width > limit {
        return Err(invalid("a range is too long"));
    }
    let numbers = std::iter::successors(Some(lower), |number| number.checked_add(step));
    Ok(numbers
        .take_while(|number| if is_up { *number < upper } else { *number > upper })
        .collect())
}

/// A result of limited size.
struct Limited {
    bytes: Vec<u8>,
    size: usize,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.size {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The explanation of an error. Only details that consist of names are part of it: others may contain values of the context.
fn explain(error: &Error) -> String {
    let detail = error.detail().unwrap_or_default();
    let unsupported = "Jinja2 may have it, but this renderer does not.";
    match error.kind() {
        ErrorKind::UndefinedError if !detail.is_empty() => format!("Undefined value: {detail}."),
        ErrorKind::UndefinedError => "Undefined value.".to_owned(),
        ErrorKind::UnknownFilter => format!("Unknown filter: {detail}. {unsupported}"),
        ErrorKind::UnknownTest => format!("Unknown test: {detail}. {unsupported}"),
        ErrorKind::UnknownFunction => format!("Unknown function: {detail}. {unsupported}"),
        ErrorKind::UnknownMethod => format!("Unknown method: {detail}. {unsupported}"),
        ErrorKind::SyntaxError => format!("This renderer cannot read the template: {detail}."),
        ErrorKind::TemplateNotFound => {
            "Other templates cannot be included, imported or extended here.".to_owned()
        }
        ErrorKind::OutOfFuel => "The template takes too long to render.".to_owned(),
        ErrorKind::WriteFailure => "The result is too large.".to_owned(),
        kind => format!("The expression failed: {kind}."),
    }
}

/// Converts JSON. Numbers become integers if they are.
pub(crate) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(bool) => Value::from(*bool),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(integer), _, _) => Value::from(integer),
            (_, Some(integer), _) => Value::from(integer),
            (_, _, Some(float)) => Value::from(float),
            _ => Value::from(number.to_string()),
        },
        Json::String(string) => Value::from(string.as_str()),
        Json::Array(elements) => elements.iter().map(value).collect(),
        Json::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), value(member)));
            Value::from(members.collect::<BTreeMap<String, Value>>())
        }
    }
}

/// Writes a value as Python does: `True`, `None`, `['a', 1]`.
fn write_as_python(output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Bool | ValueKind::None | ValueKind::Seq | ValueKind::Map => {
            let mut text = String::new();
            represent(value, &mut text, 0)?;
            output.write_str(&text).map_err(Error::from)
        }
        _ => minijinja::escape_formatter(output, state, value),
    }
}

fn represent(value: &Value, text: &mut String, depth: usize) -> Result<(), Error> {
    if depth > 100 || text.len() > LIMITS.size {
        return Err(Error::new(ErrorKind::InvalidOperation, "the value is too large"));
    }
    match value.kind() {
        ValueKind::Bool => text.push_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::None => text.push_str("None"),
        ValueKind::String => {
            let string = value.as_str().unwrap_or_default();
            let quote = if string.contains('\'') && !string.contains('"') {
                '"'
            } else {
                '\''
            };
            text.push(quote);
            for character in string.chars() {
                match character {
                    '\n' => text.push_str("\\n"),
                    '\r' => text.push_str("\\r"),
                    '\t' => text.push_str("\\t"),
                    '\\' => text.push_str("\\\\"),
                    _ if character == quote => text.extend(['\\', character]),
                    _ => text.push(character),
                }
            }
            text.push(quote);
        }
        ValueKind::Seq | ValueKind::Map => {
            let is_map = value.kind() == ValueKind::Map;
            text.push(if is_map { '{' } else { '[' });
            for (index, element) in value.try_iter()?.enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                represent(&element, text, depth + 1)?;
                if is_map {
                    text.push_str(": ");
                    represent(&value.get_item(&element)?, text, depth + 1)?;
                }
            }
            text.push(if is_map { '}' } else { ']' });
        }
        _ => text.push_str(&value.to_string()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn render_writes_what_jinja2_writes() {
        let context = json!({
            "vars": { "a": "x", "n": 2, "f": 1.5, "t": true, "no": null, "l": ["a", 1, true], "m": { "k": "it's" } },
        });
        let table = [
            ("a\n", "a"),
            ("{{ vars.a }}{{ vars.n + 1 }}{{ vars.f }}", "x31.5"),
            ("{{ vars.t }} {{ vars.no }} {{ not vars.t }}", "True None False"),
            ("{{ vars.l }} {{ vars.m }}", r#"['a', 1, True] {'k': "it's"}"#),
            (
                "{{ vars.a.upper() }}{{ 'b,c'.split(',')[1] }}{{ 'ab'.startswith('a') }}",
                "XcTrue",
            ),
            (
                "{% for k, v in vars.m.items() %}{{ k }}={{ v }}{% endfor %}",
                "k=it's",
            ),
            (
                "{% for i in range(3) %}{{ loop.index }}{% if i == 1 %}{% break %}{% endif %}{% endfor %}",
                "12",
            ),
            (
                "{{ vars.missing | default('d') }}{{ vars.gone is defined }}",
                "dFalse",
            ),
            (
                "{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}",
                "12",
            ),
            ("{{ vars.m | tojson }}", r#"{"k": "it\u0027s"}"#),
            ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
            ("", ""),
        ];
        for (template, expected) in table {
            assert_eq!(render(template, &context).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn render_reports_errors_with_their_place_and_without_values() {
        let context = json!({ "vars": { "a": "canary" }, "secrets": { "s": "canary" } });
        let table = [
            ("a\n {{ vars.b }}", "line 2, column 5: Undefined value: "),
            ("{{ nothing }}", "line 1, column 4: Undefined value: "),
            ("{% if a", "line 1, column 1: `{%` is never closed: add `%}`."),
            ("{{ vars.a | b64encode }}", "line 1, column 13: Unknown filter: "),
            ("{{ vars.a | int }}", "line 1, column 13: The expression failed: "),
            ("{{ secrets.s + 1 }}", "line 1, column 4: The expression failed: "),
            ("{% include 'x' %}", "line 1, column 4: Other templates cannot be"),
            (
                "{% for i in range(100000) %}{% for j in range(100000) %}{{ j }}{% endfor %}{% endfor %}",
                "line 1",
            ),
            (
                "{% for i in range(1000000) %}{% endfor %}",
                "line 1, column 13: The expression failed: ",
            ),
        ];
        for (template, expected) in table {
            let error = render(template, &context).unwrap_err().to_string();
            assert!(
                error.starts_with(expected) && !error.contains("canary"),
                "{template}: {error}"
            );
        }
        let named = render("{{ secrets.missing }}", &context).unwrap_err().message;
        assert!(named.contains("secrets.missing"), "{named}");
    }

    #[test]
    fn render_ends_for_every_template() {
        let deep = format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000));
        let chain = format!("{{{{ 1{} }}}}", " + 1".repeat(50_000));
        let filters = format!("{{{{ 1{} }}}}", "|abs".repeat(50_000));
        let nots = format!("{{{{ {} 1 }}}}", "not ".repeat(50_000));
        let blocks = format!("{}x{}", "{% if 1 %}".repeat(5000), "{% endif %}".repeat(5000));
        let branches = format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(5000));
        for template in [deep, chain, filters, nots, blocks, branches] {
            let error = render(&template, &json!({})).unwrap_err();
            assert_eq!(error.message, "The template is nested too deeply.");
        }
        let recursive = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
        assert!(render(recursive, &json!({})).is_err());
    }
}
