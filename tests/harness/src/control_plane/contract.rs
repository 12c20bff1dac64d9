//! The contract: the operations of the control plane's `openapi.json`.
//!
//! Routes, request bodies and responses are all derived from that document, so the simulated control plane
//! always agrees with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use http::Method;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::{Value, json};

use super::collection::Collection;

/// The document that the default dialect publishes.
pub const DOCUMENT: &str = include_str!("../../../data/openapi.json");

/// The methods of operations, in the lowercase of `OpenAPI`.
pub const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// All operations of the control plane with their schemas.
pub struct Contract {
    /// The published document.
    pub document: Value,
    /// The operations in the document's order.
    pub operations: Vec<Operation>,
}

/// One operation: its action, its collection, and the schemas of its request and responses.
pub struct Operation {
    /// The `operationId`.
    pub id: String,
    /// The default method.
    pub method: Method,
    /// The default path with its parameters in braces.
    pub path: String,
    /// The collection it belongs to.
    pub collection: Collection,
    /// The action.
    pub action: Action,
    /// The schema of the request body; `None` if it has no body.
    pub request: Option<Schema>,
    /// The schema of the response of each documented status; `None` if that response has no body.
    pub responses: BTreeMap<u16, Option<Schema>>,
    /// The status of a success.
    pub success: u16,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Returns every object of a collection.
    List,
    /// Creates an object.
    Create,
    /// Returns an object.
    Get,
    /// Changes an object.
    Update,
    /// Deletes an object.
    Delete,
    /// Adds a rule to a route policy set.
    CreateRule,
    /// Changes a rule of a route policy set.
    UpdateRule,
    /// Removes a rule of a route policy set.
    DeleteRule,
    /// Starts a provision run of a machine.
    Provision,
    /// Returns a provision run of a machine.
    GetRun,
}

/// The schema of a request or response body.
pub struct Schema {
    validator: Validator,
    /// The properties of the object, or of the objects in the array.
    pub properties: Vec<String>,
    /// The properties that are never returned, such as a password.
    pub write_only: BTreeSet<String>,
}

/// One fault of a body, in the words of the control plane.
pub struct BodyFault {
    /// The kind of fault, such as `missing`.
    pub kind: String,
    /// The path to the value inside the body.
    pub path: Vec<Value>,
    /// The error message.
    pub message: String,
}

/// The document of the contract is invalid.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the contract in `tests/data/openapi.json` is invalid: {0}")]
pub struct ContractError(String);

static CONTRACT: LazyLock<Result<Contract, ContractError>> = LazyLock::new(|| {
    let document = serde_json::from_str(DOCUMENT).map_err(|error| ContractError(error.to_string()))?;
    Contract::read(document)
});

impl Contract {
    /// The contract. The document is read once per process.
    ///
    /// # Errors
    /// If the document is invalid.
    pub fn get() -> Result<&'static Self, ContractError> {
        CONTRACT.as_ref().map_err(Clone::clone)
    }

    /// The operation with an id.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    fn read(document: Value) -> Result<Self, ContractError> {
        let mut operations = Vec::new();
        for (path, item) in entries(document.get("paths")) {
            for (method, declared) in entries(Some(item)) {
                if METHODS.contains(&method.as_str()) {
                    operations.push(Operation::read(&document, path, method, declared)?);
                }
            }
        }
        Ok(Self { document, operations })
    }
}

impl Operation {
    fn read(document: &Value, path: &str, method: &str, declared: &Value) -> Result<Self, ContractError> {
        let id = declared
            .get("operationId")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let broken = |what: String| ContractError(format!("operation `{id}`: {what}"));
        let schema = |content: Option<&Value>| {
            content
                .and_then(|content| content.pointer("/content/application~1json/schema"))
                .map(|schema| Schema::read(&inline(document, schema)))
                .transpose()
                .map_err(broken)
        };
        let mut responses = BTreeMap::new();
        for (status, response) in entries(declared.get("responses")) {
            let status = status
                .parse()
                .map_err(|_| broken(format!("invalid status `{status}`")))?;
            responses.insert(status, schema(Some(&inline(document, response)))?);
        }
        let success = *responses
            .keys()
            .find(|status| (200..300).contains(*status))
            .ok_or_else(|| broken("missing 2xx response".to_owned()))?;
        let method: Method = method
            .to_uppercase()
            .parse()
            .map_err(|_| broken(format!("invalid method `{method}`")))?;
        let (collection, action) =
            classify(&method, path).ok_or_else(|| broken(format!("unknown action of `{method} {path}`")))?;
        Ok(Self {
            id: id.to_owned(),
            path: path.to_owned(),
            collection,
            action,
            request: schema(declared.get("requestBody"))?,
            responses,
            success,
            method,
        })
    }

