use hmac::{
    Hmac, KeyInit, Mac as _,
    digest::{CtOutput, Output},
};
use sha2::{Digest as _, Sha256};

use crate::tag::TAG_BYTES;

/// Bytes fed to the hash at once: a cold WebAssembly instance hashes 10 MB four times faster in
/// pieces, because the optimised loop is taken over between two calls.
const PIECE: usize = 4096;

/// HMAC-SHA256, keyed. A clone of it starts from the keyed state, so that a key is prepared once.
#[derive(Clone)]
pub(crate) struct Mac(Hmac<Sha256>);

impl Mac {
    /// # Panics
    /// Never: HMAC takes keys of any length.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            self.0.update(piece);
        }
    }

    pub(crate) fn tag(self) -> Tag {
        Tag(self.0.finalize())
    }
}

/// The tag that a key gives: what a sender has to know. It is compared in constant time, has no
/// `Debug`, and leaves only through [`Tag::bytes`], which signing wants.
#[derive(Clone)]
pub(crate) struct Tag(CtOutput<Hmac<Sha256>>);

impl Tag {
    /// A tag that nothing has.
    pub(crate) fn nobodys() -> Self {
        Self(CtOutput::from(Output::<Hmac<Sha256>>::default()))
    }

    pub(crate) fn matches(&self, offered: &[u8; TAG_BYTES]) -> bool {
        self.0 == CtOutput::from(<&Output<Hmac<Sha256>>>::from(offered))
    }

    pub(crate) fn bytes(self) -> [u8; TAG_BYTES] {
        self.0.into_bytes().into()
    }
}

/// SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; TAG_BYTES] {
    let mut hash = Sha256::new();
    for piece in bytes.chunks(PIECE) {
        hash.update(piece);
    }
    hash.finalize().into()
}
