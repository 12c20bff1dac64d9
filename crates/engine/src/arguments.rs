//! Resolves the provider block: each argument from the configuration, else the environment, else its declared default.
//!
//! Tests: `provider/src/settings.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use environment::Environment;
use schema::{Attribute, Format, Provider, Scalar};
use url::Url;
use value::secret::Secret;
use value::{Number, Path, Value, duration};

use crate::diagnostic::{Diagnostics, Reported, Summary};
use crate::{rules, shape, summaries};

/// The arguments of a provider block, checked against their declarations.
#[derive(Default)]
pub struct Arguments(BTreeMap<String, Argument>);

/// The value of an argument and its origin.
struct Argument {
    /// Null if the argument is not set and has no default.
    value: Value,
    /// The declared environment variable, if there is one.
    variable: Option<String>,
    /// Whether the value comes from the environment variable.
    is_from_variable: bool,
}

impl Arguments {
    /// Resolves every declared argument. An empty environment variable counts as not set, and so does an empty string in the
    /// block if the argument's variable is set, or if it has no default: a module may pass on the default of its own variable.
    ///
    /// # Errors
    ///
    /// [`Reported`] if a value violates its declaration; each problem is reported on its argument.
    pub fn resolve(
        provider: &Provider,
        config: &Value,
        environment: &Environment,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Reported> {
        let mut arguments = BTreeMap::new();
        let mut result = Ok(());
        for attribute in provider.attributes.iter() {
            let resolved = resolve(attribute, config.get(&attribute.name), environment, diagnostics);
            match resolved {
                Ok(argument) => {
                    arguments.insert(attribute.name.to_string(), argument);
                }
                Err(reported) => result = Err(reported),
            }
        }
        result.map(|()| Self(arguments))
    }

    /// Resolves one declared argument, as [`Self::resolve`] does.
    ///
    /// # Errors
    ///
    /// [`Reported`] if the value violates its declaration.
    pub fn resolve_one(
        attribute: &Attribute,
        configured: &Value,
        environment: &Environment,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Reported> {
        let argument = resolve(attribute, configured, environment, diagnostics)?;
        Ok(Self(BTreeMap::from([(attribute.name.to_string(), argument)])))
    }

    /// Returns the value of a string argument, if it is set.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.value(name).as_str()
    }

    /// Returns the value of a sensitive string argument, if it is set.
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        match self.value(name) {
            Value::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    /// Returns the value of a boolean argument, if it is set.
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.value(name).as_bool()
    }

    /// Returns the value of an integer argument, if it is set.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.value(name).as_i64()
    }

    /// Returns the value of an argument of the format `duration`, if it is set.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        duration::parse(self.string(name)?)
    }

    /// Returns the value of an argument of the format `url`, if it is set.
    pub fn url(&self, name: &str) -> Option<Url> {
        Url::parse(self.string(name)?).ok()
    }

    /// Whether the value of an argument comes from its environment variable.
    pub fn is_from_variable(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|argument| argument.is_from_variable)
    }

    /// Returns the origin of an argument's value as the subject of a sentence: the environment variable, or the
    /// argument.
    pub fn origin(&self, name: &str) -> String {
        let argument = self.0.get(name).filter(|argument| argument.is_from_variable);
        origin(name, argument.and_then(|argument| argument.variable.as_deref()))
    }

    /// Returns where an argument's value comes from: the environment variable, or the argument in the provider configuration.
    pub fn source(&self, name: &str) -> String {
        let argument = self.0.get(name).filter(|argument| argument.is_from_variable);
        match argument.and_then(|argument| argument.variable.as_deref()) {
            Some(variable) => format!("the environment variable {variable}"),
            None => format!("`{name}` in the provider configuration"),
        }
    }

    /// Reports that an argument is not set, and where the user can set it. `advice` is sentences on how to get a value.
    pub fn missing(
        &self,
        name: &str,
        summary: &'static Summary,
        advice: &str,
        diagnostics: &mut Diagnostics,
    ) -> Reported {
        let variable = self.0.get(name).and_then(|argument| argument.variable.as_deref());
        let variable = variable.map(|variable| format!(", or the environment variable {variable}"));
        let detail = format!(
            "Set `{name}` in the provider configuration{}. {advice}",
            variable.unwrap_or_default()
        );
        diagnostics.error_at(Path::root().attribute(name), summary, detail.trim_end())
    }

    fn value(&self, name: &str) -> &Value {
        self.0.get(name).map_or(&Value::Null, |argument| &argument.value)
    }
}

