//! Seeds of the targets, from data of this project.
//!
//! libFuzzer reads them from `corpus/TARGET`, to which it adds the inputs that it finds, and the dictionary from
//! `corpus/TARGET.dict`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::TARGETS;

/// The project's folder.
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The content of a file of the project.
pub fn file_content(file: &str) -> String {
    fs::read_to_string(Path::new(PROJECT).join(file)).expect("the file is part of the project")
}

/// The contents of all files below a folder of the project whose names have this ending, in the order of their paths.
pub fn file_contents(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(&Path::new(PROJECT).join(folder), ending, &mut found);
    found.sort();
    found
        .iter()
        .map(|path| fs::read_to_string(path).expect("the file is part of the project"))
        .collect()
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is part of the project") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// Converts strings to inputs.
pub fn inputs(strings: impl IntoIterator<Item = impl Into<String>>) -> Vec<Vec<u8>> {
    strings
        .into_iter()
        .map(|string| string.into().into_bytes())
        .collect()
}

/// Writes the seeds and the dictionary of a target for libFuzzer.
///
/// # Errors
///
/// The error of the file system if a file cannot be written.
pub fn write(name: &str) -> io::Result<()> {
    let corpus = Path::new(PROJECT).join("fuzz/corpus");
    for target in TARGETS.iter().filter(|target| target.name == name) {
        fs::create_dir_all(corpus.join(name))?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(corpus.join(name).join(format!("seed-{number:03}")), seed)?;
        }
        let mut dictionary = String::new();
        for word in target.dictionary {
            dictionary.push('"');
            for byte in word.bytes() {
                let _ = write!(dictionary, "\\x{byte:02x}");
            }
            dictionary.push_str("\"\n");
        }
        fs::write(corpus.join(format!("{name}.dict")), dictionary)?;
    }
    Ok(())
}
