/// A way to sign with a private key. The host checks such signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// ECDSA on the curve P-256 with SHA-256. A signature is `r` and `s`, 32 bytes each.
    EcdsaP256,
    /// Ed25519.
    Ed25519,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 3] = [Self::RsaSha256, Self::EcdsaP256, Self::Ed25519];

    /// Returns the word of definitions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa-sha256",
            Self::EcdsaP256 => "ecdsa-p256",
            Self::Ed25519 => "ed25519",
        }
    }

    /// Returns the name that a JWS has for it (RFC 7518 and 8037).
    pub(super) const fn jws(self) -> &'static str {
        match self {
            Self::RsaSha256 => "RS256",
            Self::EcdsaP256 => "ES256",
            Self::Ed25519 => "EdDSA",
        }
    }

    /// Whether a key's `alg` names it. RFC 9864 has a second name for Ed25519.
    pub(super) fn is_named(self, alg: &str) -> bool {
        alg == self.jws() || self == Self::Ed25519 && alg == "Ed25519"
    }

    /// Whether a signature may have so many bytes.
    #[must_use]
    pub fn has_length(self, bytes: usize) -> bool {
        match self {
            Self::RsaSha256 => (256..=1024).contains(&bytes),
            Self::EcdsaP256 | Self::Ed25519 => bytes == 64,
        }
    }
}
