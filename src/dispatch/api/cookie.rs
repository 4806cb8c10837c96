//! The cookie of a session: a random id, and a tag that proves that dispatch made the id for a
//! token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use web_sys::Request;

use super::address::Address;
use crate::{
    host,
    registry::SESSION_MS,
    seal::{self, SealKey},
};

/// The bytes of an id, and the characters that write them.
const ID_BYTES: u32 = 32;
const ID_LENGTH: usize = 43;

/// The cookie's name. A browser takes a name with `__Host-` only from a secure address, and for that
/// address alone.
const NAME: &str = "__Host-orderhook";
/// The cookie's name on the developer's machine, where there is no https.
const LOOPBACK_NAME: &str = "orderhook";

/// The cookie that a request has.
pub(super) struct Cookie {
    pub(super) id: String,
    tag: Vec<u8>,
}

impl Cookie {
    /// Reads the cookie of a request, if it has one of the right form.
    pub(super) fn of(request: &Request, address: Address<'_>) -> Option<Self> {
        let name = name(address);
        let cookies = host::header(request, "cookie")?;
        let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find_map(|(known, value)| if known == name { Self::read(value) } else { None })
    }

    fn read(value: &str) -> Option<Self> {
        let (id, tag) = value.split_once('.')?;
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_id = id.len() == ID_LENGTH && id.bytes().all(is_allowed);
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        is_id.then(|| Self { id: id.to_owned(), tag })
    }

    /// Whether dispatch made the cookie for a token, which is given by its digest. Compares in
    /// constant time.
    pub(super) fn is_of(&self, key: &SealKey, token: &str) -> bool {
        tagged(key, token, &self.id).verify_slice(&self.tag).is_ok()
    }
}

/// Makes the id of a session.
pub(super) fn new_id() -> String {
    host::random(ID_BYTES, true)
}

/// Returns the header that sets the cookie of a session. The token is given by its digest.
pub(super) fn set(address: Address<'_>, key: &SealKey, token: &str, id: &str) -> String {
    let tag = tagged(key, token, id).finalize().into_bytes();
    header(address, &[id, ".", &URL_SAFE_NO_PAD.encode(tag)].concat(), SESSION_MS / 1000)
}

/// Returns the header that removes the cookie.
pub(super) fn removal(address: Address<'_>) -> String {
    header(address, "", 0)
}

fn header(address: Address<'_>, value: &str, seconds: i64) -> String {
    let name = name(address);
    let secure = if address.is_plain_loopback() { "" } else { "Secure; " };
    format!("{name}={value}; Path=/; HttpOnly; {secure}SameSite=Strict; Max-Age={seconds}")
}

fn name(address: Address<'_>) -> &'static str {
    if address.is_plain_loopback() { LOOPBACK_NAME } else { NAME }
}

/// Prepares the tag of an id. Its key is derived from the seal key and the token: without either of
/// them, the cookie is worth nothing.
fn tagged(key: &SealKey, token: &str, id: &str) -> Hmac<Sha256> {
    let derived = key.derive(&["orderhook session ", token].concat());
    let mut tag = seal::mac(&*derived);
    tag.update(id.as_bytes());
    tag
}
