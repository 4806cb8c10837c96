use hmac::{
    HmacReset, KeyInit, Mac as _,
    digest::{CtOutput, Output, Reset},
};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::scheme::{
    encoding::{TAG_BYTES, TagBytes},
    hash::Hash,
};

/// The length of a SHA-256 block in bytes.
pub(crate) const BLOCK_BYTES: usize = 64;

/// The bytes that are fed to the hash at once. A cold WebAssembly instance hashes 10 MB four times
/// faster in pieces, since it switches to the optimised loop between two calls.
const PIECE: usize = 4096;

/// Fills the buffer of a hash: it has 64 or 128 bytes. A buffer that was never filled holds what
/// was on the stack when it was made, which may be a key, and is copied with the hash.
const FILLING: [u8; 2 * BLOCK_BYTES - 1] = [0; 2 * BLOCK_BYTES - 1];

/// The way in which a key goes into a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacKind {
    /// HMAC (RFC 2104).
    Hmac(Hash),
    /// A plain hash of the content and, after it, the key.
    Suffix(Hash),
}

impl MacKind {
    /// Returns the hash function.
    #[must_use]
    pub const fn hash(self) -> Hash {
        match self {
            Self::Hmac(hash) | Self::Suffix(hash) => hash,
        }
    }
}

/// A keyed MAC. A clone starts from the keyed state, so that a key is prepared once.
#[derive(Clone)]
pub struct Mac(Keyed);

#[derive(Clone)]
enum Keyed {
    Sha1(HmacReset<Sha1>),
    Sha256(HmacReset<Sha256>),
    // Boxed, since it is three times as large as the others.
    Sha512(Box<HmacReset<Sha512>>),
    Suffix256(Sha256, Zeroizing<Vec<u8>>),
    Suffix512(Box<Sha512>, Zeroizing<Vec<u8>>),
}

impl Mac {
    /// Prepares a key. A suffix with SHA-1 does not exist: it counts as SHA-256.
    pub(crate) fn new(kind: MacKind, key: &[u8]) -> Self {
        let suffix = || Zeroizing::new(key.to_vec());
        Self(match kind {
            MacKind::Hmac(Hash::Sha1) => Keyed::Sha1(keyed(key)),
            MacKind::Hmac(Hash::Sha256) => Keyed::Sha256(keyed(key)),
            MacKind::Hmac(Hash::Sha512) => Keyed::Sha512(Box::new(keyed(key))),
            MacKind::Suffix(Hash::Sha512) => Keyed::Suffix512(Box::default(), suffix()),
            MacKind::Suffix(_) => Keyed::Suffix256(Sha256::new(), suffix()),
        })
    }

    /// Adds bytes to the content.
    pub fn update(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            match &mut self.0 {
                Keyed::Sha1(mac) => mac.update(piece),
                Keyed::Sha256(mac) => mac.update(piece),
                Keyed::Sha512(mac) => mac.update(piece),
                Keyed::Suffix256(hash, _) => Digest::update(hash, piece),
                Keyed::Suffix512(hash, _) => Digest::update(&mut **hash, piece),
            }
        }
    }

    /// Returns the tag of the content.
    #[must_use]
    pub fn tag(self) -> Tag {
        match self.0 {
            Keyed::Sha1(mac) => Tag::of(&mac.finalize().into_bytes()),
            Keyed::Sha256(mac) => Tag::of(&mac.finalize().into_bytes()),
            Keyed::Sha512(mac) => Tag::of(&mac.finalize().into_bytes()),
            Keyed::Suffix256(hash, key) => Tag::of(&hash.chain_update(&*key).finalize()),
            Keyed::Suffix512(hash, key) => Tag::of(&hash.chain_update(&*key).finalize()),
        }
    }

    /// Returns the key of a plain hash.
    pub(crate) fn suffix(&self) -> Option<&[u8]> {
        match &self.0 {
            Keyed::Suffix256(_, key) | Keyed::Suffix512(_, key) => Some(key),
            _ => None,
        }
    }
}

/// Prepares a key for HMAC.
///
/// # Panics
///
/// Never: HMAC takes keys of any length.
fn keyed<M: KeyInit + hmac::Mac + Reset>(key: &[u8]) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(&FILLING);
    Reset::reset(&mut mac);
    mac
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
        Tag::of(&self.outer.clone().chain_update(inner).finalize())
    }
}

/// The tag that a key gives: what a sender must know. It is compared in constant time and has no
/// `Debug`. Only signing takes its bytes out, with `Tag::bytes`.
#[derive(Clone)]
pub struct Tag {
    /// The bytes, with zeros after them.
    padded: CtOutput<HmacReset<Sha512>>,
    length: usize,
}

impl Tag {
    fn of(bytes: &[u8]) -> Self {
        let mut padded = Output::<HmacReset<Sha512>>::default();
        padded.iter_mut().zip(bytes).for_each(|(to, byte)| *to = *byte);
        Self { padded: CtOutput::from(padded), length: bytes.len() }
    }

    /// Wraps the SHA-256 of some bytes, so that they are compared in constant time.
    pub(crate) fn of_digest(bytes: &[u8]) -> Self {
        Self::of(&sha256(bytes))
    }

    /// Returns a tag that nothing matches.
    pub(crate) fn unmatchable() -> Self {
        Self::of(&[0; TAG_BYTES])
    }

    /// Compares with an offered tag, in constant time for tags of one length.
    #[must_use]
    pub fn matches(&self, offered: &TagBytes) -> bool {
        let offered = Self::of(offered);
        self.length == offered.length && self.padded == offered.padded
    }

    pub(crate) fn bytes(self) -> TagBytes {
        let padded = self.padded.into_bytes();
        TagBytes::new(padded.get(..self.length).unwrap_or_default())
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
