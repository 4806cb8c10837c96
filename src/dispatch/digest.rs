use sha2::{Digest, Sha256};

/// Returns the SHA-256 of a secret, in hex: what the registry keeps of it.
pub(crate) fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
