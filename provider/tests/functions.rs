//! The functions, through the messages of Terraform's plugin protocol.

#![expect(clippy::unwrap_used, reason = "a test without its data fails")]

use proto::tfplugin6::provider_server::Provider as _;
use proto::tfplugin6::{DynamicValue, call_function, get_functions, get_metadata, get_provider_schema};
use provider::durantic::DEFINITION;
use rpc::Service;
use serde_json::{Value as Json, json};
use tonic::Request;
use value::{Type, Value, msgpack};

fn service() -> Service {
    Service::new(provider::program(&DEFINITION))
}

/// A value as Terraform sends it for a parameter of the type `dynamic`.
fn dynamic(r#type: &Type, value: &Value) -> DynamicValue {
    let json = r#type.to_json().to_string();
    let length = u16::try_from(json.len()).unwrap().to_be_bytes();
    let value = msgpack::encode(value, r#type).unwrap();
    DynamicValue {
        msgpack: [&[0x92, 0xc5][..], &length, json.as_bytes(), &value].concat(),
        json: Vec::new(),
    }
}

fn string(text: &str) -> DynamicValue {
    DynamicValue {
        msgpack: msgpack::encode(&Value::string(text), &Type::String).unwrap(),
        json: Vec::new(),
    }
}

/// A context with one secret.
fn context() -> DynamicValue {
    let r#type = Type::object([("secrets", Type::map(Type::String))]);
    let secrets = Value::map([("token", Value::string("canary"))]);
    dynamic(&r#type, &Value::object([("secrets", secrets)]))
}

/// The result of a call, or the error with the index of its argument.
async fn call(name: &str, arguments: Vec<DynamicValue>) -> Result<String, (Option<i64>, String)> {
    let request = call_function::Request {
        name: name.to_owned(),
        arguments,
    };
    let response = service().call_function(Request::new(request)).await;
    let response = response.unwrap().into_inner();
    if let Some(error) = response.error {
        assert_eq!(response.result, None);
        return Err((error.function_argument, error.text));
    }
    let result = msgpack::decode(&response.result.unwrap().msgpack, &Type::String).unwrap();
    Ok(result.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn functions_are_described_in_all_responses() {
    let service = service();
    let functions = service
        .get_functions(Request::new(get_functions::Request {}))
        .await;
    let functions = functions.unwrap().into_inner().functions;
    let schema = service
        .get_provider_schema(Request::new(get_provider_schema::Request {}))
        .await;
    assert_eq!(functions, schema.unwrap().into_inner().functions);
    let metadata = service.get_metadata(Request::new(get_metadata::Request {})).await;
    let listed = metadata.unwrap().into_inner().functions;
    let listed: Vec<String> = listed.into_iter().map(|function| function.name).collect();
    assert_eq!(listed, ["render_template"]);
    let function = &functions["render_template"];
    let types: Vec<Json> = function
        .parameters
        .iter()
        .map(|parameter| serde_json::from_slice(&parameter.r#type).unwrap())
        .collect();
    assert_eq!(types, [json!("string"), json!("dynamic")]);
    assert_eq!(function.r#return.as_ref().unwrap().r#type, br#""string""#);
    assert!(function.description.starts_with(&function.summary));
}

#[tokio::test]
async fn render_template_renders() {
    let arguments = vec![string("a: {{ secrets.token | upper }}\n"), context()];
    assert_eq!(
        call("render_template", arguments).await.as_deref(),
        Ok("a: CANARY")
    );
}

#[tokio::test]
async fn errors_are_about_an_argument_and_contain_no_value() {
    let table = [
        (
            "{{ secrets.other }}",
            context(),
            Some(0),
            "Line 1, column 4: Undefined value: ",
        ),
        (
            "a\n{% if x",
            context(),
            Some(0),
            "Line 2, column 1: `{%` is never closed: add `%}`",
        ),
        (
            "{{ secrets.token | int }}",
            context(),
            Some(0),
            "Line 1, column 20: The expression failed: ",
        ),
        (
            "a",
            dynamic(&Type::Bool, &Value::Bool(true)),
            Some(1),
            "`context` must be an object, such as ",
        ),
        (
            "a",
            string("x"),
            Some(1),
            "The argument `context` cannot be read: ",
        ),
    ];
    for (template, context, argument, expected) in table {
        let error = call("render_template", vec![string(template), context])
            .await
            .unwrap_err();
        assert_eq!(error.0, argument, "{template}");
        assert!(
            error.1.starts_with(expected) && !error.1.contains("canary"),
            "{}",
            error.1
        );
    }
    let count = call("render_template", vec![string("a")]).await.unwrap_err();
    assert_eq!(
        count,
        (
            None,
            "The function `render_template` has 2 parameters, but got 1 arguments".to_owned()
        )
    );
    let unknown = call("render", Vec::new()).await.unwrap_err();
    assert_eq!(unknown.0, None);
    assert!(unknown.1.contains("the function `render`"), "{}", unknown.1);
}
