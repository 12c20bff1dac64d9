//! What only a Terraform shows that is older than the one the acceptance tests drive.

use proto::tfplugin6 as wire;
use proto::tfplugin6::provider_server::Provider;
use proto::tfplugin6::validate_resource_config::Request;

use super::{Service, convert};
use crate::durantic::DEFINITION;
use crate::engine::diagnostic::Diagnostics;
use crate::engine::shape;
use crate::value::Value;

/// What is told about a resource with these texts, by the summaries.
async fn validate(
    type_name: &str,
    texts: &[(&str, &str)],
    client_capabilities: Option<wire::ClientCapabilities>,
) -> Vec<wire::Diagnostic> {
    let service = Service::new(&DEFINITION);
    let schema = service.resource(type_name).expect("it is declared").schema;
    let mut config = shape::empty_object(&schema.attributes);
    for (name, text) in texts {
        config.set_attribute(name, Value::string(*text));
    }
    let r#type = shape::object_type(&schema.attributes);
    let config = convert::dynamic_value(&config, &r#type, &mut Diagnostics::default());
    let request = Request {
        type_name: type_name.to_owned(),
        config,
        client_capabilities,
    };
    let answer = service
        .validate_resource_config(tonic::Request::new(request))
        .await;
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
            assert_eq!(diagnostic.summary, "Write-only argument needs Terraform 1.11");
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
