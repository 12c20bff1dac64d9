//! A collection of the API, as it was listed: objects as JSON text, found by their values.
//!
//! A list of thousands of objects is kept for a while, so that it holds text and decodes only the objects that are wanted.
//!
//! Tests: `crates/engine/tests/tables/collection.rs`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};
use tokio::time::Instant;
use value::json::json_type;

/// Value → positions of the objects that have it.
pub type Index = HashMap<String, Vec<usize>>;

/// All objects of a collection at one time.
#[derive(Default)]
pub struct List {
    objects: Vec<Arc<RawValue>>,
    /// Id of the last request in the API's logs.
    pub request_id: String,
    /// Time of the last response by the API's clock, in whole seconds; `None` if it has no date.
    pub date: Option<Timestamp>,
    /// Duration of the last attempt, in milliseconds.
    pub attempt_ms: u32,
    /// Number of requests that it took.
    pub pages: usize,
    /// When its first request was wanted; `None` if that is not known.
    pub began: Option<Instant>,
    /// Name of an index → the index.
    indexes: Mutex<HashMap<String, Arc<Index>>>,
}

impl List {
    /// Creates a list of these objects, in one page.
    pub fn new(objects: Vec<Arc<RawValue>>) -> Self {
        Self {
            objects,
            pages: 1,
            ..Self::default()
        }
    }

    /// Creates a list from the body of a response that has all objects.
    ///
    /// # Errors
    ///
    /// The type of the body with its article, if it is no list.
    pub fn from_body(body: &Json) -> Result<Self, &'static str> {
        let Json::Array(objects) = body else {
            return Err(json_type(body));
        };
        let objects = objects.iter().filter_map(|object| to_raw_value(object).ok());
        Ok(Self::new(objects.map(Arc::from).collect()))
    }

    /// Decodes all objects, in the API's order.
    pub fn objects(&self) -> impl Iterator<Item = Json> {
        self.objects.iter().map(decode)
    }

    /// Decodes the object at a position of an [`Index`]; null without such a position.
    pub fn object(&self, position: usize) -> Json {
        self.objects.get(position).map(decode).unwrap_or_default()
    }

    /// Returns the index with this name. `value_of` returns the value of an object; the first call with a name decodes all objects.
    pub fn index(&self, name: &str, value_of: impl Fn(&Json) -> Option<String>) -> Arc<Index> {
        let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = indexes.get(name) {
            return Arc::clone(index);
        }
        let mut index = Index::new();
        for (position, object) in self.objects().enumerate() {
            if let Some(value) = value_of(&object) {
                index.entry(value).or_default().push(position);
            }
        }
        let index = Arc::new(index);
        indexes.insert(name.to_owned(), Arc::clone(&index));
        index
    }
}

/// The text was parsed before, so that it is JSON; it may be nested too deeply.
fn decode(object: &Arc<RawValue>) -> Json {
    serde_json::from_str(object.get()).unwrap_or_default()
}
