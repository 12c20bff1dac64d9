//! What the control plane knows before the first request: what agents, operators and Durantic put there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::collection::Collection;
use super::problem::Problem;
use super::store::{Object, Store};

/// The seed that is used where no other is given.
const DEFAULT: &str = include_str!("../../../data/seed.json");

/// The objects of each collection, in the form in which they are written.
#[derive(Debug, Clone)]
pub struct Seed(BTreeMap<Collection, Vec<Object>>);

/// A seed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error("failed to read the seed file `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is not JSON of the right shape.
    #[error("the seed is not a JSON object with a list of objects for each collection")]
    Parse(#[from] serde_json::Error),
    /// There is no such collection.
    #[error("the seed has an unknown collection `{0}`")]
    UnknownCollection(String),
    /// The control plane refuses an object.
    #[error("the seed has an invalid object")]
    Refused(#[from] Problem),
}

impl Seed {
    /// Three machines, and images among which two share a name.
    pub fn standard() -> Result<Self, SeedError> {
        Self::parse(DEFAULT)
    }

    /// Reads a seed from a file.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        let text = fs::read_to_string(path).map_err(|source| SeedError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Reads a seed from JSON: `{"machines": [{"uuid": …}], …}`.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        let parsed: BTreeMap<String, Vec<Object>> = serde_json::from_str(text)?;
        let known = parsed.into_iter().map(|(name, objects)| {
            let collection = Collection::from_name(&name).ok_or(SeedError::UnknownCollection(name))?;
            Ok((collection, objects))
        });
        known.collect::<Result<_, SeedError>>().map(Self)
    }

    /// Puts this many machines in place of those of the seed.
    #[must_use]
    pub fn with_machines(mut self, count: u32) -> Self {
        self.0
            .insert(Collection::Machines, (1..=count).map(machine).collect());
        self
    }

    /// Makes the objects, those that others refer to first.
    pub fn plant(self, store: &mut Store) -> Result<(), SeedError> {
        let Self(mut collections) = self;
        for collection in Collection::ALL {
            for object in collections.remove(&collection).unwrap_or_default() {
                store.create(collection, object)?;
            }
        }
        Ok(())
    }
}

/// The uuid of the machine with a number, counted from 1.
pub fn machine_uuid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// The machine with a number: `node-1` at 198.18.0.1 and so on, in the block for tests of RFC 2544.
fn machine(number: u32) -> Object {
    let address = std::net::Ipv4Addr::from_bits(u32::from_be_bytes([198, 18, 0, 0]).wrapping_add(number));
    let machine = json!({
        "uuid": machine_uuid(number),
        "hostname": format!("node-{number}"),
        "discovered_ip_addresses": [address],
    });
    match machine {
        Value::Object(machine) => machine,
        _ => Object::new(),
    }
}
