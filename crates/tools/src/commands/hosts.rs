//! The hosts of one API, for a check whose endpoint may be the wrong one.

/// The hosts of an API.
#[derive(Clone, Copy, Debug)]
pub struct KnownHosts {
    /// Each host.
    pub hosts: &'static [KnownHost],
    /// What sets the endpoint, as the end of a sentence: `` `url` or in EXAMPLE_URL ``.
    pub setting: &'static str,
}

/// A host of an API, which serves HTTPS.
#[derive(Clone, Copy, Debug)]
pub struct KnownHost {
    /// Its name.
    pub name: &'static str,
    /// What it is, as a phrase: `the default of version 1`.
    pub meaning: &'static str,
}

/// Why an endpoint may be the wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The API rejected the token, which another host may accept.
    TokenRejected,
    /// The name of the host cannot be resolved.
    NameNotResolved,
}

impl KnownHosts {
    /// Names the other hosts than this one, and what sets the endpoint, as sentences. `None` if there is no other host.
    pub fn others(&self, host: &str, doubt: Doubt) -> Option<String> {
        let is_host = |known: &&KnownHost| known.name.eq_ignore_ascii_case(host);
        let others = self.hosts.iter().filter(|known| !is_host(known));
        let others = others.map(|other| format!("`https://{}` ({})", other.name, other.meaning));
        let others: Vec<String> = others.collect();
        if others.is_empty() {
            return None;
        }
        let remedy = match doubt {
            Doubt::TokenRejected => "If your token was created there, set that URL as",
            Doubt::NameNotResolved => "If you meant one of them, set it as",
        };
        let others = others.join(", ");
        Some(format!(
            "Other known endpoints are {others}. {remedy} {}.",
            self.setting
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: KnownHosts = KnownHosts {
        hosts: &[
            KnownHost {
                name: "a.test",
                meaning: "the default",
            },
            KnownHost {
                name: "b.test",
                meaning: "the default of version 1",
            },
            KnownHost {
                name: "c.test",
                meaning: "for tests",
            },
        ],
        setting: "`url` or in EXAMPLE_URL",
    };

    #[test]
    fn others_depend_on_the_host_and_the_doubt() {
        let (a, b) = (
            "`https://a.test` (the default)",
            "`https://b.test` (the default of version 1)",
        );
        let c = "`https://c.test` (for tests)";
        let rejected = "If your token was created there, set that URL as `url` or in EXAMPLE_URL.";
        let unresolved = "If you meant one of them, set it as `url` or in EXAMPLE_URL.";
        let rows = [
            (
                "a.test",
                Doubt::TokenRejected,
                Some(format!("Other known endpoints are {b}, {c}. {rejected}")),
            ),
            (
                "B.test",
                Doubt::TokenRejected,
                Some(format!("Other known endpoints are {a}, {c}. {rejected}")),
            ),
            (
                "d.test",
                Doubt::TokenRejected,
                Some(format!("Other known endpoints are {a}, {b}, {c}. {rejected}")),
            ),
            (
                "b.test",
                Doubt::NameNotResolved,
                Some(format!("Other known endpoints are {a}, {c}. {unresolved}")),
            ),
            (
                "d.test",
                Doubt::NameNotResolved,
                Some(format!("Other known endpoints are {a}, {b}, {c}. {unresolved}")),
            ),
        ];
        for (host, doubt, expected) in rows {
            assert_eq!(HOSTS.others(host, doubt), expected, "{host} {doubt:?}");
        }
        let alone = KnownHosts {
            hosts: &HOSTS.hosts[..1],
            ..HOSTS
        };
        assert_eq!(alone.others("a.test", Doubt::TokenRejected), None);
    }
}
