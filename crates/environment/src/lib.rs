//! The environment variables that a provider reads, of its process or of a test.

use std::collections::HashMap;
use std::env;

/// The name and value of the variable that Terraform sets for each plugin. Without it, a user has started the program.
///
/// It is not a secret: [Terraform's source](https://github.com/hashicorp/terraform/blob/main/internal/plugin/serve.go) has
/// it, too.
pub const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// A set of environment variables.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The variables of this process. Variables that are not Unicode are left out, because the provider reads none of them.
    pub fn from_process() -> Self {
        let unicode = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        unicode.collect()
    }

    /// The value of a variable; `None` if it is missing or empty. Terraform and go-plugin ignore empty variables, too.
    ///
    /// # Examples
    ///
    /// ```
    /// use environment::Environment;
    ///
    /// let environment = Environment::from_iter([("TF_LOG", "debug"), ("TF_LOG_PROVIDER", "")]);
    /// assert_eq!(environment.get("TF_LOG"), Some("debug"));
    /// assert_eq!(environment.get("TF_LOG_PROVIDER"), None);
    /// ```
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

/// Hides the values, because the environment contains tokens.
impl std::fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Environment").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn get_ignores_empty_variables() {
        let environment = Environment::from_iter([("EMPTY", ""), ("FULL", "x")]);
        assert_eq!(environment.get("EMPTY"), None);
        assert_eq!(environment.get("FULL"), Some("x"));
        assert_eq!(environment.get("NONE"), None);
    }

    #[test]
    fn debug_hides_values() {
        let environment = Environment::from_iter([("DURANTIC_TOKEN", "canary")]);
        assert!(!format!("{environment:?}").contains("canary"));
    }
}
