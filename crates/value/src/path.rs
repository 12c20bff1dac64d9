//! Where in a value something is.

use std::fmt;

/// The way from the root of an object to a value in it. Ends at a set: Terraform cannot name its elements.
///
/// Shown as in Terraform's own messages: `rules[0].match_prefixes`, `config["a"]`; the root is an empty string.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// An attribute or block of an object.
    Attribute(String),
    /// An element of a list.
    Index(i64),
    /// An element of a map.
    Key(String),
}

impl Path {
    /// The path of the whole value.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of an attribute or block of the object at this path.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Self {
        self.then(Step::Attribute(name.to_owned()))
    }

    /// The path of an element of the list at this path.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.then(Step::index(index))
    }

    /// The path of an element of the map at this path.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    /// This path, one step further.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        self.0.iter().cloned().chain([step]).collect()
    }

    /// The steps from the root on.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the path of the whole value.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The attribute or block of the root object that this path goes through.
    pub fn first_attribute(&self) -> Option<&str> {
        match self.0.first() {
            Some(Step::Attribute(name)) => Some(name),
            _ => None,
        }
    }

    /// Puts a step before all others: how an error that travels outwards learns where it was.
    pub(super) fn prepend(&mut self, step: Step) {
        self.0.insert(0, step);
    }
}

impl Step {
    pub(super) fn index(index: usize) -> Self {
        Self::Index(i64::try_from(index).unwrap_or(i64::MAX))
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{}]", serde_json::Value::from(key.as_str()))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_as_terraform_shows_them() {
        let rules = Path::root().attribute("rules");
        assert_eq!(
            rules.index(0).attribute("match_prefixes").to_string(),
            "rules[0].match_prefixes"
        );
        assert_eq!(
            Path::root().attribute("config").key("a").to_string(),
            r#"config["a"]"#
        );
        assert_eq!(
            Path::root().key("a\"b\n").attribute("c").to_string(),
            r#"["a\"b\n"].c"#
        );
        assert_eq!(Path::root().to_string(), "");
    }

    #[test]
    fn a_path_knows_its_steps() {
        let path = Path::root().attribute("rules").index(2);
        assert_eq!(path.steps(), [Step::Attribute("rules".into()), Step::Index(2)]);
        assert_eq!(path.first_attribute(), Some("rules"));
        assert_eq!(path.steps().iter().cloned().collect::<Path>(), path);
        assert!(!path.is_root());
        assert!(Path::root().is_root());
        assert_eq!(Path::root().index(1).first_attribute(), None);
    }
}
