//! The bodies of events that are in KV.

use std::collections::BTreeMap;

use crate::{
    host::{self, Failure, Host},
    log,
};

/// Bodies, by their keys.
#[derive(Default)]
pub(crate) struct Bodies(BTreeMap<String, Stored>);

/// What KV has under a key.
#[derive(Clone)]
pub(crate) enum Stored {
    Body(Vec<u8>),
    Nothing,
    /// KV could not be asked, or did not answer in time.
    Unknown,
}

impl Bodies {
    /// Reads bodies, all at once.
    pub(super) async fn read(host: &Host, keys: Vec<String>) -> Self {
        if keys.is_empty() {
            return Self::default();
        }
        let bodies = host::stored(host, &keys).await.into_iter().map(|read| match read {
            Ok(Some(body)) => Stored::Body(body),
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
