//! A plain HTTP client for the tests.

use harness::control_plane::{Collection, Contract, ControlPlane, Object};
use serde_json::{Value, json};

/// Sends requests to a control plane over reused connections.
pub struct Client {
    http: reqwest::Client,
    endpoint: String,
    token: String,
    /// The `OpenAPI` document with the paths; the contract's by default.
    document: Value,
}

impl Client {
    pub fn new(control_plane: &ControlPlane) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            endpoint: control_plane.endpoint().to_owned(),
            token: control_plane.token().to_owned(),
            document: Contract::get().unwrap().document.clone(),
        }
    }

    /// Uses the methods and paths of another document.
    pub fn with_document(self, document: Value) -> Self {
        Self { document, ..self }
    }

    pub fn with_token(self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self
        }
    }

    pub fn with_http(self, http: reqwest::Client) -> Self {
        Self { http, ..self }
    }

    /// The method and path of an operation, with its parameters filled in by position.
    pub fn place(&self, operation: &str, parameters: &[&str]) -> (String, String) {
        for (path, item) in self.document["paths"].as_object().unwrap() {
            for (method, declared) in item.as_object().unwrap() {
                if declared["operationId"] == operation {
                    let mut parameters = parameters.iter();
                    let segments = path.split('/').map(|segment| match segment.strip_prefix('{') {
                        Some(_) => parameters.next().copied().unwrap(),
                        None => segment,
                    });
                    return (method.to_uppercase(), segments.collect::<Vec<_>>().join("/"));
                }
            }
        }
        panic!("the document lacks `{operation}`");
    }

    /// Sends the request of an operation.
    pub async fn send(
        &self,
        operation: &str,
        parameters: &[&str],
        body: Option<&Value>,
    ) -> reqwest::Result<reqwest::Response> {
        let (method, path) = self.place(operation, parameters);
        self.send_to(&method, &path, body).await
    }

    /// Sends a request to a path.
    pub async fn send_to(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<reqwest::Response> {
        let url = format!("{}{path}", self.endpoint);
        let mut request = self
            .http
            .request(method.parse().unwrap(), url)
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        request.send().await
    }

    /// The response to a GET with further headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let url = format!("{}{path}", self.endpoint);
        let mut request = self.http.get(url).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// The published document.
    pub async fn document(&self) -> Value {
        let response = self.send_to("GET", "/api/openapi.json", None).await.unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// Calls an operation and returns status and body; null without a body.
    pub async fn call(&self, operation: &str, parameters: &[&str], body: Option<Value>) -> (u16, Value) {
        let response = self.send(operation, parameters, body.as_ref()).await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Calls an operation that must succeed.
    pub async fn ok(&self, operation: &str, parameters: &[&str], body: Option<Value>) -> Value {
        let (status, response) = self.call(operation, parameters, body).await;
        assert!(
            (200..300).contains(&status),
            "{operation} returned {status}: {response}"
        );
        response
    }

    /// Calls an operation that must be rejected with this status, and returns the detail.
    pub async fn rejected(
        &self,
        operation: &str,
        parameters: &[&str],
        body: Option<Value>,
        expected: u16,
    ) -> Value {
        let (status, response) = self.call(operation, parameters, body).await;
        assert_eq!(status, expected, "{operation} returned {response}");
        response["detail"].clone()
    }
}

/// A control plane with default settings, and a client for it.
pub async fn start() -> (ControlPlane, Client) {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let client = Client::new(&control_plane);
    (control_plane, client)
}

/// The ids of the operations of a collection: list, create, get, update, delete.
pub fn operations(collection: Collection) -> [&'static str; 5] {
    macro_rules! named {
        ($api:literal, $many:literal, $one:literal) => {
            [
                concat!($api, "_list_", $many),
                concat!($api, "_create_", $one),
                concat!($api, "_get_", $one),
                concat!($api, "_update_", $one),
                concat!($api, "_delete_", $one),
            ]
        };
    }
    match collection {
        Collection::Images => named!("provisioning_api", "images", "image"),
        Collection::MachineRoles => named!("controlplane_api", "machine_roles", "machine_role"),
        Collection::Machines => named!("provisioning_api", "machines", "machine"),
        Collection::MeshNetworks => named!("controlplane_api", "mesh_networks", "mesh_network"),
        Collection::RegistryCredentials => {
            named!("provisioning_api", "registry_credentials", "registry_credential")
        }
        Collection::RoutePolicySets => named!("controlplane_api", "route_policy_sets", "route_policy_set"),
        Collection::Routes => named!("controlplane_api", "routes", "route"),
        Collection::Secrets => named!("controlplane_api", "account_secrets", "account_secret"),
        Collection::SecretsBackends => named!("controlplane_api", "secrets_backends", "secrets_backend"),
        Collection::Variables => named!("controlplane_api", "account_variables", "account_variable"),
        Collection::Vips => named!("controlplane_api", "vips", "vip"),
    }
}

/// The collections with create, update and delete, each with the required fields of a create.
pub fn plain_collections() -> Vec<(Collection, Value)> {
    vec![
        (
            Collection::MeshNetworks,
            json!({ "name": "prod", "network_cidr": "10.0.0.0/24" }),
        ),
        (Collection::MachineRoles, json!({ "name": "web" })),
        (
            Collection::Routes,
            json!({ "name": "lan", "prefixes": ["192.0.2.0/24"] }),
        ),
        (
            Collection::Vips,
            json!({ "name": "api", "address": "192.0.2.10" }),
        ),
        (Collection::Secrets, json!({ "name": "ROOT", "value": "hunter2" })),
        (Collection::Variables, json!({ "name": "region", "value": "eu" })),
        (
            Collection::SecretsBackends,
            json!({ "name": "vault", "backend_type": "vault", "url": "https://vault.example.com" }),
        ),
        (Collection::RoutePolicySets, json!({ "name": "edge" })),
        (
            Collection::RegistryCredentials,
            json!({ "name": "ghcr", "registry_url": "ghcr.io", "username": "robot", "password": "hunter2" }),
        ),
    ]
}

pub fn uuid(object: &Value) -> &str {
    object["uuid"].as_str().unwrap()
}

/// A stored field of an object; null if it is missing.
pub fn stored<'a>(object: &'a Object, field: &str) -> &'a Value {
    object.get(field).unwrap_or(&Value::Null)
}
