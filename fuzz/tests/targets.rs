//! Runs every target with its seeds and with mutations of them, the same ones in each run.
//!
//! This needs no C++ compiler. libFuzzer reaches more code and finds more: `fuzz/run`.

#![cfg(test)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fastrand::Rng;
use fuzz::{TARGETS, Target};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// The number of mutations of the seeds for each target.
const MUTATIONS: u64 = 2000;

/// The length of the longest input. Longer inputs find no other bugs, and take longer.
const MAX_INPUT_BYTES: usize = 4096;

/// Runs a target with its seeds and mutations of them.
fn check(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty());
    for seed in &seeds {
        attempt(target, seed);
    }
    for number in 0..MUTATIONS {
        attempt(
            target,
            &mutated(&seeds, target.dictionary, &mut Rng::with_seed(number)),
        );
    }
}

/// Runs a target with one input, and writes the input to a file if the target fails.
fn attempt(target: &Target, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err() {
        let folder = Path::new(FOLDER).join("artifacts").join(target.name);
        let file = folder.join("from-test");
        fs::create_dir_all(folder).unwrap();
        fs::write(&file, input).unwrap();
        let (name, file) = (target.name, file.display());
        panic!(
            "`{name}` fails for the input in `{file}`; run `cargo run -p fuzz --bin {name} -- {file}` to reproduce it"
        );
    }
}

/// A random seed with one to four random changes.
fn mutated(seeds: &[Vec<u8>], dictionary: &[&str], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = rng.choice(seeds).unwrap().clone();
    for _ in 0..rng.usize(1..=4) {
        let at = rng.usize(..=bytes.len());
        let end = (at + rng.usize(..=16)).min(bytes.len());
        match rng.u8(..8) {
            0 => bytes[at..end].iter_mut().for_each(|byte| *byte = rng.u8(..)),
            1 => bytes[at..end]
                .iter_mut()
                .for_each(|byte| *byte ^= 1 << rng.u8(..8)),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => {
                let repeated = bytes[at..end].repeat(rng.usize(1..200));
                insert(&mut bytes, at, &repeated);
            }
            5 => {
                let other = rng.choice(seeds).unwrap();
                let from = rng.usize(..=other.len());
                let to = rng.usize(from..=other.len());
                insert(&mut bytes, at, &other[from..to]);
            }
            6 => insert(&mut bytes, at, &[rng.u8(..)]),
            _ => insert(&mut bytes, at, rng.choice(dictionary).unwrap().as_bytes()),
        }
    }
    bytes.truncate(MAX_INPUT_BYTES);
    bytes
}

fn insert(bytes: &mut Vec<u8>, at: usize, inserted: &[u8]) {
    bytes.splice(at..at, inserted.iter().copied());
}

/// Declares a test for each target, and a test that each target has a program.
macro_rules! targets {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*

        #[test]
        fn every_target_has_a_test_and_a_program() {
            let names = [$(stringify!($name)),*];
            assert_eq!(TARGETS.iter().map(|target| target.name).collect::<Vec<_>>(), names);
            let mut programs: Vec<_> = fs::read_dir(Path::new(FOLDER).join("fuzz_targets"))
                .unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
                .collect();
            programs.sort();
            assert_eq!(programs, names);
        }
    };
}

targets! { address document error_response hcl json_state list lock_file msgpack response schema short_strings template }

#[test]
fn attempt_names_the_file_with_the_failing_input() {
    let fails = Target {
        name: "self_test",
        run: |input| assert!(input.is_empty()),
        seeds: Vec::new,
        dictionary: &[],
    };
    attempt(&fails, b"");
    let payload = catch_unwind(|| attempt(&fails, b"x")).unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    let file = Path::new(FOLDER).join("artifacts/self_test/from-test");
    assert!(message.contains(file.to_str().unwrap()), "{message}");
    assert_eq!(fs::read(&file).unwrap(), b"x");
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
}
