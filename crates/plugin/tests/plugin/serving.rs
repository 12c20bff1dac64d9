//! The handshake, and the RPCs after it.

use environment::Environment;
use plugin::{Error, Network, Server};
use proto::tfplugin6::{DynamicValue, get_metadata, list_resource, write_state_bytes};
use tonic::Code;

use crate::support::{Client, DEBUG, Echo, Identity, OPTIONS, Running, environment};

#[tokio::test]
async fn handshake_has_six_fields() {
    let terraform = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    let handshake = server.handshake();
    assert_eq!(handshake.fields.len(), 6);
    assert_eq!(handshake.fields[..3], ["1", "6", "unix"]);
    assert_eq!(handshake.fields[4], "grpc");
    // go-plugin ignores a certificate of fifty characters or fewer.
    assert!(handshake.fields[5].len() > 50 && !handshake.fields[5].contains('='));
}

#[tokio::test]
async fn handshake_declines_multiplexing() {
    let server = Running::unix(environment([("PLUGIN_MULTIPLEX_GRPC", "true".to_owned())])).await;
    assert_eq!(server.handshake().fields[5..], ["", "false"]);
}

#[tokio::test]
async fn serve_without_cookie_fails_without_handshake() {
    let mut stdout = Vec::new();
    let server = Server {
        options: OPTIONS,
        environment: Environment::default(),
        network: Network::Unix,
        stdout: &mut stdout,
    };
    let error = server.serve(Echo::default()).await.unwrap_err();
    assert!(matches!(error, Error::NotStartedByTerraform), "{error}");
    assert_eq!(stdout, b"");
}

#[tokio::test]
async fn serve_for_old_terraform_writes_only_the_version() {
    let mut stdout = Vec::new();
    let environment = environment([("PLUGIN_PROTOCOL_VERSIONS", "4,5".to_owned())]);
    let server = Server {
        options: OPTIONS,
        environment,
        network: Network::Unix,
        stdout: &mut stdout,
    };
    let error = server.serve(Echo::default()).await.unwrap_err();
    assert!(matches!(error, Error::ProtocolVersion { .. }), "{error}");
    assert_eq!(stdout, b"1|6|unix||grpc|\n");
}

#[tokio::test]
async fn missing_rpc_is_unimplemented() {
    let server = Running::unix(environment([])).await;
    let mut client = Client::of(&server.handshake(), None).await;
    let unary = client
        .provider
        .get_metadata(get_metadata::Request::default())
        .await
        .unwrap_err();
    let out = client
        .provider
        .list_resource(list_resource::Request::default())
        .await
        .unwrap_err();
    let chunks = tokio_stream::iter([write_state_bytes::RequestChunk::default()]);
    let into = client.provider.write_state_bytes(chunks).await.unwrap_err();
    assert_eq!([unary.code(), out.code(), into.code()], [Code::Unimplemented; 3]);
}

#[tokio::test]
async fn one_connection_serves_concurrent_rpcs() {
    let server = Running::unix(environment([])).await;
    let client = Client::of(&server.handshake(), None).await;
    let mut slow = client.provider.clone();
    let request = proto::tfplugin6::read_resource::Request {
        type_name: "slow".to_owned(),
        current_state: Some(DynamicValue::default()),
        ..Default::default()
    };
    let slow = tokio::spawn(async move { slow.read_resource(request).await });
    server.started.notified().await;
    let mut client = client;
    client.assert_works().await;
    assert!(!slow.is_finished());
    client
        .provider
        .stop_provider(proto::tfplugin6::stop_provider::Request {})
        .await
        .unwrap();
    slow.await.unwrap().unwrap();
}

#[tokio::test]
async fn message_of_20_mib_is_accepted_and_returned() {
    let server = Running::unix(environment([])).await;
    let mut client = Client::of(&server.handshake(), None).await;
    let state = vec![7; 20 << 20];
    assert!(client.read("any", state.clone()).await.unwrap() == state);
}

#[tokio::test]
async fn debug_server_writes_tf_reattach_providers() {
    let server = Running::start(DEBUG, Environment::default(), Network::Unix).await;
    let json = server
        .line
        .strip_prefix("TF_REATTACH_PROVIDERS='")
        .unwrap()
        .strip_suffix("'\n")
        .unwrap();
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let reattach = &json["registry.terraform.io/durantic/durantic"];
    assert_eq!(reattach["Test"], true);
    assert_eq!(reattach["ProtocolVersion"], 6);
    assert_eq!(reattach["Addr"]["Network"], "unix");
    let path = reattach["Addr"]["String"].as_str().unwrap();
    let stream = tokio::net::UnixStream::connect(path).await.unwrap();
    Client::over(Box::new(stream)).await.unwrap().assert_works().await;
}
