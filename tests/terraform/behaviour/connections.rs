//! Connections: closed by the server after a response, through proxies, and with a certificate as openssl makes it.

use std::net::TcpListener;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use harness::proxy::Proxy;

use super::{check_lifecycle, count, parsed, quick, started, variable, with_block, workspace};

#[tokio::test]
async fn connection_that_closes_after_a_response_loses_no_create() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed("*=close-after"));
    control_plane.fault(parsed("openapi=close-after"));
    check_lifecycle(&control_plane, "").await;
}

#[tokio::test]
async fn connection_that_announces_its_end_loses_no_create() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed("*=connection-close"));
    check_lifecycle(&control_plane, "max_retries = 0").await;
}

/// Two creates, of which the second follows the response to the first at once.
#[tokio::test]
async fn create_right_after_a_response_on_a_closing_connection_succeeds() {
    for round in 0..5 {
        let control_plane = started(|builder| builder).await;
        control_plane.fault(parsed("*=close-after"));
        control_plane.fault(parsed("openapi=close-after"));
        let text = variable("a", "1")
            + "resource \"durantic_variable\" \"b\" {\n  name = \"b\"\n  value = durantic_variable.a.uuid\n}\n";
        let workspace = workspace(&control_plane, &text);
        workspace.apply().await;
        assert_eq!(
            (count(&control_plane, "a"), count(&control_plane, "b")),
            (1, 1),
            "{round}"
        );
        assert_eq!(
            control_plane
                .log()
                .count_processed("controlplane_api_create_account_variable"),
            2
        );
    }
}

/// The endpoint under an address of this machine for which the provider uses a proxy, unlike for `127.0.0.1`.
fn endpoint(control_plane: &ControlPlane) -> String {
    control_plane.endpoint().replace("127.0.0.1", "0.0.0.0")
}

/// A workspace with these environment variables.
fn proxied(control_plane: &ControlPlane, variables: &[(&str, String)]) -> Workspace {
    let mut workspace =
        workspace(control_plane, &variable("a", "1")).with("DURANTIC_ENDPOINT", &endpoint(control_plane));
    for (name, value) in variables {
        workspace = workspace.with(name, value);
    }
    workspace
}

fn port(control_plane: &ControlPlane) -> &str {
    let end = control_plane.endpoint().rsplit(':').next();
    end.expect("a port")
}

/// A port without a server.
fn unused_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test]
async fn http_proxy_is_used() {
    let control_plane = started(|builder| builder).await;
    let proxy = Proxy::start().expect("the proxy starts");
    let url = format!("http://{}", proxy.address());
    let workspace = proxied(&control_plane, &[("HTTP_PROXY", url)]);
    workspace.apply().await;
    assert!(proxy.forwarded() + proxy.tunnels() > 0);
    assert_eq!(count(&control_plane, "a"), 1);
}

#[tokio::test]
async fn https_goes_through_a_tunnel() {
    let control_plane = started(harness::control_plane::Builder::tls).await;
    let proxy = Proxy::start().expect("the proxy starts");
    for variable in ["HTTPS_PROXY", "ALL_PROXY"] {
        let before = proxy.tunnels();
        let url = format!("http://{}", proxy.address());
        let workspace = proxied(
            &control_plane,
            &[
                (variable, url),
                ("DURANTIC_INSECURE_SKIP_VERIFY", "true".to_owned()),
            ],
        );
        workspace.apply().await;
        assert!(proxy.tunnels() > before, "{variable}");
        workspace.destroy().await;
    }
}

#[tokio::test]
async fn socks5_proxy_is_used() {
    for scheme in ["socks5", "socks5h"] {
        for (variable, is_secure) in [("ALL_PROXY", false), ("HTTP_PROXY", false), ("HTTPS_PROXY", true)] {
            let control_plane = started(|builder| if is_secure { builder.tls() } else { builder }).await;
            let proxy = Proxy::start().expect("the proxy starts");
            let url = format!("{scheme}://{}", proxy.address());
            let workspace = proxied(
                &control_plane,
                &[
                    (variable, url),
                    ("DURANTIC_INSECURE_SKIP_VERIFY", "true".to_owned()),
                ],
            );
            workspace.apply().await;
            assert!(proxy.socks() > 0, "{scheme} in {variable}");
            assert_eq!(count(&control_plane, "a"), 1);
        }
    }
}

