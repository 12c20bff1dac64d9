//! The dialects of the API: the methods and paths of its operations, and the names of its fields.

use http::Method;
use serde_json::{Map, Value, json};

use super::contract::{Contract, Operation};
use super::store::Object;

/// The dialect of the simulated API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Dialect {
    /// The contract of `openapi.json`.
    #[default]
    Default,
    /// Different paths, slashes, parameter names and update methods. Only the published `openapi.json` has them.
    Other,
    /// An older version: no `openapi.json`, older field names, newer fields missing.
    Old,
}

/// Fields that older versions named differently: the current name, the old name.
const OLD_NAMES: [(&str, &str); 2] = [
    ("mesh_ip_address", "wg_ip_address"),
    ("required_image_name", "required_image_url"),
];

/// The fields that older versions did not have.
const NEWER_FIELDS: [&str; 3] = ["is_terminal", "is_active", "environment_slug"];

/// Maps methods and paths to operations.
pub struct Routes {
    routes: Vec<Route>,
}

struct Route {
    method: Method,
    /// The segments of the path; `None` for a parameter.
    segments: Vec<Option<String>>,
    operation: &'static Operation,
}

/// The result of looking up a method and a path.
pub enum Found {
    /// An operation, and the parameters in the path.
    Operation(&'static Operation, Vec<String>),
    /// The path exists, but not with this method.
    OtherMethod,
    /// The path does not exist.
    Nothing,
}

impl Routes {
    /// The routes of a control plane with this dialect.
    pub fn new(contract: &'static Contract, dialect: Dialect) -> Self {
        let routes = contract
            .operations
            .iter()
            .map(|operation| {
                let (method, path) = dialect.route(operation);
                let is_parameter = |segment: &str| segment.starts_with('{');
                let segments = path
                    .split('/')
                    .map(|segment| (!is_parameter(segment)).then(|| segment.to_owned()))
                    .collect();
                Route {
                    method,
                    segments,
                    operation,
                }
            })
            .collect();
        Self { routes }
    }

    /// Looks up a method and a path.
    pub fn find(&self, method: &Method, path: &str) -> Found {
        let mut other_method = false;
        for route in &self.routes {
            if let Some(parameters) = route.parameters(path) {
                if route.method == *method {
                    return Found::Operation(route.operation, parameters);
                }
                other_method = true;
            }
        }
        if other_method {
            Found::OtherMethod
        } else {
            Found::Nothing
        }
    }
}

impl Route {
    /// The parameters of a path; `None` if it does not match this route.
    fn parameters(&self, path: &str) -> Option<Vec<String>> {
        let mut parameters = Vec::new();
        let mut given = path.split('/');
        for segment in &self.segments {
            match (segment, given.next()?) {
                (Some(fixed), given) if fixed == given => {}
                (None, given) if !given.is_empty() => parameters.push(given.to_owned()),
                _ => return None,
            }
        }
        given.next().is_none().then_some(parameters)
    }
}

impl Dialect {
    /// The published `openapi.json`; `None` if the dialect has none.
    pub fn document(self, contract: &Contract) -> Option<Value> {
        match self {
            Self::Default => Some(contract.document.clone()),
            Self::Old => None,
            Self::Other => Some(self.moved_document(contract)),
        }
    }

    /// Renames and removes the fields of a response as the dialect does.
    pub fn translate(self, response: &mut Value) {
        if self == Self::Old {
            each_object(response, &mut |object| {
                for (new, old) in OLD_NAMES {
                    if let Some(value) = object.remove(new) {
                        object.insert(old.to_owned(), value);
                    }
                }
                for field in NEWER_FIELDS {
                    object.remove(field);
                }
            });
        }
    }

    /// The method and path of an operation.
    fn route(self, operation: &Operation) -> (Method, String) {
        if self != Self::Other {
            return (operation.method.clone(), operation.path.clone());
        }
        let path = operation
            .path
            .replacen("/api/", "/api/v2/", 1)
            .replace("{uuid}", "{id}");
        let path = path.replace("_uuid}", "_id}");
        // Paths of collections lose their trailing slash, paths of objects get one.
        let path = path
            .strip_suffix('/')
            .map_or_else(|| format!("{path}/"), str::to_owned);
        let method = match (operation.method.as_str(), operation.collection.name()) {
            ("PATCH", "variables" | "secrets") => Method::POST,
            ("PATCH", _) => Method::PUT,
            _ => operation.method.clone(),
        };
        (method, path)
    }

    /// The contract's document with the methods and paths of the dialect.
    fn moved_document(self, contract: &Contract) -> Value {
        let mut paths = Map::new();
        for operation in &contract.operations {
            let (method, path) = self.route(operation);
            let default_method = operation.method.as_str().to_lowercase();
            let declared = contract
                .document
                .get("paths")
                .and_then(|paths| paths.get(&operation.path));
            let Some(mut declared) = declared.and_then(|item| item.get(&default_method)).cloned() else {
                continue;
            };
            let item = paths.entry(path.clone()).or_insert_with(|| json!({}));
            if let Some(declared) = declared.as_object_mut() {
                declared.remove("parameters");
            }
            if let Some(item) = item.as_object_mut() {
                // OpenAPI allows the parameters of a path to be declared once for all its methods.
                item.insert("parameters".to_owned(), parameters(&path));
                item.insert(method.as_str().to_lowercase(), declared);
            }
        }
        let mut document = contract.document.clone();
        if let Some(document) = document.as_object_mut() {
            document.insert("paths".to_owned(), Value::Object(paths));
        }
        document
    }
}

/// Adds an unknown field to every object of a response, as a newer control plane might.
pub fn add_unknown_fields(response: &mut Value) {
    each_object(response, &mut |object| {
        object.insert(
            "field_of_a_later_version".to_owned(),
            json!({ "list": [1, 2.5, null], "text": "new" }),
        );
    });
}

/// The declarations of the parameters in a path.
fn parameters(path: &str) -> Value {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({
                "name": name,
                "in": "path",
                "required": true,
                "schema": { "type": "string", "format": "uuid" },
            })
        })
        .collect()
}

/// Changes every object of a response, except inside the `config` of a secrets backend, which is the user's own JSON.
fn each_object(response: &mut Value, change: &mut impl FnMut(&mut Object)) {
    match response {
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, change)),
        Value::Object(object) => {
            let inner = object.iter_mut().filter(|(name, _)| *name != "config");
            inner.for_each(|(_, value)| each_object(value, change));
            change(object);
        }
        _ => {}
    }
}
