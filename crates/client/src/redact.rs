//! Removes secrets and control characters from messages of the control plane, and shortens them.

use std::borrow::Cow;

use engine::api::Body;
use serde_json::Value;
use value::secret::Secret;

use super::token::Tokens;

/// The replacement for a secret.
const PLACEHOLDER: &str = "(redacted)";

/// Shorter strings are not hidden: that would make messages unreadable.
const MIN_SECRET_BYTES: usize = 4;

/// Shorter lines of a secret are not hidden by themselves, only as a part of the whole secret.
const MIN_LINE_BYTES: usize = 8;

/// A string of a request body that is longer than this, or has several lines, is a template or a key rather than a name. It
/// is always hidden.
const MAX_NAME_BYTES: usize = 80;

/// How much of an unreadable response is shown, in characters.
const EXCERPT_CHARACTERS: usize = 200;

/// How much of an unreadable response is redacted in order to show its beginning, in bytes.
const EXCERPT_SOURCE_BYTES: usize = 4096;

/// Removes the secrets of one request from messages.
pub(super) struct Redactor<'a> {
    tokens: &'a Tokens,
    secrets: &'a [&'a Secret],
    body: Option<&'a Body>,
}

impl<'a> Redactor<'a> {
    pub fn new(tokens: &'a Tokens, secrets: &'a [&'a Secret], body: Option<&'a Body>) -> Self {
        Redactor {
            tokens,
            secrets,
            body,
        }
    }

    /// A message of the API, shortened to that many characters. Names of the request's body may be shown.
    pub fn clean(&self, text: &str, longest: usize) -> String {
        let is_secret = |text: &str| text.len() > MAX_NAME_BYTES || text.contains('\n');
        self.redact(text, longest, is_secret)
    }

    /// The beginning of a response that could not be parsed. All strings of the request's body are hidden.
    pub fn unreadable(&self, body: &[u8]) -> String {
        let start = body.get(..EXCERPT_SOURCE_BYTES).unwrap_or(body);
        self.redact(&String::from_utf8_lossy(start), EXCERPT_CHARACTERS, |_| true)
    }

    fn redact(&self, text: &str, longest: usize, is_secret: impl Fn(&str) -> bool) -> String {
        let tokens = self.tokens.used();
        let mut secrets: Vec<_> = tokens.iter().map(|token| token.expose()).collect();
        secrets.extend(self.secrets.iter().map(|secret| secret.expose()));
        if let Some(body) = self.body {
            secrets.extend(body.secrets().iter().map(Secret::expose));
            collect(body.expose(), &is_secret, &mut secrets);
        }
        // A single line of a template or a key can already be a secret.
        let lines: Vec<_> = secrets
            .iter()
            .flat_map(|secret| secret.lines().map(str::trim))
            .collect();
        secrets.extend(lines.into_iter().filter(|line| line.len() >= MIN_LINE_BYTES));
        secrets.retain(|secret| secret.trim().len() >= MIN_SECRET_BYTES);
        // The longest first: a secret that contains another must be hidden as a whole.
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();

        let forms: Vec<_> = secrets.into_iter().flat_map(forms).collect();
        let text = forms
            .iter()
            .fold(Cow::Borrowed(text), |text, form| hide(text, form));
        // Joining the lines removes characters, which may complete a secret.
        let in_line = forms.iter().map(|form| one_line(form));
        let line = in_line
            .filter(|form| form.len() >= MIN_SECRET_BYTES)
            .fold(Cow::Owned(one_line(&text)), |line, form| hide(line, &form));
        excerpt(&line, longest)
    }
}

/// Collects the strings of a value that are secrets.
fn collect<'a>(value: &'a Value, is_secret: &impl Fn(&str) -> bool, secrets: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if is_secret(text) => secrets.push(text),
        Value::Array(values) => values.iter().for_each(|value| collect(value, is_secret, secrets)),
        Value::Object(fields) => fields
            .values()
            .for_each(|value| collect(value, is_secret, secrets)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The forms in which a secret may appear in a response: unchanged, in JSON, in JSON within JSON, in HTML.
fn forms(secret: &str) -> Vec<Cow<'_, str>> {
    let in_json = |text: &str| {
        let json = Value::from(text).to_string();
        json.get(1..json.len().saturating_sub(1))
            .unwrap_or_default()
            .to_owned()
    };
    let json = in_json(secret);
    let nested = in_json(&json);
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let html = html.replace('"', "&quot;").replace('\'', "&#x27;");
    let mut forms = vec![Cow::Borrowed(secret)];
    forms.extend(
        [json, nested, html]
            .into_iter()
            .filter(|form| form != secret)
            .map(Cow::Owned),
    );
    forms
}

/// Hides a secret in a message, and the beginning of it at the end of the message, where the message may have been cut.
fn hide<'a>(text: Cow<'a, str>, secret: &str) -> Cow<'a, str> {
    let text = if text.contains(secret) {
        Cow::Owned(text.replace(secret, PLACEHOLDER))
    } else {
        text
    };
    let lengths = secret.char_indices().map(|(index, _)| index).rev();
    let cut = lengths
        .take_while(|length| *length >= MIN_SECRET_BYTES)
        .filter(|length| *length <= text.len())
        .find_map(|length| text.strip_suffix(secret.get(..length)?).map(str::len));
    match cut {
        Some(length) => Cow::Owned(format!("{}{PLACEHOLDER}", text.get(..length).unwrap_or_default())),
        None => text,
    }
}

