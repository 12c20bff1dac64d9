//! Every target holds for its seeds and for some thousands of mutations of them, the same ones each time.
//!
//! This takes the project's compiler and nothing else. libFuzzer, which follows the coverage, finds more: `fuzz/run`.

#![cfg(test)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fastrand::Rng;
use fuzz::{TARGETS, Target};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Mutations of the seeds of each target.
const MUTATIONS: u64 = 2000;

/// Longest input: what is wrong with long texts is wrong with shorter ones.
const LONGEST: usize = 4096;

fn holds(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty());
    for seed in &seeds {
        attempt(target, seed);
    }
    for number in 0..MUTATIONS {
        attempt(
            target,
            &mutated(&seeds, target.words, &mut Rng::with_seed(number)),
        );
    }
}

/// Runs a target, and keeps an input for which it does not hold.
fn attempt(target: &Target, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err() {
        let folder = Path::new(FOLDER).join("artifacts").join(target.name);
        let file = folder.join("from-test");
        fs::create_dir_all(folder).unwrap();
        fs::write(&file, input).unwrap();
        let (name, file) = (target.name, file.display());
        panic!("`{name}` does not hold for `{file}`: `cargo run -p fuzz --bin {name} -- {file}` shows it");
    }
}

/// A seed after one to four changes.
fn mutated(seeds: &[Vec<u8>], words: &[&str], rng: &mut Rng) -> Vec<u8> {
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
            _ => insert(&mut bytes, at, rng.choice(words).unwrap().as_bytes()),
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

fn insert(bytes: &mut Vec<u8>, at: usize, inserted: &[u8]) {
    bytes.splice(at..at, inserted.iter().copied());
}

/// A test for each target, and one that there is a program for each.
macro_rules! targets {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                holds(stringify!($name));
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

targets! { address answer document hcl json_state lock_file msgpack refusal schema words }

#[test]
fn a_target_that_does_not_hold_is_told_with_the_input_that_shows_it() {
    let fails = Target {
        name: "self_test",
        run: |input| assert!(input.is_empty()),
        seeds: Vec::new,
        words: &[],
    };
    attempt(&fails, b"");
    let told = catch_unwind(|| attempt(&fails, b"x")).unwrap_err();
    let told = told.downcast_ref::<String>().unwrap();
    let kept = Path::new(FOLDER).join("artifacts/self_test/from-test");
    assert!(told.contains(kept.to_str().unwrap()), "{told}");
    assert_eq!(fs::read(&kept).unwrap(), b"x");
    fs::remove_dir_all(kept.parent().unwrap()).unwrap();
}