fn origin(name: &str, variable: Option<&str>) -> String {
    match variable {
        Some(variable) => format!("The environment variable {variable}"),
        None => format!("`{name}`"),
    }
}

fn resolve(
    attribute: &Attribute,
    configured: &Value,
    environment: &Environment,
    diagnostics: &mut Diagnostics,
) -> Result<Argument, Reported> {
    let variable = attribute.env.as_deref();
    let argument = |value, is_from_variable| Argument {
        value,
        variable: variable.map(str::to_owned),
        is_from_variable,
    };
    let from_variable = variable.and_then(|name| Some((name, environment.get(name)?)));
    let is_empty = configured.expose().is_some_and(str::is_empty);
    let is_unset = is_empty && (from_variable.is_some() || attribute.default.is_none());
    if !configured.is_null() && !is_unset {
        return check(attribute, argument(configured.clone(), false), diagnostics);
    }
    if let Some((variable, string)) = from_variable {
        let value = parse(
            attribute,
            string,
            &origin(&attribute.name, Some(variable)),
            diagnostics,
        )?;
        return check(attribute, argument(value, true), diagnostics);
    }
    let default = attribute.default.as_ref();
    let value = default.map_or(Value::Null, |default| shape::default_value(default, attribute));
    Ok(argument(value, false))
}

/// Checks a value against the rules of its declaration. A value from the environment is not shown in diagnostics: it
/// may contain a password even if the argument is not sensitive. A URL is shown, unless it may contain one.
fn check(
    attribute: &Attribute,
    argument: Argument,
    diagnostics: &mut Diagnostics,
) -> Result<Argument, Reported> {
    let path = Path::root().attribute(&attribute.name);
    let mut problems = Diagnostics::default();
    let variable = argument.variable.as_deref().unwrap_or_default();
    if argument.is_from_variable {
        let hidden = Attribute {
            sensitive: attribute.sensitive || attribute.format != Some(Format::Url),
            ..attribute.clone()
        };
        rules::value(&hidden, &argument.value, &path, &mut problems);
        problems = problems.map_details(|problem| {
            let detail = &problem.detail;
            format!("{detail} The value comes from the environment variable {variable}.")
        });
    } else {
        rules::value(attribute, &argument.value, &path, &mut problems);
    }
    let result = problems.result();
    diagnostics.append(problems);
    result.map(|()| argument)
}

/// Parses the value of an argument from a string, such as an environment variable. `origin` is the subject of the
/// diagnostic.
///
/// # Errors
///
/// [`Reported`] if the string is not a value of the argument's type.
pub fn parse(
    attribute: &Attribute,
    string: &str,
    origin: &str,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let mut reject = |summary: &'static Summary, expected: &str| {
        let shown = if attribute.is_secret() {
            String::new()
        } else {
            format!("is `{string}`, but it ")
        };
        let path = Path::root().attribute(&attribute.name);
        diagnostics.error_at(path, summary, format!("{origin} {shown}must be {expected}."))
    };
    match attribute.r#type.scalar {
        // The strings that Terraform and Go providers accept as a boolean: https://pkg.go.dev/strconv#ParseBool.
        Scalar::Bool => match string {
            "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok(Value::Bool(true)),
            "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok(Value::Bool(false)),
            _ => Err(reject(&summaries::INVALID_BOOLEAN, "`true` or `false`")),
        },
        Scalar::Int | Scalar::Number => Number::parse(string)
            .map(Value::Number)
            .ok_or_else(|| reject(&summaries::INVALID_NUMBER, "a number")),
        Scalar::String | Scalar::Object => Ok(shape::string_value(attribute, string)),
    }
}
