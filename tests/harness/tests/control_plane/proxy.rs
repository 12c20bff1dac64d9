//! The forward proxy, between a client and control planes.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use harness::control_plane::ControlPlane;
use harness::proxy::Proxy;

use crate::client::Client;

const LIST: &str = "controlplane_api_list_account_variables";

#[tokio::test]
async fn proxy_forwards_and_counts_each_kind_of_connection() {
    let plain = ControlPlane::builder().start().await.unwrap();
    let secure = ControlPlane::builder().tls().start().await.unwrap();
    let proxy = Proxy::start().unwrap();
    let through = |control_plane: &ControlPlane| {
        let http = reqwest::Client::builder()
            .proxy(reqwest::Proxy::all(format!("http://{}", proxy.address())).unwrap())
            .tls_danger_accept_invalid_certs(true)
            .build();
        Client::new(control_plane).with_http(http.unwrap())
    };
    for client in [through(&plain), through(&secure)] {
        client.ok(LIST, &[], None).await;
        client.ok(LIST, &[], None).await;
    }
    assert_eq!((proxy.forwarded(), proxy.tunnels(), proxy.socks()), (1, 1, 0));

    // SOCKS5 by hand: greeting, then a connection to an IPv4 address.
    let address = plain.endpoint().strip_prefix("http://").unwrap().to_owned();
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    let proxy = Arc::new(proxy);
    let target = Arc::clone(&proxy);
    let received = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(target.address()).unwrap();
        stream.write_all(&[5, 1, 0]).unwrap();
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).unwrap();
        let [high, low] = port.to_be_bytes();
        stream.write_all(&[5, 1, 0, 1, 127, 0, 0, 1, high, low]).unwrap();
        let mut reply = [0; 10];
        stream.read_exact(&mut reply).unwrap();
        stream
            .write_all(b"GET /api/openapi.json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        (greeting, reply[1], text)
    });
    let (greeting, status, text) = received.await.unwrap();
    assert_eq!((greeting, status), ([5, 0], 0));
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert_eq!(proxy.socks(), 1);
}
