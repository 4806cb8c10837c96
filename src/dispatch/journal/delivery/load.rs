//! Loads the deliveries that are to be posted.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{copy, lease::Lease};
use crate::{endpoint::Endpoint, host::Sql};

/// The deliveries of some leases.
#[derive(Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) endpoints: Vec<Endpoint>,
    /// One for each lease that still holds.
    pub(crate) items: Vec<Item>,
}

/// A delivery that is to be attempted.
#[derive(Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) lease: Lease,
    /// When the lease ends.
    pub(crate) until: i64,
    /// The version of the endpoint: when it was changed.
    pub(crate) version: i64,
    pub(crate) verdict: Option<String>,
    /// What tells the event from others of its id.
    pub(crate) again: i64,
    /// The event, as JSON text.
    pub(crate) event: String,
}

/// Loads. A lease that has ended is left out, and so is one whose endpoint gets no events now.
pub(super) fn load(sql: &Sql<'_>, leases: &[Lease]) -> Result<Load, JsValue> {
    const SELECT: &str = "SELECT d.due, e.verdict, e.again, e.body FROM deliveries AS d \
        CROSS JOIN events AS e WHERE d.endpoint = ? AND d.seq = ? AND d.state = 'leased' \
        AND d.lease = ? AND e.seq = d.seq";
    let mut load = Load { endpoints: Vec::new(), items: Vec::new() };
    for lease in leases {
        let known = load.endpoints.iter().find(|endpoint| endpoint.id == lease.endpoint);
        let version = if let Some(endpoint) = known {
            endpoint.updated
        } else {
            let copy = copy::one(sql, &lease.endpoint)?.filter(copy::Copy::is_active);
            let Some(copy) = copy else { continue };
            let version = copy.endpoint.updated;
            load.endpoints.push(copy.endpoint);
            version
        };
        let values = [(&lease.endpoint).into(), lease.seq.into(), lease.number.into()];
        if let Some(row) = sql.first(SELECT, &values)? {
            load.items.push(Item {
                lease: lease.clone(),
                until: row.int(0),
                version,
                verdict: row.text(1),
                again: row.int(2),
                event: row.text(3).unwrap_or_default(),
            });
        }
    }
    Ok(load)
}
