//! Certificates that no authority issued, as `openssl req -x509` creates them.

use engine::api::ErrorKind;
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, date_time_ymd};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use url::Url;

use super::tls::{Identity, client, identity, start};
use super::{OPERATIONS, call, has_own_process, settings};
use crate::{Client, Error};

/// A self-signed certificate of an authority with this common name and these alternative names.
fn self_signed(common_name: &str, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Identity {
        authority: certificate.der().clone(),
        certificate: certificate.der().clone(),
        pem: certificate.pem(),
        key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
    }
}

/// The URL of a server at another host name of this machine.
fn at(url: &Url, host: &str) -> Url {
    let mut url = url.clone();
    url.set_host(Some(host)).unwrap();
    url
}

/// The result of a request to a server with this certificate, with a client that trusts these certificates.
async fn request(identity: &Identity, host: &str, trusted: &[&CertificateDer<'static>]) -> Result<(), Error> {
    let (url, _) = start(identity, &[]).await;
    let result = call(&client(&at(&url, host), trusted), "get", None).await;
    result.map(|_| ())
}

/// The reason of an error about a certificate, without its beginning, which names the server.
fn reason(result: Result<(), Error>) -> String {
    let error = result.unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Tls, 1), "{error}");
    let detail = error.detail.unwrap();
    let (host, reason) = detail
        .strip_prefix("the certificate of `")
        .and_then(|rest| rest.split_once("` "))
        .unwrap();
    assert!(host.contains(':'), "{detail}");
    reason.to_owned()
}

#[tokio::test]
async fn named_self_signed_certificate_is_accepted() {
    let table: [(&str, &[&str], &str); 6] = [
        ("localhost", &["localhost"], "localhost"),
        ("anything", &["127.0.0.1"], "127.0.0.1"),
        ("anything", &["localhost", "127.0.0.1"], "127.0.0.1"),
        // Without an alternative name, the common name counts.
        ("localhost", &[], "localhost"),
        ("LocalHost", &[], "localhost"),
        ("127.0.0.1", &[], "127.0.0.1"),
    ];
    for (common_name, names, host) in table {
        let identity = self_signed(common_name, names, |_| ());
        let result = request(&identity, host, &[&identity.certificate]).await;
        assert!(result.is_ok(), "{common_name} {names:?}: {result:?}");
    }
    let no_authority = self_signed("localhost", &["localhost"], |params| {
        params.is_ca = IsCa::ExplicitNoCa;
    });
    request(&no_authority, "localhost", &[&no_authority.certificate])
        .await
        .unwrap();
}

#[tokio::test]
async fn certificate_made_by_openssl_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let output = tokio::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"])
        .args([
            "-subj",
            "/C=CH/CN=localhost",
            "-keyout",
            &path("key"),
            "-out",
            &path("cert"),
        ])
        .output()
        .await
        .expect("the program `openssl`");
    assert!(output.status.success(), "{output:?}");
    let certificate = CertificateDer::from_pem_file(path("cert")).unwrap();
    let identity = Identity {
        authority: certificate.clone(),
        certificate,
        pem: std::fs::read_to_string(path("cert")).unwrap(),
        key: PrivateKeyDer::from_pem_file(path("key")).unwrap(),
    };
    request(&identity, "localhost", &[&identity.certificate])
        .await
        .unwrap();
    assert!(
        reason(request(&identity, "localhost", &[]).await)
            .starts_with("(`C=CH, CN=localhost`) is self-signed")
    );
}

#[tokio::test]
async fn named_certificate_must_be_valid_and_for_the_host() {
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2001, 1, 1);
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(2999, 1, 1);
    let no_name = "has no subject alternative name. Issue it again, with the host name or IP address of `endpoint` as such \
                   a name";
    #[rustfmt::skip]
    let table = [
        (self_signed("localhost", &["localhost"], expired), "has expired, or the clock of this computer is wrong"),
        (self_signed("localhost", &["localhost"], early), "is not valid yet, or the clock of this computer is wrong"),
        (self_signed("localhost", &["other.test"], |_| ()), "was issued for another host name. Check `endpoint`"),
        (self_signed("localhost", &["127.0.0.1"], |_| ()), "was issued for another host name. Check `endpoint`"),
        (self_signed("other.test", &[], |_| ()), no_name),
    ];
    for (identity, expected) in table {
        let result = request(&identity, "localhost", &[&identity.certificate]).await;
        assert_eq!(reason(result), expected);
    }
}