#[tokio::test]
async fn no_proxy_with_the_port_of_the_endpoint_bypasses_the_proxy() {
    for form in [
        "0.0.0.0:PORT",
        "example.com:80, 0.0.0.0:PORT",
        "0.0.0.0",
        "0.0.0.0/8",
        "*",
    ] {
        let control_plane = started(|builder| builder).await;
        let proxy = Proxy::start().expect("the proxy starts");
        let workspace = proxied(
            &control_plane,
            &[
                ("HTTP_PROXY", format!("http://{}", proxy.address())),
                ("NO_PROXY", form.replace("PORT", port(&control_plane))),
            ],
        );
        workspace.apply().await;
        assert_eq!((proxy.forwarded(), proxy.tunnels()), (0, 0), "{form}");
    }
}

#[tokio::test]
async fn no_proxy_with_another_port_uses_the_proxy() {
    let control_plane = started(|builder| builder).await;
    let proxy = Proxy::start().expect("the proxy starts");
    let workspace = proxied(
        &control_plane,
        &[
            ("HTTP_PROXY", format!("http://{}", proxy.address())),
            ("NO_PROXY", format!("0.0.0.0:{}", unused_port())),
        ],
    );
    workspace.apply().await;
    assert!(proxy.forwarded() + proxy.tunnels() > 0);
}

/// The proxy resolves the name of the endpoint, which is in `NO_PROXY` with another port.
#[tokio::test]
async fn proxy_resolves_a_name_that_no_proxy_has_with_another_port() {
    for scheme in ["http", "socks5h"] {
        let control_plane = started(|builder| builder).await;
        let proxy = Proxy::start().expect("the proxy starts");
        let port = port(&control_plane);
        let workspace = proxied(
            &control_plane,
            &[
                ("DURANTIC_ENDPOINT", format!("http://control-plane.test:{port}")),
                ("HTTP_PROXY", format!("{scheme}://{}", proxy.address())),
                ("NO_PROXY", format!("control-plane.test:{}", unused_port())),
            ],
        );
        workspace.apply().await;
        assert_eq!(count(&control_plane, "a"), 1, "{scheme}");
    }
}

#[tokio::test]
async fn dead_proxy_is_named_as_the_one_at_fault() {
    for (scheme, variable, is_secure) in [
        ("http", "HTTP_PROXY", false),
        ("http", "HTTPS_PROXY", true),
        ("http", "ALL_PROXY", false),
        ("socks5", "ALL_PROXY", false),
    ] {
        let control_plane = started(|builder| if is_secure { builder.tls() } else { builder }).await;
        let dead = format!("127.0.0.1:{}", unused_port());
        let mut workspace = proxied(&control_plane, &[(variable, format!("{scheme}://{dead}"))]);
        workspace.configure(&with_block("max_retries = 0", &variable_text()));
        workspace = workspace.with("DURANTIC_INSECURE_SKIP_VERIFY", "true");
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains(&dead), "{scheme} in {variable}: {output}");
        assert!(output.to_lowercase().contains("proxy"), "{output}");
        assert!(output.contains(variable), "{variable}: {output}");
    }
}

fn variable_text() -> String {
    variable("a", "1")
}

/// Without a proxy, the endpoint is at fault.
#[tokio::test]
async fn dead_endpoint_is_not_blamed_on_a_proxy() {
    let control_plane = started(|builder| builder).await;
    let dead = format!("http://127.0.0.1:{}", unused_port());
    let workspace = proxied(&control_plane, &[("DURANTIC_ENDPOINT", dead.clone())]);
    workspace.configure(&with_block("max_retries = 0", &variable_text()));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains(dead.trim_start_matches("http://")), "{output}");
    assert!(!output.contains("HTTP_PROXY"), "{output}");
}

