//! How providers sign: each scheme as data, with its verifier and its signer.

pub(crate) mod definition;
pub(crate) mod digest_header;
/// Tags as text.
pub mod encoding;
/// UP42's list of signed headers.
pub mod header_list;
pub(crate) mod key;
/// HMAC-SHA256.
pub mod mac;
pub(crate) mod refusal;
mod sign;
pub(crate) mod url_token;
pub(crate) mod verify;

pub use definition::{
    Age, HeaderList, HmacSha256, KeyFormat, Layout, Part, Scheme, SignatureHeader, Stamp,
};
pub use encoding::Encoding;
pub use key::{Secret, SecretError};
pub use refusal::{Authenticity, Refusal};
pub use sign::SignError;
pub use url_token::{Token, TokenError, TokenProof};
pub use verify::Proof;
