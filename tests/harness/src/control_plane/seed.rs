//! The objects that exist before the first request: those of agents, operators and Durantic.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::collection::Collection;
use super::contract::Contract;
use super::log::register_secrets;
use super::problem::Problem;
use super::samples::{self, COLLECTIONS};
use super::store::{Object, Store, string};
use crate::secrets::Secrets;

/// The default seed.
const DEFAULT: &str = include_str!("../../../data/seed.json");

/// The initial objects of each collection, as clients write them.
#[derive(Debug, Clone)]
pub struct Seed(BTreeMap<Collection, Vec<Object>>);

/// A seed is invalid.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error("failed to read the seed file `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The JSON is malformed or has the wrong shape.
    #[error("the seed is not a JSON object with a list of objects for each collection")]
    Parse(#[from] serde_json::Error),
    /// A collection is unknown.
    #[error("the seed has an unknown collection `{0}`")]
    UnknownCollection(String),
    /// The control plane rejects an object.
    #[error("the seed has an invalid object")]
    Refused(#[from] Problem),
}

impl Seed {
    /// A seed without objects.
    #[must_use]
    pub fn empty() -> Self {
        Self(BTreeMap::new())
    }

    /// The default seed: three machines, and images of which two share a name.
    ///
    /// # Errors
    /// Never, unless `tests/data/seed.json` is invalid.
    pub fn standard() -> Result<Self, SeedError> {
        Self::parse(DEFAULT)
    }

    /// Reads a seed from a file, see [`Seed::parse`].
    ///
    /// # Errors
    /// If the file cannot be read or is invalid.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        let text = fs::read_to_string(path).map_err(|source| SeedError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Parses a seed from JSON: `{"machines": [{"uuid": …}], …}`.
    ///
    /// # Errors
    /// If the JSON is invalid or has an unknown collection.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        let parsed: BTreeMap<String, Vec<Object>> = serde_json::from_str(text)?;
        let known = parsed.into_iter().map(|(name, objects)| {
            let collection = Collection::from_name(&name).ok_or(SeedError::UnknownCollection(name))?;
            Ok((collection, objects))
        });
        known.collect::<Result<_, SeedError>>().map(Self)
    }

    /// Replaces the machines of the seed by this many.
    #[must_use]
    pub fn with_machines(mut self, count: u32) -> Self {
        self.0
            .insert(Collection::Machines, (1..=count).map(machine).collect());
        self
    }

    /// Adds this many sample objects, spread evenly over the nine collections of [`SAMPLE_COLLECTIONS`]. Their uuids are those
    /// of [`sample_uuid`].
    ///
    /// [`SAMPLE_COLLECTIONS`]: super::SAMPLE_COLLECTIONS
    /// [`sample_uuid`]: super::sample_uuid
    #[must_use]
    pub fn with_objects(mut self, count: u32) -> Self {
        let machines = self.0.get(&Collection::Machines);
        let machines: Vec<String> = machines
            .into_iter()
            .flatten()
            .map(|machine| string(machine, "uuid").to_owned())
            .collect();
        let numbers = (1..).flat_map(|number| COLLECTIONS.map(|collection| (collection, number)));
        for ((collection, number), _) in numbers.zip(0..count) {
            let sample = samples::object(collection, number, &machines);
            self.0.entry(collection).or_default().push(sample);
        }
        self
    }

    /// Registers the secrets of all objects, as if a request had sent each of them.
    pub(super) fn register_secrets(&self, contract: &Contract, secrets: &Secrets) {
        for (collection, objects) in &self.0 {
            register_secrets(contract, *collection, objects, secrets);
        }
    }

    /// Creates the objects, those that others refer to first. The machines of a VIP follow at the end: they may have a role with that
    /// VIP.
    ///
    /// # Errors
    /// If the control plane rejects an object.
    pub fn create_all(self, store: &mut Store) -> Result<(), SeedError> {
        let Self(mut collections) = self;
        let mut members = Vec::new();
        for collection in Collection::ALL {
            for mut object in collections.remove(&collection).unwrap_or_default() {
                let is_vip = collection == Collection::Vips;
                let machines = is_vip.then(|| object.remove("machine_uuids")).flatten();
                let created = store.create(collection, object)?;
                members.extend(machines.map(|machines| (string(&created, "uuid").to_owned(), machines)));
            }
        }
        for (vip, machines) in members {
            store.update(Collection::Vips, &vip, |vip| {
                vip.insert("machine_uuids".to_owned(), machines);
            })?;
        }
        Ok(())
    }
}

/// The uuid of the machine with this number. Numbers start at 1.
pub fn machine_uuid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// The machine with this number: `node-1` at 198.18.0.1 and so on, in the test block of RFC 2544.
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
