//! The provider block: each argument from the configuration, else the environment, else its declared default.
//!
//! Tests: `provider/src/settings.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use environment::Environment;
use schema::{Attribute, Provider, Scalar};
use url::Url;
use value::secret::Secret;
use value::{Number, Path, Value, duration};

use crate::diagnostic::{Diagnostics, Reported, Summary};
use crate::{rules, shape, summaries};

/// The arguments of a provider block, each held against its declaration.
#[derive(Default)]
pub struct Arguments(BTreeMap<String, Argument>);

/// The value of an argument, and where it comes from.
struct Argument {
    /// Null, where it is set nowhere and has no default.
    value: Value,
    /// The environment variable that it may come from.
    variable: Option<String>,
    /// Whether it comes from there.
    is_from_variable: bool,
}

impl Arguments {
    /// Resolves every declared argument. An environment variable that is empty is unset.
    ///
    /// # Errors
    ///
    /// [`Reported`], where a value is not what its declaration allows; each is reported on its argument.
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

    /// The string of an argument.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.value(name).as_str()
    }

    /// The string of an argument that is declared sensitive.
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        match self.value(name) {
            Value::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    /// The boolean of an argument.
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.value(name).as_bool()
    }

    /// The whole number of an argument.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.value(name).as_i64()
    }

    /// The duration of an argument.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        duration::parse(self.string(name)?)
    }

    /// The URL of an argument.
    pub fn url(&self, name: &str) -> Option<Url> {
        Url::parse(self.string(name)?).ok()
    }

    /// What an error calls the place where the value of an argument was written: the environment variable, or the
    /// argument itself.
    pub fn origin(&self, name: &str) -> String {
        let argument = self.0.get(name).filter(|argument| argument.is_from_variable);
        origin(name, argument.and_then(|argument| argument.variable.as_deref()))
    }

    /// Reports that an argument is set nowhere, and where it can be. `advice` is sentences on where its value comes from.
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
    if !configured.is_null() {
        return check(attribute, argument(configured.clone(), false), diagnostics);
    }
    if let Some((variable, text)) = variable.and_then(|name| Some((name, environment.get(name)?))) {
        let value = parse(
            attribute,
            text,
            &origin(&attribute.name, Some(variable)),
            diagnostics,
        )?;
        return check(attribute, argument(value, true), diagnostics);
    }
    let default = attribute.default.as_ref();
    let value = default.map_or(Value::Null, |default| shape::literal(default, attribute));
    Ok(argument(value, false))
}

/// Holds a value against the rules of its declaration. One from the environment is not shown: its argument may hold a
/// password where the configuration never would.
fn check(
    attribute: &Attribute,
    argument: Argument,
    diagnostics: &mut Diagnostics,
) -> Result<Argument, Reported> {
    let path = Path::root().attribute(&attribute.name);
    let mut faults = Diagnostics::default();
    let variable = argument.variable.as_deref().unwrap_or_default();
    if argument.is_from_variable {
        let hidden = Attribute {
            sensitive: true,
            ..attribute.clone()
        };
        rules::value(&hidden, &argument.value, &path, &mut faults);
        faults = faults.map_details(|detail| {
            format!("{detail} The value comes from the environment variable {variable}.")
        });
    } else {
        rules::value(attribute, &argument.value, &path, &mut faults);
    }
    let result = faults.result();
    diagnostics.append(faults);
    result.map(|()| argument)
}

/// The value of an argument that is written as a string, in an environment variable say; `origin` is what an error calls
/// the place where it was written.
///
/// # Errors
///
/// [`Reported`], where its argument has another type.
pub fn parse(
    attribute: &Attribute,
    text: &str,
    origin: &str,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let mut refuse = |summary: &'static Summary, expected: &str| {
        let shown = if attribute.is_secret() {
            String::new()
        } else {
            format!("is `{text}`, but it ")
        };
        let path = Path::root().attribute(&attribute.name);
        diagnostics.error_at(path, summary, format!("{origin} {shown}must be {expected}."))
    };
    match attribute.r#type.scalar {
        // The strings that Terraform and its Go providers take for a boolean: strconv.ParseBool.
        Scalar::Bool => match text {
            "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok(Value::Bool(true)),
            "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok(Value::Bool(false)),
            _ => Err(refuse(&summaries::INVALID_BOOLEAN, "`true` or `false`")),
        },
        Scalar::Int | Scalar::Number => Number::parse(text)
            .map(Value::Number)
            .ok_or_else(|| refuse(&summaries::INVALID_NUMBER, "a number")),
        Scalar::String | Scalar::Object => Ok(shape::string_value(attribute, text)),
    }
}
