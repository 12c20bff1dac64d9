//! The provider block: each argument from the configuration, else the environment, else its declared default.

use std::collections::BTreeMap;
use std::time::Duration;

use environment::Environment;
use schema::{Attribute, Provider, Scalar};
use value::secret::Secret;
use value::{Number, Path, Value, duration};

use crate::diagnostic::{Diagnostics, Reported};
use crate::{rules, shape};

/// The arguments of a provider block, each held against its declaration.
#[derive(Default)]
pub struct Arguments(BTreeMap<String, Argument>);

/// The value of an argument, and where it comes from.
struct Argument {
    value: Value,
    /// The environment variable that it comes from.
    variable: Option<String>,
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
    ) -> Result<Arguments, Reported> {
        let mut arguments = BTreeMap::new();
        let mut result = Ok(());
        for attribute in provider.attributes.iter() {
            let resolved = resolve(attribute, config.get(&attribute.name), environment, diagnostics);
            match resolved {
                Ok(Some(argument)) => {
                    arguments.insert(attribute.name.to_string(), argument);
                }
                Ok(None) => {}
                Err(reported) => result = Err(reported),
            }
        }
        result.map(|()| Arguments(arguments))
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

    /// What an error calls the place where the value of an argument was written: the environment variable, or the
    /// argument itself.
    pub fn origin(&self, name: &str) -> String {
        let variable = self.0.get(name).and_then(|argument| argument.variable.as_deref());
        origin(name, variable)
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
) -> Result<Option<Argument>, Reported> {
    if !configured.is_null() {
        let value = configured.clone();
        let variable = None;
        return check(attribute, Argument { value, variable }, diagnostics).map(Some);
    }
    let variable = attribute.env.as_deref();
    if let Some((variable, text)) = variable.and_then(|name| Some((name, environment.get(name)?))) {
        let path = Path::root().attribute(&attribute.name);
        let value = parse(attribute, text).map_err(|fault| {
            let origin = origin(&attribute.name, Some(variable));
            diagnostics.error_at(
                path,
                fault.summary,
                format!("{origin} is `{text}`, but it must be {}.", fault.expected),
            )
        })?;
        let variable = Some(variable.to_owned());
        return check(attribute, Argument { value, variable }, diagnostics).map(Some);
    }
    let default = attribute.default.as_ref();
    Ok(default.map(|default| Argument {
        value: shape::literal(default, attribute),
        variable: None,
    }))
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
    if let Some(variable) = &argument.variable {
        let hidden = Attribute {
            sensitive: true,
            ..attribute.clone()
        };
        rules::value(&hidden, &argument.value, &path, &mut faults);
        faults = faults
            .map_details(|detail| format!("{detail} It comes from the environment variable {variable}."));
    } else {
        rules::value(attribute, &argument.value, &path, &mut faults);
    }
    let result = faults.result();
    diagnostics.append(faults);
    result.map(|()| argument)
}

/// Why a text is no value of its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The summary of a diagnostic.
    pub summary: &'static str,
    /// What it should be, after "it must be".
    pub expected: &'static str,
}

/// The value that a text stands for, as an environment variable holds it.
///
/// # Errors
///
/// [`Fault`], where it has another type.
pub fn parse(attribute: &Attribute, text: &str) -> Result<Value, Fault> {
    match attribute.r#type.scalar {
        // The strings that Terraform and its Go providers take for a boolean: strconv.ParseBool.
        Scalar::Bool => match text {
            "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok(Value::Bool(true)),
            "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok(Value::Bool(false)),
            _ => Err(Fault {
                summary: "Invalid boolean",
                expected: "`true` or `false`",
            }),
        },
        Scalar::Int | Scalar::Number => Number::parse(text).map(Value::Number).ok_or(Fault {
            summary: "Invalid number",
            expected: "a number",
        }),
        Scalar::String | Scalar::Object => Ok(shape::text(attribute, text)),
    }
}
