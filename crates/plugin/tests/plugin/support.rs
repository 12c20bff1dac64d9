//! A provider with two RPCs, a server for it, and a client that behaves as Terraform does.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use environment::Environment;
use hyper_util::rt::{TokioExecutor, TokioIo};
use plugin::{Error, Mode, Network, Options, Server};
use proto::plugin::grpc_controller_client::GrpcControllerClient;
use proto::plugin::grpc_stdio_client::GrpcStdioClient;
use proto::tfplugin6::provider_client::ProviderClient;
use proto::tfplugin6::provider_server::Provider;
use proto::tfplugin6::{read_resource, stop_provider};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P521_SHA512,
};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tonic::body::Body;
use tonic::{Request, Response, Status};
use tower::util::BoxCloneSyncService;

pub const OPTIONS: Options = options(Mode::Managed);

pub const DEBUG: Options = options(Mode::Debug);

const fn options(mode: Mode) -> Options {
    Options {
        address: "registry.terraform.io/durantic/durantic",
        name: "durantic",
        version: "1.3.0",
        crates: Vec::new(),
        mode,
    }
}

const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// A provider whose `ReadResource` returns the state unchanged. For the type `slow` it waits until the provider is stopped,
/// for the type `stuck` it never returns.
#[derive(Default)]
pub struct Echo {
    pub started: Arc<Notify>,
    stopped: Notify,
}

#[tonic::async_trait]
impl Provider for Echo {
    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Result<Response<read_resource::Response>, Status> {
        let request = request.into_inner();
        match request.type_name.as_str() {
            "slow" => {
                self.started.notify_one();
                self.stopped.notified().await;
            }
            "stuck" => {
                self.started.notify_one();
                std::future::pending::<()>().await;
            }
            _ => {}
        }
        Ok(Response::new(read_resource::Response {
            new_state: request.current_state,
            ..Default::default()
        }))
    }

    async fn stop_provider(
        &self,
        _request: Request<stop_provider::Request>,
    ) -> Result<Response<stop_provider::Response>, Status> {
        self.stopped.notify_waiters();
        Ok(Response::new(stop_provider::Response::default()))
    }
}

/// The environment that Terraform sets for a plugin, with more variables.
pub fn environment<'a>(more: impl IntoIterator<Item = (&'a str, String)>) -> Environment {
    let terraform = [
        (COOKIE.0, COOKIE.1.to_owned()),
        ("PLUGIN_PROTOCOL_VERSIONS", "5,6".to_owned()),
        ("PLUGIN_MIN_PORT", "10000".to_owned()),
        ("PLUGIN_MAX_PORT", "25000".to_owned()),
    ];
    terraform.into_iter().chain(more).collect()
}

/// A certificate such as Terraform generates: with a P-521 key, and marked as a CA.
pub struct Identity {
    pub pem: String,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    pub fn of_terraform() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params
            .distinguished_name
            .push(DnType::OrganizationName, "HashiCorp");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            certificate: certificate.into(),
            key: key.serialize_der().into(),
        }
    }

    /// This certificate with the key of another: what an attacker has after reading the environment.
    pub fn with_key_of(&self, other: &Self) -> Self {
        Self {
            pem: self.pem.clone(),
            certificate: self.certificate.clone(),
            key: other.key.clone_key(),
        }
    }

    pub fn environment(&self) -> Environment {
        environment([("PLUGIN_CLIENT_CERT", self.pem.clone())])
    }
}

/// A running server, and the line that it wrote to standard output.
pub struct Running {
    pub line: String,
    pub task: JoinHandle<Result<(), Error>>,
    pub started: Arc<Notify>,
}

impl Running {
    pub async fn start(options: Options, environment: Environment, network: Network) -> Self {
        let (sender, mut lines) = mpsc::unbounded_channel();
        let server = Server {
            options,
            environment,
            network,
            stdout: Pipe {
                sender,
                buffer: Vec::new(),
            },
        };
        let provider = Echo::default();
        let started = Arc::clone(&provider.started);
        let task = tokio::spawn(server.serve(provider));
        Self {
            line: lines
                .recv()
                .await
                .expect("the server ended before its first line"),
            task,
            started,
        }
    }

    pub async fn unix(environment: Environment) -> Self {
        Self::start(OPTIONS, environment, Network::Unix).await
    }

    pub fn handshake(&self) -> Handshake {
        Handshake::parse(&self.line)
    }

    /// Waits until the server has ended without an error.
    pub async fn ended(self) {
        self.task.await.unwrap().unwrap();
    }
}