#[tokio::test]
async fn password_of_a_proxy_is_not_shown() {
    let control_plane = started(|builder| builder).await;
    let dead = format!("http://user:concealed-proxy@127.0.0.1:{}", unused_port());
    let workspace = proxied(&control_plane, &[("HTTP_PROXY", dead)]);
    workspace.configure(&with_block("max_retries = 0", &variable_text()));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(!output.contains("concealed-proxy"), "{output}");
}

async fn of_openssl() -> ControlPlane {
    let started = quick().tls_of_openssl().start().await;
    started.expect("the control plane starts")
}

fn certificate(control_plane: &ControlPlane) -> &str {
    control_plane.certificate().expect("a certificate")
}

#[tokio::test]
async fn certificate_of_openssl_is_trusted_by_ca_cert_file() {
    for host in ["127.0.0.1", "localhost"] {
        let control_plane = of_openssl().await;
        let endpoint = format!("https://{host}:{}", port(&control_plane));
        let workspace = proxied(&control_plane, &[("DURANTIC_ENDPOINT", endpoint)]);
        workspace.write("ca.pem", certificate(&control_plane));
        workspace.configure(&with_block("ca_cert_file = \"ca.pem\"", &variable_text()));
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(count(&control_plane, "a"), 1, "{host}");
    }
}

#[tokio::test]
async fn certificate_of_openssl_is_trusted_by_variables() {
    for name in ["DURANTIC_CA_CERT_FILE", "SSL_CERT_FILE"] {
        let control_plane = of_openssl().await;
        let workspace = workspace(&control_plane, &variable_text());
        workspace.write("ca.pem", certificate(&control_plane));
        let file = workspace.path().join("ca.pem").display().to_string();
        let workspace = workspace.with(name, &file);
        workspace.apply().await;
        assert_eq!(count(&control_plane, "a"), 1, "{name}");
    }
}

/// The message names the certificate and the argument that makes the provider trust it.
#[tokio::test]
async fn untrusted_certificate_of_openssl_is_reported_with_its_remedy() {
    let control_plane = of_openssl().await;
    let workspace = workspace(&control_plane, &with_block("max_retries = 0", &variable_text()));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("certificate"), "{output}");
    assert!(output.contains("ca_cert_file"), "{output}");
    assert!(
        output.contains("localhost"),
        "the name of the certificate: {output}"
    );
    for internal in ["CaUsedAsEndEntity", "OtherError", "UnknownIssuer"] {
        assert!(!output.contains(internal), "{output}");
    }
}

/// Another certificate of the same name is not trusted.
#[tokio::test]
async fn other_certificate_of_openssl_is_not_trusted() {
    let (control_plane, other) = (of_openssl().await, of_openssl().await);
    let workspace = workspace(&control_plane, "");
    workspace.write("ca.pem", certificate(&other));
    workspace.configure(&with_block(
        "ca_cert_file = \"ca.pem\"\n  max_retries = 0",
        &variable_text(),
    ));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("ca_cert_file"), "{output}");
    assert_eq!(control_plane.objects(Collection::Variables), []);
}

/// The certificate is for other names.
#[tokio::test]
async fn certificate_of_openssl_for_another_name_is_not_trusted() {
    let bound = quick()
        .tls_of_openssl()
        .listen("127.0.0.2:0".parse().expect("an address"));
    let bound = bound.start().await.expect("the control plane starts");
    let workspace = workspace(&bound, "");
    workspace.write("ca.pem", certificate(&bound));
    workspace.configure(&with_block(
        "ca_cert_file = \"ca.pem\"\n  max_retries = 0",
        &variable_text(),
    ));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("certificate"), "{output}");
    assert_eq!(bound.objects(Collection::Variables), []);
}
