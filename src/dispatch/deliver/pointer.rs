use std::collections::BTreeMap;

use js_sys::Array;
use serde::Deserialize;

use crate::journal::Lease;

/// The version of the message.
const VERSION: u32 = 1;

/// A message of the queue of attempts: a lease, and the id of the journal that handed it out.
#[derive(Deserialize)]
struct Pointer {
    version: u32,
    journal: String,
    endpoint: String,
    seq: i64,
    lease: i64,
}

/// The leases of each journal, with their places in a batch.
pub(super) struct Pointers {
    pub(super) journals: BTreeMap<String, Vec<(usize, Lease)>>,
    /// The places of messages that are not pointers.
    pub(super) unknown: Vec<usize>,
}

impl Pointers {
    /// Reads the messages of a batch.
    pub(super) fn read(texts: &Array) -> Self {
        let mut pointers = Self { journals: BTreeMap::new(), unknown: Vec::new() };
        for (place, text) in texts.iter().enumerate() {
            let read = text.as_string().and_then(|text| serde_json::from_str(&text).ok());
            match read.filter(|pointer: &Pointer| pointer.version == VERSION) {
                Some(Pointer { journal, endpoint, seq, lease: number, .. }) => {
                    let lease = Lease { endpoint, seq, number };
                    pointers.journals.entry(journal).or_default().push((place, lease));
                }
                None => pointers.unknown.push(place),
            }
        }
        pointers
    }
}
