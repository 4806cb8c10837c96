//! How providers sign: each scheme as data, with its verifier and its signer.

pub(crate) mod asymmetric;
pub(crate) mod cut;
pub(crate) mod definition;
pub(crate) mod digest_header;
/// Tags as text.
pub mod encoding;
pub(crate) mod fields;
pub(crate) mod hash;
/// UP42's list of signed headers.
pub mod header_list;
pub(crate) mod html;
pub(crate) mod key;
/// HMAC, and plain hashes with a key at their end.
pub mod mac;
pub(crate) mod public_key;
pub(crate) mod refusal;
mod settings;
mod sign;
pub(crate) mod token;
pub(crate) mod url_token;
pub(crate) mod verify;

pub use asymmetric::PublicKeyScheme;
pub use definition::{
    Age, HeaderList, KeyFormat, Layout, Names, Part, Place, Scheme, Signed, Stamp, Tags, TimeForms,
};
pub use encoding::{Encoding, TagBytes};
pub use fields::{Field, Fields};
pub use hash::Hash;
pub use key::{Secret, SecretError};
pub use mac::MacKind;
pub use public_key::{Algorithm, MAX_KEYS, PublicKey};
pub use refusal::{Authenticity, Refusal};
pub use settings::Settings;
pub use sign::SignError;
pub use token::{MIN_TOKEN_BYTES, SentToken};
pub use url_token::{Token, TokenError, TokenProof};
pub use verify::Proof;
