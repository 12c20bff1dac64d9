//! The signature of the checksums: `OpenPGP`, detached, binary, by an RSA key. The Registry takes no other.

use std::fmt;
use std::path::Path;

use pgp::composed::{Deserializable, DetachedSignature, SignedSecretKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, Password};

use crate::{ReleaseError, read};

/// A secret key that can sign a release.
pub struct Key {
    key: SignedSecretKey,
    password: Password,
}

impl Key {
    /// Reads a key as `gpg --export-secret-keys [--armor]` writes it.
    pub fn read(path: &Path, passphrase: &str) -> Result<Key, ReleaseError> {
        Key::parse(&read(path)?, passphrase)
    }

    /// Parses a key, armoured or not.
    pub fn parse(bytes: &[u8], passphrase: &str) -> Result<Key, ReleaseError> {
        let unusable = |error: pgp::errors::Error| {
            ReleaseError::Key(format!(
                "{error}. Export it with `gpg --export-secret-keys --armor KEY`"
            ))
        };
        let key = if bytes.starts_with(b"-----BEGIN") {
            SignedSecretKey::from_armor_single(bytes).map_err(unusable)?.0
        } else {
            SignedSecretKey::from_bytes(bytes).map_err(unusable)?
        };
        if key.primary_key.algorithm() != PublicKeyAlgorithm::RSA {
            return Err(ReleaseError::Key(format!(
                "it is a key for {:?}, but the Registry accepts RSA only. Make one with `gpg --full-generate-key`",
                key.primary_key.algorithm()
            )));
        }
        Ok(Key {
            key,
            password: Password::from(passphrase),
        })
    }

    /// The signature of some bytes.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, ReleaseError> {
        let failed = |error: pgp::errors::Error| {
            ReleaseError::Key(format!(
                "{error}. See that the passphrase is right (RELEASE_KEY_PASSPHRASE)"
            ))
        };
        DetachedSignature::sign_binary_data(
            rand::rngs::OsRng,
            &self.key.primary_key,
            &self.password,
            HashAlgorithm::Sha512,
            bytes,
        )
        .and_then(|signature| signature.to_bytes())
        .map_err(failed)
    }
}

/// Shows the fingerprint only.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("fingerprint", &self.key.primary_key.fingerprint())
            .finish_non_exhaustive()
    }
}
