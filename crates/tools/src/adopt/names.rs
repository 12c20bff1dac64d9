//! Names for resources and files, from the names of objects.
//!
//! Tests: below.

use std::collections::BTreeSet;

/// Number of characters of a name, so that it can be a part of a file's name.
const MAX_LENGTH: usize = 80;

/// Names that a file cannot have on Windows, with any extension.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Names of devices that have a digit at the end.
const PORTS: [&str; 2] = ["com", "lpt"];

/// Names that are taken. Files of some systems do not distinguish capitals, so names here do not either. Terraform compares strings in
/// Unicode's composed form.
#[derive(Clone, Debug, Default)]
pub struct Taken(BTreeSet<String>);

impl Taken {
    /// Takes a name that is used already.
    pub fn add(&mut self, name: &str) {
        self.0.insert(folded(name));
    }

    /// Takes a name: this one, or else this one with the first free number after a separator.
    pub fn take(&mut self, name: &str, separator: &str) -> String {
        let mut names = numbered(name, separator);
        let free = names.find(|name| !self.0.contains(&folded(name)));
        let free = free.unwrap_or_default();
        self.add(&free);
        free
    }
}

/// A name, then the same with each number from two on after a separator.
pub fn numbered(name: impl Into<String>, separator: &str) -> impl Iterator<Item = String> {
    let name = name.into();
    let first = name.clone();
    let others = (2_u64..).map(move |number| format!("{name}{separator}{number}"));
    std::iter::once(first).chain(others)
}

fn folded(name: &str) -> String {
    composed(name).to_lowercase()
}

/// Returns a string in Unicode's composed form, as Terraform has all strings.
pub fn composed(text: &str) -> String {
    let value = value::Value::string(text);
    value.as_str().unwrap_or(text).to_owned()
}

/// Returns an identifier for an object: its name in small letters, in which each other character is an underscore. Letters outside of ASCII
/// are such characters, because Terraform does not know all of them. Without any letter or digit, `fallback`. A name that Windows keeps for
/// a device comes after `fallback`, because it can be the name of a file.
///
/// # Examples
///
/// ```
/// use tools::adopt::names::identifier;
///
/// assert_eq!(identifier("Web-1.example.com", "machine"), "web_1_example_com");
/// assert_eq!(identifier("10.0.0.1", "vip"), "vip_10_0_0_1");
/// assert_eq!(identifier("***", "vip"), "vip");
/// ```
pub fn identifier(name: &str, fallback: &str) -> String {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in name.to_ascii_lowercase().chars() {
        if character.is_ascii_alphanumeric() {
            word.push(character);
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    let joined: String = words.join("_").chars().take(MAX_LENGTH).collect();
    let joined = joined.trim_end_matches('_');
    match joined.chars().next() {
        None => fallback.to_owned(),
        Some(first) if first.is_ascii_alphabetic() && !is_device(joined) => joined.to_owned(),
        Some(_) => format!("{fallback}_{joined}"),
    }
}

/// Whether Windows keeps a name for a device.
fn is_device(name: &str) -> bool {
    let port = name.strip_suffix(|last: char| last.is_ascii_digit());
    DEVICES.contains(&name) || port.is_some_and(|port| PORTS.contains(&port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_keep_letters_and_digits() {
        for (name, expected) in [
            ("web", "web"),
            ("Web Server (blue)", "web_server_blue"),
            ("web__1", "web_1"),
            ("_web_", "web"),
            ("-", "role"),
            ("", "role"),
            ("1st", "role_1st"),
            ("größe", "gr_e"),
            ("роль", "role"),
            ("a/b\\c\n\"${d}\"", "a_b_c_d"),
            ("für immer ²", "f_r_immer"),
            ("🦀", "role"),
            ("CON", "role_con"),
            ("lpt1", "role_lpt1"),
            ("com10", "com10"),
            ("console", "console"),
        ] {
            assert_eq!(identifier(name, "role"), expected, "{name:?}");
        }
        assert_eq!(identifier(&"x".repeat(300), "role").len(), MAX_LENGTH);
    }

    #[test]
    fn taken_names_get_a_number() {
        let mut taken = Taken::default();
        taken.add("Web_3");
        let names =
            ["web", "web", "web", "db", "WEB", "\u{f90a}", "\u{91d1}"].map(|name| taken.take(name, "_"));
        assert_eq!(
            names,
            ["web", "web_2", "web_4", "db", "WEB_5", "\u{f90a}", "\u{91d1}_2"]
        );
    }
}
