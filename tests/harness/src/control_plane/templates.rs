//! Finds the secrets and variables that a role's template uses. Nothing else of Jinja2 is implemented.

use std::fmt;

/// A secret or variable that a template uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named<'a> {
    /// Secret or variable.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
}

/// What a template can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `secrets.NAME`
    Secret,
    /// `vars.NAME`
    Variable,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.kind {
            Kind::Secret => "secrets",
            Kind::Variable => "vars",
        };
        write!(formatter, "{prefix}.{}", self.name)
    }
}

/// The secrets and variables that a template uses inside `{{ }}` and `{% %}`.
pub fn names(template: &str) -> impl Iterator<Item = Named<'_>> {
    expressions(template).flat_map(|expression| {
        let secrets = members(expression, "secrets.").map(|name| Named {
            kind: Kind::Secret,
            name,
        });
        secrets.chain(members(expression, "vars.").map(|name| Named {
            kind: Kind::Variable,
            name,
        }))
    })
}

/// The text between each pair of Jinja2's delimiters.
fn expressions(template: &str) -> impl Iterator<Item = &str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let start = [rest.find("{{"), rest.find("{%")].into_iter().flatten().min()?;
        let (delimiter, inside) = rest.get(start..)?.split_at_checked(2)?;
        let end = if delimiter == "{{" { "}}" } else { "%}" };
        let (expression, after) = inside.split_once(end).unwrap_or((inside, ""));
        rest = after;
        Some(expression)
    })
}

/// The names after a prefix such as `secrets.`, unless the prefix is the end of a longer word.
fn members<'a>(expression: &'a str, prefix: &'static str) -> impl Iterator<Item = &'a str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    expression.match_indices(prefix).filter_map(move |(position, _)| {
        let before = expression.get(..position)?.chars().next_back();
        let after = expression.get(position..)?.strip_prefix(prefix)?;
        let name = after.split(|character| !is_word(character)).next()?;
        let is_whole_word = !before.is_some_and(|character| is_word(character) || character == '.');
        (is_whole_word && !name.is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    fn named(template: &str) -> Vec<String> {
        names(template).map(|named| named.to_string()).collect()
    }

    #[test]
    fn names_finds_secrets_and_variables_inside_delimiters() {
        let template = "#cloud-config\npassword: {{ secrets.ROOT | quote }}\n{% if vars.debug %}x{% endif %}";
        assert_eq!(named(template), ["secrets.ROOT", "vars.debug"]);
        assert_eq!(named("{{ secrets.A ~ secrets.B }}"), ["secrets.A", "secrets.B"]);
    }

    #[test]
    fn names_ignores_plain_text_and_longer_words() {
        assert_eq!(named("path: /etc/secrets.d and secrets.NAME"), [""; 0]);
        assert_eq!(named("{{ mysecrets.NAME }} {{ role.vars.x }}"), [""; 0]);
    }

    #[test]
    fn names_reads_an_unclosed_expression_to_the_end() {
        assert_eq!(named("{{ secrets.A"), ["secrets.A"]);
        assert_eq!(named("{"), [""; 0]);
    }
}
