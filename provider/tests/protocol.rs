//! Requests that the Terraform of the other tests does not send: those of older and newer versions, and with states that
//! it does not write.

#![cfg(test)]

use engine::diagnostic::Diagnostics;
use engine::shape;
use proto::tfplugin6;
use proto::tfplugin6::provider_server::Provider;
use proto::tfplugin6::{
    get_metadata, get_provider_schema, import_resource_state, plan_resource_change, read_resource,
    upgrade_resource_state, validate_resource_config,
};
use provider::durantic::DEFINITION;
use rpc::{Service, convert};
use value::Value;

fn service() -> Service {
    Service::new(provider::program(&DEFINITION))
}

fn declaration(type_name: &str) -> &'static schema::Resource {
    let mut bindings = DEFINITION.resources.iter();
    let name = type_name.trim_start_matches("durantic_");
    bindings
        .find(|binding| binding.schema.name == name)
        .expect("the resource is declared")
        .schema
}

fn encode(type_name: &str, value: &Value) -> tfplugin6::DynamicValue {
    let r#type = shape::object_type(&declaration(type_name).attributes);
    convert::to_dynamic_value(value, &r#type, &mut Diagnostics::default()).expect("the value is of this type")
}

fn decode(type_name: &str, value: Option<&tfplugin6::DynamicValue>) -> Value {
    let r#type = shape::object_type(&declaration(type_name).attributes);
    convert::from_dynamic_value(value, &r#type, "state", &mut Diagnostics::default()).expect("a value")
}

/// The diagnostics for a resource with these string arguments.
async fn validate(
    type_name: &str,
    arguments: &[(&str, &str)],
    client_capabilities: Option<tfplugin6::ClientCapabilities>,
) -> Vec<tfplugin6::Diagnostic> {
    let schema = declaration(type_name);
    let mut config = shape::empty_object(&schema.attributes);
    for (name, argument) in arguments {
        let attribute = schema.attribute(name).expect("the attribute is declared");
        config.set_attribute(name, shape::string_value(attribute, argument));
    }
    let request = validate_resource_config::Request {
        type_name: type_name.to_owned(),
        config: Some(encode(type_name, &config)),
        client_capabilities,
    };
    let request = tonic::Request::new(request);
    let response = service().validate_resource_config(request).await;
    response.expect("a response").into_inner().diagnostics
}

fn capabilities(write_only_attributes_allowed: bool) -> tfplugin6::ClientCapabilities {
    tfplugin6::ClientCapabilities {
        write_only_attributes_allowed,
        ..tfplugin6::ClientCapabilities::default()
    }
}

#[tokio::test]
async fn validate_rejects_write_only_arguments_before_terraform_1_11() {
    let secret = [("name", "TOKEN"), ("value_wo", "not-to-be-seen")];
    let credential = [
        ("name", "it"),
        ("registry_url", "ghcr.io"),
        ("username", "u"),
        ("password_wo", "not-to-be-seen"),
    ];
    for (type_name, arguments, write_only, instead) in [
        ("durantic_secret", &secret[..], "value_wo", "`value`"),
        (
            "durantic_registry_credential",
            &credential[..],
            "password_wo",
            "`password`",
        ),
    ] {
        for older in [None, Some(capabilities(false))] {
            let diagnostics = validate(type_name, arguments, older).await;
            let [diagnostic] = diagnostics.as_slice() else {
                panic!("{type_name}: {diagnostics:?}");
            };
            assert_eq!(diagnostic.summary, "Write-only argument not supported");
            assert!(diagnostic.detail.contains(instead), "{}", diagnostic.detail);
            assert!(!diagnostic.detail.contains("not-to-be-seen"));
            let steps = &diagnostic.attribute.as_ref().expect("a path").steps;
            let step = steps.first().and_then(|step| step.selector.clone());
            let expected = tfplugin6::attribute_path::step::Selector::AttributeName(write_only.to_owned());
            assert_eq!(step, Some(expected));
        }
        assert_eq!(validate(type_name, arguments, Some(capabilities(true))).await, []);
    }
}

#[tokio::test]
async fn validate_accepts_ordinary_arguments_before_terraform_1_11() {
    let arguments = [("name", "TOKEN"), ("value", "v")];
    assert_eq!(validate("durantic_secret", &arguments, None).await, []);
}

/// `DynamicValue` has a second encoding, JSON, which Terraform does not use so far.
#[tokio::test]
async fn dynamic_value_may_be_json() {
    let request = |json: &str| validate_resource_config::Request {
        type_name: "durantic_variable".to_owned(),
        config: Some(tfplugin6::DynamicValue {
            json: json.as_bytes().to_vec(),
            ..tfplugin6::DynamicValue::default()
        }),
        ..validate_resource_config::Request::default()
    };
    let service = service();
    for (json, expected) in [
        (r#"{"name": "it", "value": "v"}"#, &[][..]),
        (r#"{"name": "", "value": "v"}"#, &["Invalid length"]),
        (r#"{"name": ["#, &["Value does not match the provider's schema"]),
    ] {
        let response = service
            .validate_resource_config(tonic::Request::new(request(json)))
            .await;
        let diagnostics = response.expect("a response").into_inner().diagnostics;
        assert_eq!(summaries(&diagnostics), expected, "{json}");
    }
}

fn summaries(diagnostics: &[tfplugin6::Diagnostic]) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

async fn upgrade(json: &str, version: i64) -> upgrade_resource_state::Response {
    let request = upgrade_resource_state::Request {
        type_name: "durantic_variable".to_owned(),
        version,
        raw_state: Some(tfplugin6::RawState {
            json: json.as_bytes().to_vec(),
            ..tfplugin6::RawState::default()
        }),
    };
    let response = service()
        .upgrade_resource_state(tonic::Request::new(request))
        .await;
    response.expect("a response").into_inner()
}

#[tokio::test]
async fn upgrade_resource_state_reports_an_invalid_state() {
    for (json, version, summary) in [
        ("", 0, "State from an unsupported Terraform version"),
        ("{", 0, "Invalid state"),
        (r#"{"name": ["a"]}"#, 0, "Invalid state"),
        (r#"{"name": "a"}"#, 1, "State from a newer provider version"),
    ] {
        let response = upgrade(json, version).await;
        assert_eq!(summaries(&response.diagnostics), [summary], "{json}");
        assert_eq!(response.upgraded_state, None, "{json}");
    }
}

#[tokio::test]
async fn upgrade_resource_state_drops_unknown_attributes() {
    let response = upgrade(r#"{"name": "a", "of_another_version": {"x": [1]}}"#, 0).await;
    assert_eq!(response.diagnostics, []);
    let state = decode("durantic_variable", response.upgraded_state.as_ref());
    assert_eq!(state.get("name").as_str(), Some("a"));
}

#[tokio::test]
async fn read_resource_keeps_the_state_of_an_unknown_type() {
    let service = service();
    let current = Some(tfplugin6::DynamicValue {
        msgpack: b"\x81\xa1a\xc3".to_vec(),
        ..tfplugin6::DynamicValue::default()
    });
    let request = read_resource::Request {
        type_name: "durantic_teapot".to_owned(),
        current_state: current.clone(),
        private: b"of the teapot".to_vec(),
        ..read_resource::Request::default()
    };
    let response = service.read_resource(tonic::Request::new(request)).await;
    let response = response.expect("a response").into_inner();
    assert_eq!(
        response.diagnostics[0].summary,
        "Unsupported resource or data source"
    );
    assert_eq!(
        (response.new_state, response.private),
        (current, b"of the teapot".to_vec())
    );
}

#[tokio::test]
async fn read_resource_requires_a_configured_provider() {
    let service = service();
    let import = import_resource_state::Request {
        type_name: "durantic_variable".to_owned(),
        id: "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11".to_owned(),
        ..import_resource_state::Request::default()
    };
    let imported = service.import_resource_state(tonic::Request::new(import)).await;
    let imported = imported.expect("a response").into_inner().imported_resources;
    let request = read_resource::Request {
        type_name: "durantic_variable".to_owned(),
        current_state: imported[0].state.clone(),
        ..read_resource::Request::default()
    };
    let response = service.read_resource(tonic::Request::new(request)).await;
    let response = response.expect("a response").into_inner();
    assert_eq!(response.diagnostics[0].summary, "Provider not configured");
    assert_eq!(response.new_state, imported[0].state);
}

/// Terraform requests only the schema, but a multiplexing server in front of several providers requests this first.
#[tokio::test]
async fn get_metadata_lists_the_types_of_the_schema() {
    let service = service();
    let metadata = service
        .get_metadata(tonic::Request::new(get_metadata::Request {}))
        .await;
    let metadata = metadata.expect("a response").into_inner();
    let schema = service
        .get_provider_schema(tonic::Request::new(get_provider_schema::Request {}))
        .await;
    let schema = schema.expect("a response").into_inner();
    assert_eq!(metadata.server_capabilities, schema.server_capabilities);
    let mut resources: Vec<String> = schema.resource_schemas.into_keys().collect();
    let mut data_sources: Vec<String> = schema.data_source_schemas.into_keys().collect();
    resources.sort();
    data_sources.sort();
    let listed: Vec<String> = metadata
        .resources
        .into_iter()
        .map(|resource| resource.type_name)
        .collect();
    assert_eq!(listed, resources);
    let listed: Vec<String> = metadata
        .data_sources
        .into_iter()
        .map(|data_source| data_source.type_name)
        .collect();
    assert_eq!(listed, data_sources);
    let mut lists: Vec<String> = schema.list_resource_schemas.into_keys().collect();
    lists.sort();
    let listed: Vec<String> = metadata
        .list_resources
        .into_iter()
        .map(|list_resource| list_resource.type_name)
        .collect();
    assert_eq!(listed, lists);
    assert_eq!(lists, resources, "the objects of every resource can be listed");
}

#[tokio::test]
async fn optional_requests_are_unimplemented() {
    use tfplugin6::{open_ephemeral_resource, validate_ephemeral_resource_config};
    let service = service();
    let errors = [
        service
            .validate_ephemeral_resource_config(tonic::Request::new(
                validate_ephemeral_resource_config::Request::default(),
            ))
            .await
            .err(),
        service
            .open_ephemeral_resource(tonic::Request::new(open_ephemeral_resource::Request::default()))
            .await
            .err(),
    ];
    for status in errors {
        assert_eq!(
            status.map(|status| status.code()),
            Some(tonic::Code::Unimplemented)
        );
    }
}

/// Terraform 1.16 passes the private state of the first plan to the plan of an apply, which has no prior private state in a
/// replacement.
#[tokio::test]
async fn plan_of_an_apply_keeps_the_mark_of_the_replaced_object() {
    let type_name = "durantic_variable";
    let schema = declaration(type_name);
    let mut config = shape::empty_object(&schema.attributes);
    for name in ["name", "value"] {
        config.set_attribute(name, Value::string("a"));
    }
    let marked = &br#"{"durantic":{"change":{"of":"variable/7"}}}"#[..];
    let create = &br#"{"durantic":{"change":{}}}"#[..];
    let none = &b""[..];
    let rows = [
        ("the plan of a create", none, none, create),
        ("the second plan of a replacement", marked, none, marked),
        ("the plan of an apply from version 1.16 on", none, marked, marked),
        ("the plan of an apply before", none, &b"{}"[..], create),
    ];
    for (rule, prior_private, planned_private, expected) in rows {
        let request = plan_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: Some(encode(type_name, &Value::Null)),
            proposed_new_state: Some(encode(type_name, &config)),
            config: Some(encode(type_name, &config)),
            prior_private: prior_private.to_vec(),
            planned_private: planned_private.to_vec(),
            ..plan_resource_change::Request::default()
        };
        let response = service().plan_resource_change(tonic::Request::new(request)).await;
        let response = response.unwrap().into_inner();
        assert!(
            response.diagnostics.is_empty(),
            "{rule}: {:?}",
            response.diagnostics
        );
        let planned = String::from_utf8(response.planned_private).unwrap();
        assert_eq!(planned, String::from_utf8_lossy(expected), "{rule}");
    }
}
