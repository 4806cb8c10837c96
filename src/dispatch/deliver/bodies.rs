//! The bodies of events that are in KV.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    host::{self, Failure, Host},
    log,
};

/// The bytes of all bodies that are read at once, and of all requests that are made of them. This
/// memory has 64 MiB, and a body may have 4 MiB.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// Bodies, by their keys.
#[derive(Default)]
pub(crate) struct Bodies(BTreeMap<String, Stored>);

/// What KV has under a key.
#[derive(Clone)]
pub(crate) enum Stored {
    Body(Vec<u8>),
    Nothing,
    /// Others are read first.
    Later,
    /// KV could not be asked, or did not answer in time.
    Unknown,
}

impl Bodies {
    /// Reads bodies, all at once: as many as have room.
    pub(super) async fn read(host: &Host, keys: BTreeSet<String>) -> Self {
        let keys: Vec<_> = keys.into_iter().collect();
        if keys.is_empty() {
            return Self::default();
        }
        let mut bytes = 0;
        let bodies = host::stored(host, &keys).await.into_iter().map(|read| match read {
            Ok(Some(body)) => {
                bytes += body.length() as usize;
                if bytes > MAX_BYTES { Stored::Later } else { Stored::Body(body.to_vec()) }
            }
            Ok(None) => Stored::Nothing,
            Err(Failure(cause)) => {
                log::failure("kv", &cause);
                Stored::Unknown
            }
        });
        Self(keys.into_iter().zip(bodies).collect())
    }

    /// Returns what KV has under a key.
    pub(super) fn get(&self, key: &str) -> Stored {
        self.0.get(key).cloned().unwrap_or(Stored::Unknown)
    }
}
