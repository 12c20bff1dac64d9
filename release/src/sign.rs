//! The signature of the checksums. The Terraform Registry requires a detached binary `OpenPGP` signature of an RSA key.
//!
//! Source: <https://developer.hashicorp.com/terraform/registry/providers/publishing>.

use std::fmt;
use std::path::Path;

use pgp::composed::{Deserializable, DetachedSignature, SignedSecretKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{SecretKey, SecretSubkey};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, Password, SigningKey};

use crate::{ReleaseError, read};

/// A secret key that can sign a release.
pub struct Key {
    key: SignedSecretKey,
    password: Password,
}

impl Key {
    /// Reads a key from a file in the format of `gpg --export-secret-keys [--armor]`.
    ///
    /// # Errors
    ///
    /// [`ReleaseError`], if the file cannot be read or is not an RSA key.
    pub fn read(path: &Path, passphrase: &str) -> Result<Self, ReleaseError> {
        Self::parse(&read(path)?, passphrase)
    }

    /// Parses a key, with or without ASCII armor.
    ///
    /// # Errors
    ///
    /// [`ReleaseError::Key`], if it is not an RSA key.
    pub fn parse(bytes: &[u8], passphrase: &str) -> Result<Self, ReleaseError> {
        let invalid = |error: pgp::errors::Error| {
            ReleaseError::Key(format!(
                "{error}. Export it with `gpg --export-secret-keys --armor KEY`"
            ))
        };
        let key = if bytes.starts_with(b"-----BEGIN") {
            SignedSecretKey::from_armor_single(bytes).map_err(invalid)?.0
        } else {
            SignedSecretKey::from_bytes(bytes).map_err(invalid)?
        };
        if key.primary_key.algorithm() != PublicKeyAlgorithm::RSA {
            return Err(ReleaseError::Key(format!(
                "the key is for {:?}, but the Terraform Registry accepts only RSA. Generate a key with `gpg --full-generate-key`",
                key.primary_key.algorithm()
            )));
        }
        Ok(Self {
            key,
            password: Password::from(passphrase),
        })
    }

    /// Signs bytes, and returns the detached signature.
    ///
    /// # Errors
    ///
    /// [`ReleaseError::Key`], if the passphrase is wrong or the key may not sign.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, ReleaseError> {
        let failed = |error: pgp::errors::Error| {
            ReleaseError::Key(format!("{error}. Check the passphrase (RELEASE_KEY_PASSPHRASE)"))
        };
        let signature = match self.signing_key()? {
            Signer::Primary(key) => self.signature(key, bytes),
            Signer::Subkey(key) => self.signature(key, bytes),
        };
        signature
            .and_then(|signature| signature.to_bytes())
            .map_err(failed)
    }

    fn signature(&self, key: &impl SigningKey, bytes: &[u8]) -> pgp::errors::Result<DetachedSignature> {
        DetachedSignature::sign_binary_data(
            rand::rngs::OsRng,
            key,
            &self.password,
            HashAlgorithm::Sha512,
            bytes,
        )
    }

    /// The primary key or the subkey that may sign. The primary key of some keys may only certify.
    fn signing_key(&self) -> Result<Signer<'_>, ReleaseError> {
        let users = self.key.details.users.iter().flat_map(|user| &user.signatures);
        let mut primary_signatures = users.chain(&self.key.details.direct_signatures);
        if primary_signatures.any(|signature| signature.key_flags().sign()) {
            return Ok(Signer::Primary(&self.key.primary_key));
        }
        let subkey = self.key.secret_subkeys.iter().find(|subkey| {
            let may_sign = subkey
                .signatures
                .iter()
                .any(|signature| signature.key_flags().sign());
            may_sign && subkey.key.algorithm() == PublicKeyAlgorithm::RSA
        });
        subkey
            .map(|subkey| Signer::Subkey(&subkey.key))
            .ok_or_else(|| ReleaseError::Key("the file contains no RSA key for signing".to_owned()))
    }
}

enum Signer<'a> {
    Primary(&'a SecretKey),
    Subkey(&'a SecretSubkey),
}

/// Shows only the fingerprint, not the secret.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("fingerprint", &self.key.primary_key.fingerprint())
            .finish_non_exhaustive()
    }
}