/// Joins the lines of a message and removes characters that control a terminal.
fn one_line(text: &str) -> String {
    let words = text.split(|character: char| character.is_whitespace() || is_control(character));
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The beginning of a message, with an ellipsis if it is longer.
fn excerpt(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Whether a character controls the terminal or the direction of writing, or is invisible.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tokens() -> Tokens {
        Tokens::new(Secret::new("dur_token").into())
    }

    fn unreadable(body: &Value, text: &str) -> String {
        let (token, configured) = (tokens(), Secret::new("configured"));
        let body = Body::new(body.clone(), Vec::new());
        Redactor::new(&token, &[&configured], Some(&body)).unreadable(text.as_bytes())
    }

    #[test]
    fn redactor_hides_secrets_in_every_form() {
        let body = json!({"value": "p\"a<s>s", "nested": [{"key": "line one\nline two"}], "short": "abc", "n": 12345});
        let table = [
            ("token dur_token!", "token (redacted)!"),
            ("a configured one", "a (redacted) one"),
            (r#"raw p"a<s>s."#, "raw (redacted)."),
            (r#"json p\"a<s>s."#, "json (redacted)."),
            ("html p&quot;a&lt;s&gt;s.", "html (redacted)."),
            (r"json line one\nline two.", "json (redacted)."),
            (
                r#"nested "{\"key\":\"line one\\nline two\"}"."#,
                r#"nested "{\"key\":\"(redacted)\"}"."#,
            ),
            ("one line: `  line one `.", "one line: ` (redacted) `."),
            ("raw line one\nline two.", "raw (redacted)."),
            ("cut line on", "cut (redacted)"),
            ("cut dur_", "cut (redacted)"),
            ("not cut dur", "not cut dur"),
            ("short abc 12345", "short abc 12345"),
        ];
        for (text, expected) in table {
            assert_eq!(unreadable(&body, text), expected);
        }
    }

    #[test]
    fn redactor_hides_secrets_that_joined_lines_complete() {
        let body = json!(["correct horse battery"]);
        for text in [
            "correct\u{202e} horse\r\nbattery",
            "correct  horse\tbattery",
            "correct\0horse bat",
        ] {
            assert_eq!(unreadable(&body, text), "(redacted)");
        }
        let invisible = json!(["\u{200b}\u{200b}"]);
        assert_eq!(unreadable(&invisible, "as it is"), "as it is");
    }

    #[test]
    fn redactor_hides_a_secret_that_contains_another() {
        let body = json!(["hunter", "hunter2-and-more"]);
        assert_eq!(
            unreadable(&body, "hunter2-and-more hunter2!"),
            "(redacted) (redacted)2!"
        );
    }

    #[test]
    fn clean_keeps_names_and_hides_templates() {
        let template = "#cloud-config\npackages: [nginx]";
        let body = json!({"name": "production", "template_data": template, "key": "x".repeat(100)});
        let (token, configured, body) = (tokens(), Secret::new("hunter2"), Body::new(body, Vec::new()));
        let secrets = [&configured];
        let redactor = Redactor::new(&token, &secrets, Some(&body));
        let clean = |text: &str| redactor.clean(text, 100);
        assert_eq!(clean("name production is taken"), "name production is taken");
        assert_eq!(
            clean(&format!("cannot render {template}!")),
            "cannot render (redacted)!"
        );
        assert_eq!(clean(&"x".repeat(100)), "(redacted)");
        assert_eq!(clean("hunter2 dur_token"), "(redacted) (redacted)");
    }

    #[test]
    fn unreadable_is_one_line_without_control_characters() {
        let table = [
            ("a\r\nX-Header: b", "a X-Header: b"),
            ("\u{1b}[31mred\u{1b}[0m", "[31mred [0m"),
            ("a\0b\u{9b}c", "a b c"),
            ("left\u{202e}right", "left right"),
            ("  spaces \t and  more ", "spaces and more"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(unreadable(&Value::Null, text), expected);
        }
        assert_eq!(
            unreadable(&Value::Null, &"ä".repeat(5000)),
            format!("{}…", "ä".repeat(200))
        );
        assert_eq!(unreadable(&Value::Null, &"ä".repeat(200)), "ä".repeat(200));
    }

    #[test]
    fn unreadable_accepts_invalid_utf8() {
        let token = tokens();
        assert_eq!(
            Redactor::new(&token, &[], None).unreadable(b"\xff\xfea"),
            "\u{fffd}\u{fffd}a"
        );
    }
}