#[tokio::test]
async fn untrusted_self_signed_certificate_is_explained() {
    let expected = "(`CN=my server`) is self-signed and not trusted. If it is the right one, set `ca_cert_file` to a file \
                    with this very certificate";
    let other = self_signed("my server", &["localhost"], |_| ());
    for is_ca in [
        IsCa::Ca(BasicConstraints::Unconstrained),
        IsCa::ExplicitNoCa,
        IsCa::NoCa,
    ] {
        let identity = self_signed("my server", &["localhost"], |params| params.is_ca = is_ca);
        assert_eq!(reason(request(&identity, "localhost", &[]).await), expected);
        let issued = super::tls::identity("localhost", |_| ());
        assert_eq!(
            reason(request(&identity, "localhost", &[&issued.authority]).await),
            expected
        );
    }
    // Another certificate with the same subject is not the same certificate.
    let identity = self_signed("my server", &["localhost"], |_| ());
    assert_eq!(
        reason(request(&identity, "localhost", &[&other.certificate]).await),
        expected
    );
}

#[tokio::test]
async fn issued_certificate_of_an_authority_is_explained() {
    let identity = identity("localhost", |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "intermediate");
    });
    let expected = "(`CN=intermediate`) is that of a certificate authority, which only a trusted server may use. If it is the \
                    right one, set `ca_cert_file` to a file with this very certificate";
    assert_eq!(
        reason(request(&identity, "localhost", &[&identity.authority]).await),
        expected
    );
    request(&identity, "localhost", &[&identity.certificate])
        .await
        .unwrap();
}

#[tokio::test]
async fn certificate_in_ssl_cert_file_is_accepted() {
    let identity = self_signed("localhost", &["localhost"], |_| ());
    let (url, _) = start(&identity, &[]).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cert.pem");
    std::fs::write(&path, &identity.pem).unwrap();
    let environment = [
        ("SSL_CERT_FILE", path.to_str().unwrap()),
        ("TEST_URL", url.as_str()),
    ];
    let test = "tests::certificates::certificate_in_ssl_cert_file_is_accepted";
    if has_own_process(test, &environment).await {
        let url = std::env::var("TEST_URL").unwrap().parse().unwrap();
        call(&client(&url, &[]), "get", None).await.unwrap();
    }
}

#[tokio::test]
async fn unusable_ssl_cert_file_is_explained() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let missing = directory.path().join("missing.pem");
    for path in [missing, empty] {
        let environment = [("SSL_CERT_FILE", path.to_str().unwrap()), ("SSL_CERT_DIR", "")];
        let test = "tests::certificates::unusable_ssl_cert_file_is_explained";
        if has_own_process(test, &environment).await {
            let path = std::env::var("SSL_CERT_FILE").unwrap();
            let settings = settings(&"https://localhost:1".parse().unwrap());
            let client = Client::new(settings, &OPERATIONS).unwrap();
            let error = call(&client, "get", None).await.err().unwrap();
            assert_eq!(error.kind, ErrorKind::Setup);
            let detail = error.detail.unwrap();
            let start = format!(
                "no certificate is trusted. The environment variable SSL_CERT_FILE is set to `{path}`, which "
            );
            assert!(detail.starts_with(&start), "{detail}");

            // Another trusted certificate is enough.
            let identity = self_signed("localhost", &["localhost"], |_| ());
            request(&identity, "localhost", &[&identity.certificate])
                .await
                .unwrap();
            let issued = super::tls::identity("localhost", |_| ());
            let reason = reason(request(&issued, "localhost", &[&identity.certificate]).await);
            let end = format!("The environment variable SSL_CERT_FILE is set to `{path}`, which ");
            assert!(reason.contains(&end), "{reason}");
            return;
        }
    }
}
