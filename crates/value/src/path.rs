//! Paths of values within an object.

use std::fmt;

/// The path from the root of an object to a value in it. A path ends at a set, because the protocol's `AttributePath` cannot
/// name an element of a set.
///
/// `Display` writes it as Terraform's messages do: `rules[0].match_prefixes`, `config["a"]`. The root is an empty string.
///
/// # Examples
///
/// ```
/// use value::Path;
///
/// let path = Path::root().attribute("rules").index(0).attribute("name");
/// assert_eq!(path.to_string(), "rules[0].name");
/// assert_eq!(path.first_attribute(), Some("rules"));
/// ```
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

    /// This path with one more step.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        self.0.iter().cloned().chain([step]).collect()
    }

    /// The steps, beginning at the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the path of the whole value.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The first step's attribute or block; `None` for the root, and for a path that begins with an index or key.
    pub fn first_attribute(&self) -> Option<&str> {
        match self.0.first() {
            Some(Step::Attribute(name)) => Some(name),
            _ => None,
        }
    }

    /// Inserts a step at the front. An error gets its path in this way, from the inside out.
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
    fn display_is_terraforms_notation() {
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
    fn steps_and_first_attribute_of_a_path() {
        let path = Path::root().attribute("rules").index(2);
        assert_eq!(path.steps(), [Step::Attribute("rules".into()), Step::Index(2)]);
        assert_eq!(path.first_attribute(), Some("rules"));
        assert_eq!(path.steps().iter().cloned().collect::<Path>(), path);
        assert!(!path.is_root());
        assert!(Path::root().is_root());
        assert_eq!(Path::root().index(1).first_attribute(), None);
    }
}
