//! A server whose responses a test defines, byte by byte if it must, and that records the requests.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

/// A request as the server received it.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl ReceivedRequest {
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self
            .headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sends a response and closes the connection.
    Response {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Sends these bytes and closes the connection.
    Raw(Vec<u8>),
    /// Sends these bytes and leaves the connection open.
    Stall(Vec<u8>),
    /// Sends these bytes and resets the connection.
    Reset(Vec<u8>),
}

impl Action {
    pub fn response(status: u16, body: impl Into<String>) -> Self {
        Self::Response {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        match self {
            Self::Response {
                status,
                mut headers,
                body,
            } => {
                headers.push((name, value.into()));
                Self::Response {
                    status,
                    headers,
                    body,
                }
            }
            other => other,
        }
    }
}

pub struct Server {
    pub url: Url,
    seen: Arc<Mutex<Vec<ReceivedRequest>>>,
    connections: watch::Receiver<usize>,
    requests: watch::Receiver<usize>,
}

impl Server {
    /// A server without a live API document. `action` gets each request and its number, counted from 0.
    pub async fn start(action: impl Fn(&ReceivedRequest, usize) -> Action + Send + Sync + 'static) -> Self {
        Self::start_with_document(Action::response(404, ""), action).await
    }

    /// A server that always does the same at a request for the live API document.
    pub async fn start_with_document(
        document: Action,
        action: impl Fn(&ReceivedRequest, usize) -> Action + Send + Sync + 'static,
    ) -> Self {
        let number = Mutex::new(0);
        Self::start_raw(move |seen| {
            if seen.path.ends_with("/api/openapi.json") {
                return document.clone();
            }
            let mut number = number.lock().unwrap();
            *number += 1;
            action(seen, *number - 1)
        })
        .await
    }

    pub async fn start_raw(action: impl Fn(&ReceivedRequest) -> Action + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (count_connections, connections) = watch::channel(0);
        let (count_requests, requests) = watch::channel(0);
        let count_requests = Arc::new(count_requests);
        let server = Self {
            url,
            seen: seen.clone(),
            connections,
            requests,
        };
        let action = Arc::new(action);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count_connections.send_modify(|count| *count += 1);
                let (action, seen, count_requests) = (action.clone(), seen.clone(), count_requests.clone());
                tokio::spawn(async move {
                    let mut stream = stream;
                    let Some(request) = receive(&mut stream).await else {
                        return;
                    };
                    let action = action(&request);
                    seen.lock().unwrap().push(request);
                    count_requests.send_modify(|count| *count += 1);
                    perform(action, stream).await;
                });
            }
        });
        server
    }

    /// All requests but those for the live API document.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.all_requests()
            .into_iter()
            .filter(|seen| !seen.path.ends_with("/api/openapi.json"))
            .collect()
    }

    pub fn all_requests(&self) -> Vec<ReceivedRequest> {
        self.seen.lock().unwrap().clone()
    }

    /// The number of requests for the live API document.
    pub fn document_requests(&self) -> usize {
        self.all_requests().len() - self.requests().len()
    }

    pub fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    /// Waits until the server has accepted that many connections.
    pub async fn wait_for_connections(&self, count: usize) {
        self.connections
            .clone()
            .wait_for(|seen| *seen >= count)
            .await
            .unwrap();
    }

    /// Waits until the server has received that many requests, including those for the live API document.
    pub async fn wait_for_requests(&self, count: usize) {
        self.requests
            .clone()
            .wait_for(|seen| *seen >= count)
            .await
            .unwrap();
    }
}

/// A URL whose server refuses connections.
pub async fn refusing() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap()
}

/// Receives the head of a request without a body.
pub async fn receive_head(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(bytes).ok()
}

pub async fn receive(stream: &mut TcpStream) -> Option<ReceivedRequest> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(index) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break index + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let mut seen = ReceivedRequest {
        method: first.next().unwrap().to_owned(),
        path: first.next().unwrap().to_owned(),
        headers: lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: String::new(),
    };
    let length = seen
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    seen.body = String::from_utf8(bytes[head_end..].to_vec()).unwrap();
    Some(seen)
}

async fn perform(action: Action, mut stream: TcpStream) {
    match action {
        Action::Response {
            status,
            headers,
            body,
        } => {
            let mut head = format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n");
            for (name, value) in headers {
                write!(head, "{name}: {value}\r\n").unwrap();
            }
            write!(head, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
            drop(
                stream
                    .write_all(&[head.as_bytes(), body.as_bytes()].concat())
                    .await,
            );
            drop(stream.shutdown().await);
        }
        Action::Raw(bytes) => {
            drop(stream.write_all(&bytes).await);
            drop(stream.shutdown().await);
        }
        Action::Stall(bytes) => {
            drop(stream.write_all(&bytes).await);
            // Waits until the client closes the connection.
            drop(stream.read(&mut [0]).await);
        }
        Action::Reset(bytes) => {
            drop(stream.write_all(&bytes).await);
            stream.set_zero_linger().unwrap();
        }
    }
}
