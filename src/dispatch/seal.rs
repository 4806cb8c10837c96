//! Seals the URL and the secrets of an endpoint, under a key of `DISPATCH_SEAL_KEY`.

use hmac::{Hmac, KeyInit, Mac};
use orderhook_core::dispatch::endpoint_secret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    host::{self, Failure},
    json,
};

/// The name of the secret with the keys.
pub(crate) const DISPATCH_SEAL_KEY: &str = "DISPATCH_SEAL_KEY";

/// The bytes of a key.
const KEY_BYTES: usize = 32;

/// The digits of a key's id.
const ID_DIGITS: usize = 8;

/// A key of AES-256.
pub(crate) struct SealKey {
    id: String,
    key: [u8; KEY_BYTES],
}

impl SealKey {
    /// Reads a key: 64 hexadecimal digits.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut key = [0; KEY_BYTES];
        hex::decode_to_slice(text, &mut key).ok()?;
        let digest = Sha256::new().chain_update("orderhook seal key ").chain_update(key).finalize();
        let id = hex::encode(digest).chars().take(ID_DIGITS).collect();
        Some(Self { id, key })
    }

    /// Derives a key for another use.
    pub(crate) fn derive(&self, used_for: &str) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut mac = mac(&self.key);
        mac.update(used_for.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

/// Prepares HMAC with SHA-256.
///
/// # Panics
///
/// Never: HMAC takes keys of any length.
pub(crate) fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// The URL and the secrets of an endpoint.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub(crate) url: String,
    /// The newest comes first.
    pub(crate) secrets: Vec<EndpointSecret>,
}

/// A secret that signs.
#[derive(Serialize, Deserialize)]
pub(crate) struct EndpointSecret {
    pub(crate) text: String,
    /// When it ends.
    pub(crate) until: Option<i64>,
}

impl Drop for EndpointSecret {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl Sealed {
    /// Makes the record of an endpoint that has one secret, or none.
    pub(crate) fn new(url: String, secret: Option<String>) -> Self {
        let secrets = secret.map(|text| EndpointSecret { text, until: None });
        Self { url, secrets: secrets.into_iter().collect() }
    }

    /// Returns the secrets that sign at a moment.
    pub(crate) fn active(&self, now: i64) -> Vec<orderhook_core::Secret> {
        let active = self.secrets.iter().filter(|secret| secret.until.is_none_or(|at| now < at));
        active.filter_map(|secret| endpoint_secret(&secret.text)).collect()
    }

    /// Seals it for an endpoint, with the first key. Returns `None` without a key.
    pub(crate) async fn seal(
        &self,
        keys: &[SealKey],
        endpoint: &str,
    ) -> Result<Option<String>, Failure> {
        let Some(key) = keys.first() else {
            return Ok(None);
        };
        let sealed = host::seal(&key.key, endpoint, &json::text(self)).await?;
        Ok(Some([&*key.id, ".", &sealed].concat()))
    }

    /// Opens what was sealed for an endpoint. Returns `None` if the key is not there any more.
    pub(crate) async fn unseal(keys: &[SealKey], endpoint: &str, sealed: &str) -> Option<Self> {
        let (id, sealed) = sealed.split_once('.')?;
        let key = keys.iter().find(|key| key.id == id)?;
        serde_json::from_str(&host::unseal(&key.key, endpoint, sealed).await?).ok()
    }
}
