//! The files of a release, checked with the real Terraform and the real `gpg`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use harness::control_plane::ControlPlane;
use release::sign::Key;
use release::{Program, Release, assets, mirrors};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;
use tools::address::Address;
use tools::package::platform::Platform;
use tools::package::version::Version;

use crate::home::Home;
use crate::{NETWORK, provider};

const SOURCE: &str = "mirror.example.com/myorg/durantic";

/// A release of a program for this machine.
fn release(program: &Path) -> Release {
    Release {
        address: Address::parse(SOURCE).unwrap(),
        version: Version::new(1, 3, 0),
        programs: vec![Program {
            platform: Platform::current(),
            path: program.to_owned(),
        }],
    }
}

/// The first bytes of the provider, enough to be recognised as a program. It is packed quickly and never started.
fn head(folder: &TempDir) -> PathBuf {
    let mut bytes = Vec::new();
    let program = std::fs::File::open(provider()).unwrap();
    program.take(64 * 1024).read_to_end(&mut bytes).unwrap();
    let path = folder.path().join("head");
    std::fs::write(&path, bytes).unwrap();
    path
}

fn manifest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../terraform-registry-manifest.json")
}

/// Writes assets and both mirrors.
fn write(release: &Release, directory: &Path, key: Option<&Key>) {
    let assets = directory.join("assets");
    assets::write(release, &manifest(), &assets, key).unwrap();
    mirrors::write_filesystem(release, &assets, &directory.join("filesystem-mirror")).unwrap();
    mirrors::write_network(release, &assets, &directory.join("network-mirror")).unwrap();
}

/// A release of the provider, which takes a while to pack.
fn released() -> &'static Path {
    static RELEASED: LazyLock<PathBuf> = LazyLock::new(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("release");
        if directory.exists() {
            std::fs::remove_dir_all(&directory).unwrap();
        }
        write(&release(provider()), &directory, None);
        directory
    });
    &RELEASED
}

fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn configuration() -> String {
    format!(
        "terraform {{\n  required_providers {{\n    durantic = {{\n      source  = \"{SOURCE}\"\n      version = \"1.3.0\"\n    \
         }}\n  }}\n}}\n\n{NETWORK}"
    )
}

/// Asserts that `init` writes a lock file and accepts it again, and that the provider plans.
async fn initialises_and_plans(home: Home) {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let home = home
        .with("DURANTIC_ENDPOINT", control_plane.endpoint())
        .with("DURANTIC_API_TOKEN", control_plane.token());
    home.terraform(&["init"]).await.succeeds();
    let lock = std::fs::read_to_string(home.work().join(".terraform.lock.hcl")).unwrap();
    assert!(lock.contains("h1:"), "{lock}");
    std::fs::remove_dir_all(home.work().join(".terraform")).unwrap();
    home.terraform(&["init", "-lockfile=readonly"]).await.succeeds();
    assert_eq!(
        std::fs::read_to_string(home.work().join(".terraform.lock.hcl")).unwrap(),
        lock
    );
    let plan = home.terraform(&["plan"]).await.succeeds();
    assert!(plan.stdout.contains("1 to add"), "{}", plan.stdout);
}

#[tokio::test]
async fn filesystem_mirror_works_with_terraform() {
    let home = Home::new(&[("main.tf", &configuration())]);
    let mirror = released().join("filesystem-mirror").display().to_string();
    home.write(
        "~/.terraformrc",
        &format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n"),
    );
    let doctor = home.provider(&["doctor", "--offline"]).await.succeeds();
    assert!(
        doctor.stdout.contains("Terraform uses 1.3.0 from"),
        "{}",
        doctor.stdout
    );
    initialises_and_plans(home).await;
}

#[tokio::test]
async fn network_mirror_works_with_terraform() {
    let (url, certificate) = serve(released().join("network-mirror")).await;
    let home = Home::new(&[("main.tf", &configuration())]);
    home.write(
        "~/.terraformrc",
        &format!("provider_installation {{\n  network_mirror {{\n    url = \"{url}\"\n  }}\n}}\n"),
    );
    home.write("~/mirror.pem", &certificate);
    let trusted = home.path().join("mirror.pem").display().to_string();
    let home = home.with("SSL_CERT_FILE", &trusted);
    let doctor = home.provider(&["doctor"]).await;
    let expected = format!("Terraform uses 1.3.0 from the mirror `{url}`");
    assert!(doctor.stdout.contains(&expected), "{}", doctor.stdout);
    initialises_and_plans(home).await;
}

#[test]
fn release_files_are_reproducible() {
    let write_files = || {
        let (program, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(&release(&head(&program)), out.path(), None);
        files(out.path())
    };
    let (one, other) = (write_files(), write_files());
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    assert!(one == other, "the files differ");
    let names: Vec<String> = one.keys().map(|path| path.display().to_string()).collect();
    let platform = Platform::current();
    let zip = format!("terraform-provider-durantic_1.3.0_{platform}.zip");
    assert_eq!(
        names,
        [
            "assets/terraform-provider-durantic_1.3.0_SHA256SUMS".to_owned(),
            format!("assets/{zip}"),
            "assets/terraform-provider-durantic_1.3.0_manifest.json".to_owned(),
            format!("filesystem-mirror/{SOURCE}/{zip}"),
            format!("network-mirror/{SOURCE}/1.3.0.json"),
            format!("network-mirror/{SOURCE}/index.json"),
            format!("network-mirror/{SOURCE}/{zip}"),
            "terraform-provider-durantic_1.3.0_H1SUMS".to_owned(),
        ]
    );
    let zip = zip::ZipArchive::new(std::io::Cursor::new(
        &one[Path::new("assets").join(&zip).as_path()],
    ))
    .unwrap();
    let inside: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(inside, ["terraform-provider-durantic_v1.3.0"]);
}

/// Runs `gpg` with the keys of a directory. Returns its standard output and its messages.
fn gpg_in(home: &Path, arguments: &[&str]) -> (Vec<u8>, String) {
    let output = Command::new("gpg")
        .env("GNUPGHOME", home)
        .args([
            "--batch",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "secret phrase",
        ])
        .args(arguments)
        .output()
        .expect("gpg is installed (Debian: gpg)");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "gpg {arguments:?}: {messages}");
    (output.stdout, messages)
}

