//! "Did you mean …?": what may have been meant by a word that is not legal.
//!
//! There is one measure for the keys of a declaration, the legal values of an attribute, and the names of objects that a
//! user looks up.

use strsim::osa_distance;

/// The legal words that may have been meant, nearest first; at most `most` of them.
///
/// The distance of two words is the number of edits between them: a letter inserted, left out or replaced, or two
/// neighbours swapped. The case of letters does not count, and leaving out the whole rest of a word is one edit:
/// `ubuntu` is near `Ubuntu 24.04`. A word is near if no more than every third letter is an edit, so that a short word is
/// not mistaken for another short word. Equally near words stand in alphabetical order. A legal word is nearest to itself.
pub fn similar<'a>(written: &str, legal: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let folded = written.to_lowercase();
    let mut near: Vec<(usize, &str)> = legal
        .into_iter()
        .filter_map(|word| Some((distance(&folded, &word.to_lowercase())?, word)))
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, word)| word).take(most).collect()
}

/// The legal word that may have been meant: the first of [`similar`].
pub fn nearest<'a>(written: &str, legal: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    similar(written, legal, 1).into_iter().next()
}

/// The number of edits between two words that are near each other.
fn distance(written: &str, word: &str) -> Option<usize> {
    let [written_length, word_length] = [written, word].map(|text| text.chars().count());
    let may_differ = |length: usize| length / 3;
    let whole = || {
        // The distance is at least the difference in length: the expensive comparison is for words that can be near.
        let most = may_differ(written_length.max(word_length));
        (written_length.abs_diff(word_length) <= most)
            .then(|| osa_distance(written, word))
            .filter(|distance| *distance <= most)
    };
    let beginning = || {
        let beginning: String = word.chars().take(written_length).collect();
        (written_length < word_length)
            .then(|| osa_distance(written, &beginning) + 1)
            .filter(|distance| *distance <= may_differ(written_length))
    };
    [whole(), beginning()].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::{nearest, similar};

    #[test]
    fn near_words_are_suggested_and_far_words_are_not() {
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
            // One letter inserted, left out, replaced, two swapped.
            ("genneve", &words, &["geneve"]),
            ("genve", &words, &["geneve"]),
            ("genave", &words, &["geneve"]),
            ("geneev", &words, &["geneve"]),
            // The case of letters.
            ("WireGuard", &words, &["wireguard"]),
            ("HTTP", &protocols, &["http", "https"]),
            // A legal word: an object has this name, and something else of it was not found.
            ("Debian 12", &images, &["Debian 12"]),
            // Nearest first, then alphabetical, each once.
            ("Ubuntu 24.4", &images, &["Ubuntu 24.04", "Ubuntu 22.04"]),
            ("Ubuntu 23.04", &images, &["Ubuntu 22.04", "Ubuntu 24.04"]),
            (
                "web-1.example.com",
                &hosts,
                &["web-01.example.com", "web-02.example.com", "db-01.example.com"],
            ),
            // The rest left out, with a slip in what was written.
            ("ubuntu", &images, &["Ubuntu 22.04", "Ubuntu 24.04"]),
            ("ubutnu", &images, &["Ubuntu 22.04", "Ubuntu 24.04"]),
            ("web-02", &hosts, &["web-02.example.com", "web-01.example.com"]),
            ("made", &keys, &["made_at"]),
            // Far: short words, other words, nothing.
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
    fn there_are_no_more_than_wanted() {
        let hosts = ["web-1", "web-2", "web-3"];
        assert_eq!(similar("web-4", hosts, 2), ["web-1", "web-2"]);
        assert_eq!(similar("web-4", hosts, 0), Vec::<&str>::new());
    }
}
