//! The core's two ports, on KV and a Queue.

use orderhook_core::{Kept, Message, Outbox, Seen};
use wasm_bindgen::JsValue;

use crate::{
    config::Limits,
    io::{self, Failure, wait},
};

/// A queue holds a message for 14 days at most, and so does the dead-letter queue behind it: for
/// so long must KV hold what the message points to.
const KEPT_SECONDS: u32 = 28 * 24 * 60 * 60;

/// KV and the Queue of this Worker.
pub(crate) struct Ports<'a> {
    pub(crate) env: &'a JsValue,
    pub(crate) limits: Limits,
}

impl Seen for Ports<'_> {
    type Error = Failure;

    async fn seen(&self, key: &str) -> Result<bool, Failure> {
        let seen = wait(io::seen(self.env, key, self.limits.kv_deadline)).await?;
        Ok(seen.is_truthy())
    }

    async fn mark(&self, key: &str, value: &str) -> Result<(), Failure> {
        let Limits { dedup_ttl, kv_deadline, .. } = self.limits;
        wait(io::mark(self.env, key, value, dedup_ttl, kv_deadline)).await?;
        Ok(())
    }
}

impl Outbox for Ports<'_> {
    type Error = Failure;

    async fn put(&self, message: &Message<'_>) -> Result<(), Failure> {
        let Limits { queue_deadline, .. } = self.limits;
        if let Some(Kept { key, bytes }) = &message.kept {
            wait(io::keep(self.env, key, bytes, KEPT_SECONDS, queue_deadline)).await?;
        }
        wait(io::send(self.env, &message.json, queue_deadline)).await?;
        Ok(())
    }
}
