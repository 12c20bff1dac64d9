//! What the tests with the real Terraform cannot show: a Terraform that is older or newer than theirs, and states it does not write.

#![cfg(test)]

use engine::diagnostic::Diagnostics;
use engine::shape;
use proto::tfplugin6 as wire;
use proto::tfplugin6::provider_server::Provider;
use proto::tfplugin6::{
    get_metadata, get_provider_schema, import_resource_state, read_resource, upgrade_resource_state,
    validate_resource_config,
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
        .expect("it is declared")
        .schema
}

fn encode(type_name: &str, value: &Value) -> wire::DynamicValue {
    let r#type = shape::object_type(&declaration(type_name).attributes);
    convert::to_dynamic_value(value, &r#type, &mut Diagnostics::default()).expect("it fits")
}

fn decode(type_name: &str, value: Option<&wire::DynamicValue>) -> Value {
    let r#type = shape::object_type(&declaration(type_name).attributes);
    convert::from_dynamic_value(value, &r#type, "state", &mut Diagnostics::default()).expect("a value")
}

/// What is told about a resource with these texts.
async fn validate(
    type_name: &str,
    texts: &[(&str, &str)],
    client_capabilities: Option<wire::ClientCapabilities>,
) -> Vec<wire::Diagnostic> {
    let schema = declaration(type_name);
    let mut config = shape::empty_object(&schema.attributes);
    for (name, text) in texts {
        let attribute = schema.attribute(name).expect("an attribute");
        config.set_attribute(name, shape::text(attribute, text));
    }
    let request = validate_resource_config::Request {
        type_name: type_name.to_owned(),
        config: Some(encode(type_name, &config)),
        client_capabilities,
    };
    let request = tonic::Request::new(request);
    let answer = service().validate_resource_config(request).await;
    answer.expect("an answer").into_inner().diagnostics
}

fn capabilities(write_only_attributes_allowed: bool) -> wire::ClientCapabilities {
    wire::ClientCapabilities {
        write_only_attributes_allowed,
        ..wire::ClientCapabilities::default()
    }
}

#[tokio::test]
async fn terraform_before_1_11_is_told_not_to_use_write_only_arguments() {
    let secret = [("name", "TOKEN"), ("value_wo", "not-to-be-seen")];
    let credential = [
        ("name", "it"),
        ("registry_url", "ghcr.io"),
        ("username", "u"),
        ("password_wo", "not-to-be-seen"),
    ];
    for (type_name, texts, argument, instead) in [
        ("durantic_secret", &secret[..], "value_wo", "`value`"),
        (
            "durantic_registry_credential",
            &credential[..],
            "password_wo",
            "`password`",
        ),
    ] {
        for older in [None, Some(capabilities(false))] {
            let told = validate(type_name, texts, older).await;
            let [diagnostic] = told.as_slice() else {
                panic!("{type_name}: {told:?}");
            };
            assert_eq!(diagnostic.summary, "Write-only argument not supported");
            assert!(diagnostic.detail.contains(instead), "{}", diagnostic.detail);
            assert!(!diagnostic.detail.contains("not-to-be-seen"));
            let steps = &diagnostic.attribute.as_ref().expect("a path").steps;
            let step = steps.first().and_then(|step| step.selector.clone());
            let expected = wire::attribute_path::step::Selector::AttributeName(argument.to_owned());
            assert_eq!(step, Some(expected));
        }
        assert_eq!(validate(type_name, texts, Some(capabilities(true))).await, []);
    }
}

#[tokio::test]
async fn terraform_before_1_11_takes_the_ordinary_arguments() {
    let texts = [("name", "TOKEN"), ("value", "v")];
    assert_eq!(validate("durantic_secret", &texts, None).await, []);
}

/// The protocol has a second encoding, which Terraform does not use so far.
#[tokio::test]
async fn a_value_may_come_as_json() {
    let of = |json: &str| validate_resource_config::Request {
        type_name: "durantic_variable".to_owned(),
        config: Some(wire::DynamicValue {
            json: json.as_bytes().to_vec(),
            ..wire::DynamicValue::default()
        }),
        ..validate_resource_config::Request::default()
    };
    let service = service();
    for (json, expected) in [
        (r#"{"name": "it", "value": "v"}"#, &[][..]),
        (r#"{"name": "", "value": "v"}"#, &["Invalid length"]),
        (r#"{"name": ["#, &["Value does not match the provider's schema"]),
    ] {
        let answer = service
            .validate_resource_config(tonic::Request::new(of(json)))
            .await;
        let told = answer.expect("an answer").into_inner().diagnostics;
        let told: Vec<&str> = told.iter().map(|told| told.summary.as_str()).collect();
        assert_eq!(told, expected, "{json}");
    }
}

async fn upgrade(json: &str, version: i64) -> upgrade_resource_state::Response {
    let request = upgrade_resource_state::Request {
        type_name: "durantic_variable".to_owned(),
        version,
        raw_state: Some(wire::RawState {
            json: json.as_bytes().to_vec(),
            ..wire::RawState::default()
        }),
    };
    let answer = service()
        .upgrade_resource_state(tonic::Request::new(request))
        .await;
    answer.expect("an answer").into_inner()
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_told_and_not_taken_for_none() {
    for (json, version, summary) in [
        ("", 0, "State from an unsupported Terraform version"),
        ("{", 0, "Invalid state"),
        (r#"{"name": ["a"]}"#, 0, "Invalid state"),
        (r#"{"name": "a"}"#, 1, "State from a newer provider version"),
    ] {
        let answer = upgrade(json, version).await;
        let told: Vec<&str> = answer
            .diagnostics
            .iter()
            .map(|told| told.summary.as_str())
            .collect();
        assert_eq!((told, answer.upgraded_state), (vec![summary], None), "{json}");
    }
}

#[tokio::test]
async fn what_a_state_has_besides_is_left_out() {
    let answer = upgrade(r#"{"name": "a", "of_another_version": {"x": [1]}}"#, 0).await;
    assert_eq!(answer.diagnostics, []);
    let state = decode("durantic_variable", answer.upgraded_state.as_ref());
    assert_eq!(state.get("name").as_str(), Some("a"));
}

#[tokio::test]
async fn a_type_that_this_version_lacks_is_told_and_its_object_kept() {
    let service = service();
    let current = Some(wire::DynamicValue {
        msgpack: b"\x81\xa1a\xc3".to_vec(),
        ..wire::DynamicValue::default()
    });
    let request = read_resource::Request {
        type_name: "durantic_teapot".to_owned(),
        current_state: current.clone(),
        private: b"of the teapot".to_vec(),
        ..read_resource::Request::default()
    };
    let answer = service.read_resource(tonic::Request::new(request)).await;
    let answer = answer.expect("an answer").into_inner();
    assert_eq!(
        answer.diagnostics[0].summary,
        "Unsupported resource or data source"
    );
    assert_eq!(
        (answer.new_state, answer.private),
        (current, b"of the teapot".to_vec())
    );
}

#[tokio::test]
async fn what_needs_the_control_plane_says_so_before_it_is_configured() {
    let service = service();
    let import = import_resource_state::Request {
        type_name: "durantic_variable".to_owned(),
        id: "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11".to_owned(),
        ..import_resource_state::Request::default()
    };
    let imported = service.import_resource_state(tonic::Request::new(import)).await;
    let imported = imported.expect("an answer").into_inner().imported_resources;
    let request = read_resource::Request {
        type_name: "durantic_variable".to_owned(),
        current_state: imported[0].state.clone(),
        ..read_resource::Request::default()
    };
    let answer = service.read_resource(tonic::Request::new(request)).await;
    let answer = answer.expect("an answer").into_inner();
    assert_eq!(answer.diagnostics[0].summary, "Provider not configured");
    assert_eq!(answer.new_state, imported[0].state);
}

/// Terraform asks for the schema only, but a server that stands between it and several providers asks for this first.
#[tokio::test]
async fn the_metadata_names_what_the_schema_has() {
    let service = service();
    let metadata = service
        .get_metadata(tonic::Request::new(get_metadata::Request {}))
        .await;
    let metadata = metadata.expect("an answer").into_inner();
    let schema = service
        .get_provider_schema(tonic::Request::new(get_provider_schema::Request {}))
        .await;
    let schema = schema.expect("an answer").into_inner();
    assert_eq!(metadata.server_capabilities, schema.server_capabilities);
    let mut resources: Vec<String> = schema.resource_schemas.into_keys().collect();
    let mut data_sources: Vec<String> = schema.data_source_schemas.into_keys().collect();
    resources.sort();
    data_sources.sort();
    let named: Vec<String> = metadata
        .resources
        .into_iter()
        .map(|named| named.type_name)
        .collect();
    assert_eq!(named, resources);
    let named: Vec<String> = metadata
        .data_sources
        .into_iter()
        .map(|named| named.type_name)
        .collect();
    assert_eq!(named, data_sources);
}

#[tokio::test]
async fn what_newer_terraforms_ask_for_besides_is_unimplemented() {
    use wire::{call_function, get_functions, get_resource_identity_schemas, move_resource_state};
    let service = service();
    let asked = [
        service
            .get_resource_identity_schemas(tonic::Request::new(get_resource_identity_schemas::Request {}))
            .await
            .err(),
        service
            .move_resource_state(tonic::Request::new(move_resource_state::Request::default()))
            .await
            .err(),
        service
            .get_functions(tonic::Request::new(get_functions::Request {}))
            .await
            .err(),
        service
            .call_function(tonic::Request::new(call_function::Request::default()))
            .await
            .err(),
    ];
    for status in asked {
        assert_eq!(
            status.map(|status| status.code()),
            Some(tonic::Code::Unimplemented)
        );
    }
}
