//! Patterns for strings as shells have them: `web-*`, `db-[12]`.

pub use ::glob::Pattern;

/// Parses a pattern: `*` matches any characters, `?` one character, `[abc]` and `[a-z]` one of these characters, and `[!a]` another one.
/// Returns `None` if the string is not a pattern.
///
/// Capitals and small letters differ. A slash and a leading dot have no special meaning, because a pattern is not about paths; `**` and
/// an empty string are rejected.
///
/// # Examples
///
/// ```
/// use value::glob::parse;
///
/// let matches = |pattern: &str, string: &str| parse(pattern).map(|pattern| pattern.matches(string));
/// assert_eq!(matches("web-*", "web-1.example.com"), Some(true));
/// assert_eq!(matches("web-?", "web-12"), Some(false));
/// assert_eq!(matches("web-[", "web-["), None);
/// ```
pub fn parse(text: &str) -> Option<Pattern> {
    Pattern::new(text)
        .ok()
        .filter(|_| !text.is_empty() && !text.contains("**"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_matches_whole_strings() {
        for (pattern, matching, others) in [
            (
                "node-1",
                &["node-1"][..],
                &["node-10", "a-node-1", "Node-1", ""][..],
            ),
            (
                "node-*",
                &["node-", "node-1", "node-1.a.example.com", "node-a/b"],
                &["node", "web-node-1"],
            ),
            ("*", &["", "a", ".a", "a/b", "ä"], &[]),
            (
                "*.example.com",
                &["a.example.com", ".example.com"],
                &["example.com", "a.example.com."],
            ),
            ("node-?", &["node-1", "node-ä", "node-/"], &["node-", "node-12"]),
            ("node-[12]", &["node-1", "node-2"], &["node-3", "node-12"]),
            ("node-[a-c]", &["node-b"], &["node-B", "node-d"]),
            ("node-[!a-c]", &["node-d"], &["node-b", "node-"]),
            ("[*]", &["*"], &["a"]),
            ("a*b*c", &["abc", "a-b-b-c"], &["acb", "abcd"]),
            ("(a|b).c$", &["(a|b).c$"], &["a.c"]),
        ] {
            let parsed = parse(pattern).unwrap();
            for string in matching {
                assert!(parsed.matches(string), "{pattern:?} matches {string:?}");
            }
            for string in others {
                assert!(!parsed.matches(string), "{pattern:?} does not match {string:?}");
            }
        }
    }

    #[test]
    fn parse_rejects_what_is_no_pattern() {
        for text in ["", "[", "a[", "[]", "[!]", "**", "a**", "a/**/b", "***"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    /// A pattern with many wildcards takes no exponential time.
    #[test]
    fn many_wildcards_are_no_problem() {
        let pattern = parse(&"*a".repeat(30)).unwrap();
        assert!(!pattern.matches(&"a".repeat(29)));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(500))));
    }
}
