//! The project's own data, as inputs to begin with.
//!
//! `corpus/TARGET` is where libFuzzer looks for them and keeps what it finds, `corpus/TARGET.dict` has the words.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::TARGETS;

/// The project's folder.
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The text of a file of the project.
pub fn text(file: &str) -> String {
    fs::read_to_string(Path::new(PROJECT).join(file)).expect("the file is part of the project")
}

/// The texts of all files below a folder of the project whose names end so, in the order of their names.
pub fn texts(folder: &str, ending: &str) -> Vec<String> {
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

/// Texts as inputs.
pub fn inputs(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<Vec<u8>> {
    texts.into_iter().map(|text| text.into().into_bytes()).collect()
}

/// Writes the seeds and the words of a target to where libFuzzer looks for them.
pub fn write(name: &str) -> io::Result<()> {
    let corpus = Path::new(PROJECT).join("fuzz/corpus");
    for target in TARGETS.iter().filter(|target| target.name == name) {
        fs::create_dir_all(corpus.join(name))?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(corpus.join(name).join(format!("seed-{number:03}")), seed)?;
        }
        let mut dictionary = String::new();
        for word in target.words {
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
