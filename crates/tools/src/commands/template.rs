//! `template check`: checks templates of user data, and renders one with a context.
//!
//! Tests: `tests/cli/template.rs`.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use template::{Finding, Names, Severity, check, render};

use super::context::{CommandError, Console, Context, Status, print_error};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check the syntax and the names of Jinja templates, and the cloud-init YAML that they give.
    ///
    /// Prints each finding as `FILE:LINE:COLUMN`. The exit status is 1 if there is an error; warnings do not change it.
    Check(CheckArguments),
}

#[derive(Debug, clap::Args)]
struct CheckArguments {
    /// Files with a template; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Also render the template with the names in this JSON file, and print the result; findings then go to standard error
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
}

/// Runs a command about templates.
///
/// # Errors
///
/// [`CommandError`], if a file cannot be read, if the context is not a JSON object, or if the output is closed.
pub fn run(
    context: &Context,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let Command::Check(arguments) = &arguments.command;
    let names = (context.identity.names)();
    match (&arguments.context, arguments.files.as_slice()) {
        (None, files) => check_files(context, files, &names, console),
        (Some(file), [template]) => {
            let values = read_context(context, file, console)?;
            render_file(context, template, &names, &values, console)
        }
        (Some(_), _) => {
            let error = CommandError::new("`--context` renders one template", "Pass one file.");
            Ok(print_error(console, &error, Status::UsageError))
        }
    }
}

fn check_files(
    context: &Context,
    files: &[PathBuf],
    names: &Names,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let mut status = Status::Success;
    for file in files {
        let template = read(context, file, console)?;
        let findings = check(&template, names);
        for finding in &findings {
            write!(console.output, "{}", shown(file, &template, finding))?;
        }
        if findings.is_empty() {
            writeln!(console.output, "{}: no problems found", file.display())?;
        }
        if has_error(&findings) {
            status = Status::Failure;
        }
    }
    Ok(status)
}

fn render_file(
    context: &Context,
    file: &Path,
    names: &Names,
    values: &Json,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let template = read(context, file, console)?;
    let findings = check(&template, names);
    for finding in &findings {
        write!(console.errors, "{}", shown(file, &template, finding))?;
    }
    match render(&template, values) {
        Ok(result) => {
            writeln!(console.output, "{result}")?;
            Ok(if has_error(&findings) {
                Status::Failure
            } else {
                Status::Success
            })
        }
        Err(error) => {
            let place = (error.line, error.column);
            let is_reported = findings.iter().any(|finding| {
                finding.severity == Severity::Error && (finding.line, finding.column) == place
            });
            if !is_reported {
                let line = line_at(file, &template, place, "error", &error.message);
                write!(console.errors, "{line}")?;
            }
            Ok(Status::Failure)
        }
    }
}

fn has_error(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

fn shown(file: &Path, template: &str, finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    line_at(
        file,
        template,
        (finding.line, finding.column),
        severity,
        &finding.message,
    )
}

/// A message with its place, the line of the template, and a mark below the column.
fn line_at(
    file: &Path,
    template: &str,
    (line, column): (usize, usize),
    severity: &str,
    message: &str,
) -> String {
    let source = template.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    // Tabs stay tabs, so that the mark is at the same place.
    let before = source.chars().take(column.saturating_sub(1));
    let indentation: String = before
        .map(|character| if character == '\t' { '\t' } else { ' ' })
        .collect();
    format!(
        "{}:{line}:{column}: {severity}: {message}\n  {source}\n  {indentation}^\n",
        file.display()
    )
}

/// The content of a file, or of standard input.
fn read(context: &Context, file: &Path, console: &mut Console<'_>) -> Result<String, CommandError> {
    let mut text = String::new();
    let result = if file.as_os_str() == "-" {
        console.input.read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(context.directory.join(file))
    };
    result.map_err(|error| {
        CommandError::new(
            format!("failed to read `{}`: {error}", file.display()),
            "Pass the path of a file with UTF-8.",
        )
    })
}

fn read_context(context: &Context, file: &Path, console: &mut Console<'_>) -> Result<Json, CommandError> {
    let text = read(context, file, console)?;
    let invalid = |reason: String| {
        CommandError::new(
            format!("`{}` {reason}", file.display()),
            "Write an object with the names that the template uses.",
        )
    };
    match serde_json::from_str::<Json>(&text) {
        Ok(values) if values.is_object() => Ok(values),
        Ok(_) => Err(invalid("is not a JSON object".to_owned())),
        Err(error) => Err(invalid(format!(
            "is not JSON: line {}, column {}",
            error.line(),
            error.column()
        ))),
    }
}
