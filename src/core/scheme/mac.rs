use hmac::{
    HmacReset, KeyInit, Mac as _,
    digest::{CtOutput, Output},
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::scheme::encoding::TAG_BYTES;

/// The length of a SHA-256 block in bytes.
pub(crate) const BLOCK_BYTES: usize = 64;

/// The bytes that are fed to the hash at once. A cold WebAssembly instance hashes 10 MB four times
/// faster in pieces, since it switches to the optimised loop between two calls.
const PIECE: usize = 4096;

/// Fills the buffer of a hash. A buffer that was never filled holds what was on the stack when it
/// was made, which may be a key, and is copied with the hash.
const FILLING: [u8; BLOCK_BYTES - 1] = [0; BLOCK_BYTES - 1];

/// A keyed HMAC-SHA256. A clone starts from the keyed state, so that a key is prepared once.
#[derive(Clone)]
pub struct Mac(HmacReset<Sha256>);

impl Mac {
    /// Prepares a key.
    ///
    /// # Panics
    ///
    /// Never: HMAC takes keys of any length.
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut mac: HmacReset<Sha256> =
            HmacReset::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(&FILLING);
        mac.reset();
        Self(mac)
    }

    /// Adds bytes to the content.
    pub fn update(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            self.0.update(piece);
        }
    }

    /// Returns the tag of the content.
    #[must_use]
    pub fn tag(self) -> Tag {
        Tag(self.0.finalize())
    }
}

/// The two halves of HMAC-SHA256 (RFC 2104) under one key, for a host that hashes the content.
pub(crate) struct HmacHalves {
    /// The first block of the inner hash: the key, each byte changed by `0x36`.
    inner: Zeroizing<[u8; BLOCK_BYTES]>,
    /// The outer hash after its first block: the key, each byte changed by `0x5c`.
    outer: Sha256,
}

impl HmacHalves {
    pub(crate) fn new(key: &[u8]) -> Self {
        let hashed = (key.len() > BLOCK_BYTES).then(|| Zeroizing::new(sha256(key)));
        let key = hashed.as_ref().map_or(key, |hashed| hashed.as_slice());
        let block = |change: u8| {
            let mut block = Zeroizing::new([change; BLOCK_BYTES]);
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let mut outer = Sha256::new_with_prefix(FILLING);
        Digest::reset(&mut outer);
        outer.update(block(0x5c).as_slice());
        Self { inner: block(0x36), outer }
    }

    /// Returns the block that the inner hash begins with.
    pub(crate) fn block(&self) -> &[u8; BLOCK_BYTES] {
        &self.inner
    }

    /// Returns the tag of a content from the inner hash: the SHA-256 of the block and the content.
    pub(crate) fn tag(&self, inner: [u8; TAG_BYTES]) -> Tag {
        Tag(CtOutput::from(self.outer.clone().chain_update(inner).finalize()))
    }
}

/// The tag that a key gives: what a sender must know. It is compared in constant time and has no
/// `Debug`. Only signing takes its bytes out, with `Tag::bytes`.
#[derive(Clone)]
pub struct Tag(CtOutput<HmacReset<Sha256>>);

impl Tag {
    /// Wraps the SHA-256 of some bytes, so that they are compared in constant time.
    pub(crate) fn of_digest(bytes: &[u8]) -> Self {
        Self(CtOutput::from(Output::<HmacReset<Sha256>>::from(sha256(bytes))))
    }

    /// Returns a tag that nothing matches.
    pub(crate) fn unmatchable() -> Self {
        Self(CtOutput::from(Output::<HmacReset<Sha256>>::default()))
    }

    /// Compares with an offered tag, in constant time.
    #[must_use]
    pub fn matches(&self, offered: &[u8; TAG_BYTES]) -> bool {
        self.0 == CtOutput::from(<&Output<HmacReset<Sha256>>>::from(offered))
    }

    pub(crate) fn bytes(self) -> [u8; TAG_BYTES] {
        self.0.into_bytes().into()
    }
}

/// Returns the SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; TAG_BYTES] {
    let mut hash = Sha256::new();
    for piece in bytes.chunks(PIECE) {
        hash.update(piece);
    }
    hash.finalize().into()
}
