//! Suggestions for misspelt words, for "did you mean …?" in diagnostics.
//!
//! The same measure is used for keys of a declaration, for allowed values of an attribute, and for names of objects that a
//! user looks up.

use strsim::osa_distance;

/// Returns the legal words that are similar to a written word, the most similar first; at most `limit` of them.
///
/// The distance of two words is the number of edits between them: an inserted, omitted or replaced letter, or two swapped
/// neighbours. The case of letters is ignored. Omitting the rest of a word is a single edit: `ubuntu` is similar to
/// `Ubuntu 24.04`. Two words are similar if their distance is at most a third of their length, so short words need to be
/// almost equal. Words with the same distance are in alphabetical order. A legal word is the most similar to itself.
pub fn similar<'a>(written: &str, legal: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let folded = written.to_lowercase();
    let mut near: Vec<(usize, &str)> = legal
        .into_iter()
        .filter_map(|word| Some((distance(&folded, &word.to_lowercase())?, word)))
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, word)| word).take(limit).collect()
}

/// Returns the most similar legal word: the first of [`similar`].
pub fn nearest<'a>(written: &str, legal: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    similar(written, legal, 1).into_iter().next()
}

/// The number of edits between two words; `None` if they are not similar.
fn distance(written: &str, word: &str) -> Option<usize> {
    let [written_length, word_length] = [written, word].map(|text| text.chars().count());
    let max_edits = |length: usize| length / 3;
    let whole = || {
        // The difference in length is a lower bound of the distance. It avoids the expensive comparison of most words.
        let limit = max_edits(written_length.max(word_length));
        (written_length.abs_diff(word_length) <= limit)
            .then(|| osa_distance(written, word))
            .filter(|distance| *distance <= limit)
    };
    let beginning = || {
        let beginning: String = word.chars().take(written_length).collect();
        (written_length < word_length)
            .then(|| osa_distance(written, &beginning) + 1)
            .filter(|distance| *distance <= max_edits(written_length))
    };
    [whole(), beginning()].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::{nearest, similar};

    #[test]
    fn similar_returns_only_near_words() {
        let images = ["Ubuntu 22.04", "Ubuntu 24.04", "Debian 12", "Ubuntu 24.04"];
        let hosts = [
            "web-01.example.com",
            "web-02.example.com",
            "db-01.example.com",
            "gw",
        ];
        let words = ["auto", "wireguard", "geneve"];
        let protocols = ["", "tcp", "http", "https", "grpc", "grpcs", "exec"];
        let keys = ["name", "type", "id", "ip", "made_at"];
        let cases: &[(&str, &[&str], &[&str])] = &[
            // One letter inserted, omitted or replaced, or two letters swapped.
            ("genneve", &words, &["geneve"]),
            ("genve", &words, &["geneve"]),
            ("genave", &words, &["geneve"]),
            ("geneev", &words, &["geneve"]),
            // The case of letters.
            ("WireGuard", &words, &["wireguard"]),
            ("HTTP", &protocols, &["http", "https"]),
            // A legal word, for an object that has the name but does not match otherwise.
            ("Debian 12", &images, &["Debian 12"]),
            // Most similar first, then in alphabetical order, each once.
            ("Ubuntu 24.4", &images, &["Ubuntu 24.04", "Ubuntu 22.04"]),
            ("Ubuntu 23.04", &images, &["Ubuntu 22.04", "Ubuntu 24.04"]),
            (
                "web-1.example.com",
                &hosts,
                &["web-01.example.com", "web-02.example.com", "db-01.example.com"],
            ),
            // The rest is omitted, also with a mistake in the beginning.
            ("ubuntu", &images, &["Ubuntu 22.04", "Ubuntu 24.04"]),
            ("ubutnu", &images, &["Ubuntu 22.04", "Ubuntu 24.04"]),
            ("web-02", &hosts, &["web-02.example.com", "web-01.example.com"]),
            ("made", &keys, &["made_at"]),
            // Not similar: short words, other words, no word.
            ("ap", &keys, &[]),
            ("in", &keys, &[]),
            ("udp", &protocols, &[]),
            ("ssh", &protocols, &[]),
            ("none", &words, &[]),
            ("vxlan", &words, &[]),
            ("Fedora", &images, &[]),
            ("", &words, &[]),
            ("x", &[], &[]),
            ("größe", &["grosse", "größer"], &["größer"]),
        ];
        for (written, legal, expected) in cases {
            let found = similar(written, legal.iter().copied(), 3);
            assert_eq!(found, *expected, "{written:?}");
            assert_eq!(nearest(written, legal.iter().copied()), found.first().copied());
        }
    }

    #[test]
    fn similar_returns_at_most_limit_words() {
        let hosts = ["web-1", "web-2", "web-3"];
        assert_eq!(similar("web-4", hosts, 2), ["web-1", "web-2"]);
        assert_eq!(similar("web-4", hosts, 0), Vec::<&str>::new());
    }
}