#[test]
fn sign_uses_the_subkey_of_a_certify_only_primary_key() {
    let home = tempfile::tempdir().unwrap();
    let gpg = |arguments: &[&str]| gpg_in(home.path(), arguments);
    gpg(&[
        "--quick-generate-key",
        "Release <release@example.com>",
        "rsa3072",
        "cert",
        "never",
    ]);
    let (exported, _) = gpg(&["--export-secret-keys"]);
    let error = Key::parse(&exported, "secret phrase")
        .unwrap()
        .sign(b"x")
        .unwrap_err()
        .to_string();
    assert!(error.contains("no RSA key for signing"), "{error}");

    let (listed, _) = gpg(&["--list-keys", "--with-colons"]);
    let listed = String::from_utf8(listed).unwrap();
    let fingerprint = listed
        .lines()
        .find_map(|line| line.strip_prefix("fpr:::::::::"))
        .unwrap();
    gpg(&[
        "--quick-add-key",
        fingerprint.trim_end_matches(':'),
        "rsa3072",
        "sign",
        "never",
    ]);
    let (exported, _) = gpg(&["--export-secret-keys"]);
    let signature = Key::parse(&exported, "secret phrase")
        .unwrap()
        .sign(b"sums")
        .unwrap();
    let (signed, detached) = (home.path().join("sums"), home.path().join("sums.sig"));
    std::fs::write(&signed, "sums").unwrap();
    std::fs::write(&detached, signature).unwrap();
    let (_, messages) = gpg(&["--verify", detached.to_str().unwrap(), signed.to_str().unwrap()]);
    assert!(messages.contains("Good signature"), "{messages}");
}

#[test]
fn sign_writes_a_signature_that_gpg_accepts() {
    let home = tempfile::tempdir().unwrap();
    let gpg = |arguments: &[&str]| gpg_in(home.path(), arguments).0;
    gpg(&[
        "--quick-generate-key",
        "Release <release@example.com>",
        "rsa3072",
        "sign",
        "never",
    ]);
    let exported = gpg(&["--armor", "--export-secret-keys"]);
    let key = Key::parse(&exported, "secret phrase").unwrap();
    let (program, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(&release(&head(&program)), out.path(), Some(&key));
    let assets = out.path().join("assets");
    let sums = assets.join("terraform-provider-durantic_1.3.0_SHA256SUMS");
    let signature = sums.with_extension("0_SHA256SUMS.sig");
    assert!(signature.is_file(), "{}", signature.display());
    assert!(
        !std::fs::read(&signature).unwrap().starts_with(b"-----"),
        "the signature is binary, not armoured"
    );
    gpg(&["--verify", signature.to_str().unwrap(), sums.to_str().unwrap()]);
    let checked = Command::new("sha256sum")
        .current_dir(&assets)
        .arg("--check")
        .arg(&sums)
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stdout)
    );

    // A wrong passphrase and a key of another algorithm are rejected with a clear error.
    let wrong = Key::parse(&exported, "wrong").unwrap();
    let error = wrong.sign(b"x").unwrap_err().to_string();
    assert!(error.contains("RELEASE_KEY_PASSPHRASE"), "{error}");
    gpg(&[
        "--quick-generate-key",
        "Other <other@example.com>",
        "ed25519",
        "sign",
        "never",
    ]);
    let other = gpg(&["--armor", "--export-secret-keys", "other@example.com"]);
    let error = Key::parse(&other, "secret phrase").unwrap_err().to_string();
    assert!(error.contains("only RSA"), "{error}");
}

#[test]
fn release_check_rejects_a_program_for_another_platform() {
    let mut release = release(provider());
    release.programs[0].platform = "plan9_arm".parse().unwrap();
    let error = release.check().unwrap_err().to_string();
    assert!(error.contains("is not a program for plan9_arm"), "{error}");
    release.programs.clear();
    assert!(release.check().unwrap_err().to_string().contains("--prebuilt"));
}

/// Serves a directory over TLS. Returns the URL and the PEM-encoded certificate.
pub async fn serve(directory: PathBuf) -> (String, String) {
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let router = Router::new().fallback(file).with_state(directory);
    let listener = Encrypted {
        listener,
        acceptor: TlsAcceptor::from(std::sync::Arc::new(config)),
    };
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, signed.cert.pem())
}

async fn file(
    State(directory): State<PathBuf>,
    uri: Uri,
) -> Result<([(&'static str, &'static str); 1], Vec<u8>), StatusCode> {
    let path = directory.join(uri.path().trim_start_matches('/'));
    let kind = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => "application/json",
        _ => "application/zip",
    };
    let bytes = std::fs::read(path).map_err(|_| StatusCode::NOT_FOUND)?;
    Ok(([("content-type", kind)], bytes))
}

struct Encrypted {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else {
                continue;
            };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
