//! `schema check` prints every problem of the declarations; `schema language` writes the JSON Schema for editors.
//!
//! Tests: `schema/tests/model.rs`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use schema::Sources;

const USAGE: &str = "\
usage: schema check [FOLDER]   print every problem of the declarations
       schema language         write language.json, the JSON Schema for editors";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let result = match words.as_slice() {
        ["check"] => check(project, "schema"),
        ["check", folder] => check(Path::new(folder), folder.trim_end_matches('/')),
        ["language"] => write_language(&project.join("language.json")),
        _ => Err(io::Error::other(USAGE)),
    };
    result.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "{error}");
        ExitCode::from(2)
    })
}

/// Prints every problem of a folder's declarations. The exit status is a success if there are no problems.
fn check(folder: &Path, displayed_folder: &str) -> io::Result<ExitCode> {
    let sources = Sources::read(folder, displayed_folder)?;
    let (_, problems) = schema::load(&sources);
    let mut output = io::stdout().lock();
    for problem in &problems {
        writeln!(output, "{problem}\n")?;
    }
    match problems.len() {
        0 => writeln!(output, "{} files, no problems", sources.files.len())?,
        1 => writeln!(output, "1 problem found")?,
        count => writeln!(output, "{count} problems found")?,
    }
    Ok(if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn write_language(path: &PathBuf) -> io::Result<ExitCode> {
    fs::write(path, schema::language::json())?;
    Ok(ExitCode::SUCCESS)
}
