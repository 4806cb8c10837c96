//! The core's ports: KV and a Queue, the runtime's SHA-256, and Durable Objects for strict dedup.

use orderhook_core::{Answer, Claim, Message, Outbox, Question, Seen};

use super::{Body, Failure, Host, wait, webcrypto};
use crate::{claims, config::Limits};

/// The time for which KV holds a body that a message points to. A queue holds the message for 14
/// days at most, and its dead-letter queue for 14 more.
const KEPT_SECONDS: u32 = 28 * 24 * 60 * 60;

/// The shortest life of a claim. It only matters if the Worker died between the claim and the mark:
/// every further try is held for so long.
const CLAIM_MS: u32 = 30_000;

/// KV and the Queue of this Worker, for one delivery.
pub(crate) struct Ports<'a> {
    host: &'a Host,
    limits: Limits,
    /// The claimant's name, if dedup is strict.
    claimant: Option<String>,
}

impl<'a> Ports<'a> {
    pub(crate) fn new(host: &'a Host, limits: Limits, strict: bool) -> Self {
        Self { host, limits, claimant: strict.then(super::claimant) }
    }

    /// Returns the milliseconds that a claim lives. It must not end while its delivery is on the
    /// way, which may wait for the claim and its commit, and twice for the queue.
    fn claim_ms(&self) -> u32 {
        CLAIM_MS.max(2 * (self.limits.queue_deadline + self.limits.claim_deadline))
    }
}

impl Seen for Ports<'_> {
    type Error = Failure;

    async fn seen(&self, key: &str) -> Result<bool, Failure> {
        let seen = wait(super::seen(self.host, key, self.limits.kv_deadline)).await?;
        Ok(seen.is_string())
    }

    async fn claim(&self, key: &str) -> Result<Claim, Failure> {
        let Some(claimant) = &self.claimant else {
            return Ok(Claim::Granted);
        };
        let claim = super::claim(
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
            super::settle(self.host, key, value, dedup_ttl, kv_deadline, &shard, claim_deadline)
        } else {
            super::mark(self.host, key, value, dedup_ttl, kv_deadline)
        };
        wait(marked).await?;
        Ok(())
    }

    async fn release(&self, key: &str) -> Result<(), Failure> {
        if let Some(claimant) = &self.claimant {
            let deadline = self.limits.claim_deadline;
            wait(super::release(self.host, &claims::shard(key), key, claimant, deadline)).await?;
        }
        Ok(())
    }
}

impl Outbox<Body> for Ports<'_> {
    type Error = Failure;

    async fn put(&self, message: &Message<'_>, body: &Body) -> Result<(), Failure> {
        let Limits { queue_deadline, .. } = self.limits;
        if let Some(key) = &message.kept {
            let bytes = body.of_host();
            wait(super::keep(self.host, key, &bytes, KEPT_SECONDS, queue_deadline)).await?;
        }
        let (table, payload) = (&message.table, message.payload.as_deref());
        wait(super::send(self.host, table.ints(), table.text(), payload, queue_deadline)).await?;
        Ok(())
    }
}

impl orderhook_core::Host for Ports<'_> {
    fn hashes(&self, bytes: usize) -> bool {
        bytes >= webcrypto::LONG_BYTES
    }

    async fn answer(&self, question: Question<'_>) -> Answer {
        let Question::Sha256(parts) = question;
        webcrypto::hash(parts).await
    }
}
