//! How providers sign: each scheme as data, with its verifier and its signer.

pub(crate) mod algorithm;
pub(crate) mod asymmetric;
pub(crate) mod cut;
pub(crate) mod definition;
pub(crate) mod digest_header;
/// Tags as text.
pub mod encoding;
pub(crate) mod fields;
pub(crate) mod grammar;
pub(crate) mod hash;
/// UP42's list of signed headers.
pub mod header_list;
pub(crate) mod html;
pub(crate) mod http_signature;
pub(crate) mod key;
/// HMAC, and plain hashes with a key at their end.
pub mod mac;
pub(crate) mod names;
pub(crate) mod part;
pub(crate) mod public_key;
pub(crate) mod refusal;
mod settings;
mod sign;
pub(crate) mod time_forms;
mod token;
pub(crate) mod url_token;
pub(crate) mod verify;

pub use algorithm::Algorithm;
pub use definition::{
    Age, HeaderList, HttpSignature, KeyFormat, Layout, PublicKeyScheme, Scheme, SentToken, Signed,
    Stamp, Tags,
};
pub use encoding::{Encoding, TagBytes};
pub use fields::{Field, Fields};
pub use hash::Hash;
pub use http_signature::SignatureInput;
pub use key::{MIN_TOKEN_BYTES, Secret, SecretError};
pub use mac::MacKind;
pub use names::Names;
pub use part::{Part, Place};
pub use public_key::{MAX_KEYS, PublicKey};
pub use refusal::{Authenticity, Refusal};
pub use settings::Settings;
pub use sign::SignError;
pub use time_forms::TimeForms;
pub use url_token::{Token, TokenError, TokenProof};
pub use verify::Proof;