/// Sends the output at each flush, like a pipe to Terraform.
struct Pipe {
    sender: mpsc::UnboundedSender<String>,
    buffer: Vec<u8>,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = String::from_utf8(std::mem::take(&mut self.buffer)).unwrap();
        self.sender
            .send(text)
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// The fields of the handshake's line.
#[derive(Debug)]
pub struct Handshake {
    pub fields: Vec<String>,
}

impl Handshake {
    pub fn parse(line: &str) -> Self {
        let line = line.strip_suffix('\n').expect("a whole line");
        assert!(!line.contains('\n'), "one line only: {line}");
        Self {
            fields: line.split('|').map(str::to_owned).collect(),
        }
    }

    pub fn path(&self) -> PathBuf {
        assert_eq!(self.fields[2], "unix");
        PathBuf::from(&self.fields[3])
    }

    pub async fn connect(&self) -> Box<dyn Stream> {
        match self.fields[2].as_str() {
            "unix" => Box::new(UnixStream::connect(&self.fields[3]).await.unwrap()),
            "tcp" => Box::new(TcpStream::connect(&self.fields[3]).await.unwrap()),
            other => panic!("unknown network `{other}`"),
        }
    }

    /// Connects with TLS and trusts only the certificate of the handshake, as Terraform does.
    pub async fn connect_tls(&self, identity: Option<&Identity>) -> io::Result<Box<dyn Stream>> {
        use base64::Engine as _;
        use base64::prelude::BASE64_STANDARD_NO_PAD;
        let certificate = CertificateDer::from(BASE64_STANDARD_NO_PAD.decode(&self.fields[5]).unwrap());
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            // With a resolver, because the constructor checks that the key belongs to the certificate.
            Some(identity) => builder.with_client_cert_resolver(Arc::new(Presented::of(identity))),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, self.connect().await)
            .await?;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        Ok(Box::new(stream))
    }
}

/// Presents a certificate, even if the key does not belong to it.
#[derive(Debug)]
struct Presented(Arc<rustls::sign::CertifiedKey>);

impl Presented {
    fn of(identity: &Identity) -> Self {
        let key = aws_lc_rs::sign::any_ecdsa_type(&identity.key.clone_key().into()).unwrap();
        Self(Arc::new(rustls::sign::CertifiedKey::new(
            vec![identity.certificate.clone()],
            key,
        )))
    }
}

impl rustls::client::ResolvesClientCert for Presented {
    fn resolve(
        &self,
        _hints: &[&[u8]],
        schemes: &[rustls::SignatureScheme],
    ) -> Option<Arc<rustls::sign::CertifiedKey>> {
        assert!(
            schemes.contains(&rustls::SignatureScheme::ECDSA_NISTP521_SHA512),
            "Go would send nothing"
        );
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type Channel = BoxCloneSyncService<http::Request<Body>, http::Response<hyper::body::Incoming>, hyper::Error>;

/// One HTTP/2 connection with clients of every service.
pub struct Client {
    pub provider: ProviderClient<Channel>,
    pub controller: GrpcControllerClient<Channel>,
    pub stdio: GrpcStdioClient<Channel>,
    connection: JoinHandle<Result<(), hyper::Error>>,
}

impl Client {
    pub async fn over(stream: Box<dyn Stream>) -> Result<Self, hyper::Error> {
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let channel = BoxCloneSyncService::new(tower::service_fn(move |request| {
            let mut sender = sender.clone();
            async move {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }));
        let at = http::Uri::from_static("http://localhost");
        Ok(Self {
            provider: ProviderClient::with_origin(channel.clone(), at.clone())
                .max_decoding_message_size(usize::MAX)
                .max_encoding_message_size(usize::MAX),
            controller: GrpcControllerClient::with_origin(channel.clone(), at.clone()),
            stdio: GrpcStdioClient::with_origin(channel, at),
            connection,
        })
    }

    /// Connects a client, with TLS if there is an identity.
    pub async fn of(handshake: &Handshake, identity: Option<&Identity>) -> Self {
        let stream = match identity {
            Some(identity) => handshake.connect_tls(Some(identity)).await.unwrap(),
            None => handshake.connect().await,
        };
        Self::over(stream).await.unwrap()
    }

    /// Calls `ReadResource` and returns the new state.
    pub async fn read(&mut self, type_name: &str, state: Vec<u8>) -> Result<Vec<u8>, Status> {
        let current_state = proto::tfplugin6::DynamicValue {
            msgpack: state,
            ..Default::default()
        };
        let request = read_resource::Request {
            type_name: type_name.to_owned(),
            current_state: Some(current_state),
            ..Default::default()
        };
        let response = self.provider.read_resource(request).await?.into_inner();
        Ok(response.new_state.unwrap().msgpack)
    }

    pub async fn assert_works(&mut self) {
        assert_eq!(self.read("any", b"\xc0".to_vec()).await.unwrap(), b"\xc0");
    }

    /// Drops the connection without `Shutdown`, like a process that is killed.
    pub fn kill(self) {
        self.connection.abort();
    }
}
