//! The core's two ports, on KV and a Queue, and on Durable Objects where dedup is strict.

use js_sys::Uint8Array;
use orderhook_core::{Claim, Message, Outbox, Seen};

use crate::{
    claims,
    config::Limits,
    failure::Failure,
    io::{self, Host},
    task::wait,
};

/// A queue holds a message for 14 days at most, and so does the dead-letter queue behind it: for
/// so long must KV hold what the message points to.
const KEPT_SECONDS: u32 = 28 * 24 * 60 * 60;

/// For how long a claim holds at least. It only matters where the Worker died between the claim
/// and the mark: for so long every further try is held.
const CLAIM_MS: u32 = 30_000;

/// A delivery's body, to be stored apart from its event where that is too large with it.
pub(crate) enum Stored<'a> {
    /// The module has it.
    Module(&'a [u8]),
    /// The host has it, and the module has none.
    Host(Uint8Array),
}

/// KV and the Queue of this Worker, for one delivery.
pub(crate) struct Ports<'a> {
    host: &'a Host,
    limits: Limits,
    body: Stored<'a>,
    /// Who claims, where dedup is strict.
    claimant: Option<String>,
}

impl<'a> Ports<'a> {
    pub(crate) fn new(host: &'a Host, limits: Limits, strict: bool, body: Stored<'a>) -> Self {
        Self { host, limits, body, claimant: strict.then(io::claimant) }
    }

    /// Milliseconds that a claim holds. It must not end while its delivery is still on the way,
    /// which may wait for the claim and its commit, and for the queue's time twice.
    fn claim_ms(&self) -> u32 {
        CLAIM_MS.max(2 * (self.limits.queue_deadline + self.limits.claim_deadline))
    }
}

impl Seen for Ports<'_> {
    type Error = Failure;

    async fn seen(&self, key: &str) -> Result<bool, Failure> {
        let seen = wait(io::seen(self.host, key, self.limits.kv_deadline)).await?;
        Ok(seen.is_string())
    }

    async fn claim(&self, key: &str) -> Result<Claim, Failure> {
        let Some(claimant) = &self.claimant else {
            return Ok(Claim::Granted);
        };
        let claim = io::claim(
            self.host,
            &claims::shard(key),
            key,
            claimant,
            self.claim_ms(),
            self.limits.claim_deadline,
        );
        let free_in = wait(claim).await?.as_f64().unwrap_or_default();
        Ok(if free_in <= 0.0 {
            Claim::Granted
        } else if free_in.is_finite() {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Claim::Held { ms: free_in as u32 } // Saturates, as it should.
        } else {
            Claim::Safe
        })
    }

    async fn mark(&self, key: &str, value: &str) -> Result<(), Failure> {
        let Limits { dedup_ttl, kv_deadline, claim_deadline, .. } = self.limits;
        let marked = if self.claimant.is_some() {
            let shard = claims::shard(key);
            io::settle(self.host, key, value, dedup_ttl, kv_deadline, &shard, claim_deadline)
        } else {
            io::mark(self.host, key, value, dedup_ttl, kv_deadline)
        };
        wait(marked).await?;
        Ok(())
    }

    async fn release(&self, key: &str) -> Result<(), Failure> {
        if let Some(claimant) = &self.claimant {
            let deadline = self.limits.claim_deadline;
            wait(io::release(self.host, &claims::shard(key), key, claimant, deadline)).await?;
        }
        Ok(())
    }
}

impl Outbox for Ports<'_> {
    type Error = Failure;

    async fn put(&self, message: &Message<'_>) -> Result<(), Failure> {
        let Limits { queue_deadline, .. } = self.limits;
        if let Some(key) = &message.kept {
            let kept = match &self.body {
                Stored::Host(bytes) => {
                    io::keep(self.host, key, bytes, KEPT_SECONDS, queue_deadline)
                }
                // A view of the module's memory would move before KV has taken it.
                Stored::Module(bytes) => {
                    let bytes = Uint8Array::from(*bytes);
                    io::keep(self.host, key, &bytes, KEPT_SECONDS, queue_deadline)
                }
            };
            wait(kept).await?;
        }
        wait(io::send(self.host, &message.json, message.payload, queue_deadline)).await?;
        Ok(())
    }
}
