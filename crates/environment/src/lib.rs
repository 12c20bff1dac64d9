//! The environment variables that Terraform hands to a provider.

use std::collections::HashMap;
use std::env;

/// What Terraform puts into the environment of its plugins, no secret: it tells a user from Terraform.
pub const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// A set of variables, of the process or of a test.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The variables of this process. What is not Unicode is left out: no variable of the protocol can be that.
    pub fn of_process() -> Self {
        let unicode = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        unicode.collect()
    }

    /// The value of a variable; an empty one counts as absent, as it does for go-plugin and Terraform.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// Hides the values: the environment holds tokens.
impl std::fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Environment").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_absent() {
        let environment = Environment::from_iter([("EMPTY", ""), ("FULL", "x")]);
        assert_eq!(environment.get("EMPTY"), None);
        assert_eq!(environment.get("FULL"), Some("x"));
        assert_eq!(environment.get("NONE"), None);
    }

    #[test]
    fn values_stay_out_of_debug() {
        let environment = Environment::from_iter([("DURANTIC_TOKEN", "canary")]);
        assert!(!format!("{environment:?}").contains("canary"));
    }
}