    /// The schema of a successful response; `None` if it has no body.
    pub fn success_schema(&self) -> Option<&Schema> {
        self.responses.get(&self.success)?.as_ref()
    }
}

impl Schema {
    fn read(schema: &Value) -> Result<Self, String> {
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(schema)
            .map_err(|error| error.to_string())?;
        let object = schema.get("items").unwrap_or(schema);
        let properties = || entries(object.get("properties"));
        Ok(Self {
            validator,
            properties: properties().map(|(name, _)| name.clone()).collect(),
            write_only: properties()
                .filter(|(_, property)| property.get("writeOnly") == Some(&Value::Bool(true)))
                .map(|(name, _)| name.clone())
                .collect(),
        })
    }

    /// Every fault of a body.
    pub fn check(&self, body: &Value) -> Vec<BodyFault> {
        self.validator
            .iter_errors(body)
            .map(|error| BodyFault::of(&error))
            .collect()
    }
}

impl BodyFault {
    fn of(error: &ValidationError<'_>) -> Self {
        let mut path: Vec<Value> = error
            .instance_path()
            .as_str()
            .split('/')
            .skip(1)
            .map(|segment| {
                segment
                    .parse::<u64>()
                    .map_or_else(|_| json!(segment), |index| json!(index))
            })
            .collect();
        let (kind, message) = match error.kind() {
            // A nullable value with a fault: report the fault of the value, not that of the union.
            ValidationErrorKind::AnyOf { context } => {
                if let Some(inner) = context.first().and_then(|faults| faults.first()) {
                    return Self {
                        path,
                        ..Self::of(inner)
                    };
                }
                ("value_error", "Value error".to_owned())
            }
            ValidationErrorKind::Required { property } => {
                path.push(property.clone());
                ("missing", "Field required".to_owned())
            }
            ValidationErrorKind::Enum { options } => {
                ("literal_error", format!("Input should be one of {options}"))
            }
            ValidationErrorKind::Format { format } => {
                ("value_error", format!("Input should be a valid {format}"))
            }
            ValidationErrorKind::Maximum { limit } => (
                "less_than_equal",
                format!("Input should be less than or equal to {limit}"),
            ),
            ValidationErrorKind::Minimum { limit } => (
                "greater_than_equal",
                format!("Input should be greater than or equal to {limit}"),
            ),
            ValidationErrorKind::Type {
                kind: TypeKind::Single(expected),
            } => {
                let kind = format!("{expected}_type");
                return Self {
                    kind,
                    path,
                    message: format!("Input should be a valid {expected}"),
                };
            }
            other => ("value_error", format!("Input breaks `{}`", other.keyword())),
        };
        Self {
            kind: kind.to_owned(),
            path,
            message,
        }
    }
}

/// The entries of a JSON object; empty for any other value.
pub fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// The collection and the action of an operation, derived from the shape of its path.
fn classify(method: &Method, path: &str) -> Option<(Collection, Action)> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let collection = Collection::from_name(segments.get(2)?)?;
    let rest: Vec<&str> = segments
        .iter()
        .skip(3)
        .map(|segment| if segment.starts_with('{') { "*" } else { segment })
        .collect();
    let action = match (method.as_str(), rest.as_slice()) {
        ("GET", []) => Action::List,
        ("POST", []) => Action::Create,
        ("GET", ["*"]) => Action::Get,
        ("PATCH", ["*"]) => Action::Update,
        ("DELETE", ["*"]) => Action::Delete,
        ("POST", ["*", "rules"]) => Action::CreateRule,
        ("PATCH", ["*", "rules", "*"]) => Action::UpdateRule,
        ("DELETE", ["*", "rules", "*"]) => Action::DeleteRule,
        ("POST", ["*", "provision"]) => Action::Provision,
        ("GET", ["*", "provisions", "*"]) => Action::GetRun,
        _ => return None,
    };
    Some((collection, action))
}

/// The schema with every `$ref` resolved, and with the bounds of 32-bit integers.
fn inline(document: &Value, schema: &Value) -> Value {
    match schema {
        Value::Object(object) => {
            let reference = object
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|target| target.strip_prefix('#'));
            if let Some(target) = reference.and_then(|pointer| document.pointer(pointer)) {
                return inline(document, target);
            }
            let mut inlined: serde_json::Map<String, Value> = object
                .iter()
                .map(|(key, value)| (key.clone(), inline(document, value)))
                .collect();
            if object.get("format") == Some(&json!("int32")) {
                inlined.insert("minimum".to_owned(), json!(i32::MIN));
                inlined.insert("maximum".to_owned(), json!(i32::MAX));
            }
            Value::Object(inlined)
        }
        Value::Array(items) => items.iter().map(|item| inline(document, item)).collect(),
        other => other.clone(),
    }
}
