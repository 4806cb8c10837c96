//! The core's ports: KV and a Queue, the runtime's SHA-256, and Durable Objects for strict dedup.

use std::cell::RefCell;

use js_sys::{Date, Float64Array, Uint8Array};
use orderhook_core::{Answer, Claim, Mark, Message, Outbox, Question, Seen};

use super::{Body, Failure, Host, answered, webcrypto};
use crate::{
    claims,
    config::Limits,
    recent::{self, Standing, Turn},
};

/// The time for which KV holds a body that a message points to. A queue holds the message for 14
/// days at most, and its dead-letter queue for 14 more.
const KEPT_SECONDS: u32 = 28 * 24 * 60 * 60;

/// The milliseconds for which a claim lasts beyond the budget, for its commit. If the Worker died
/// before that, every further try is held until the claim ends. Some providers only try a few times
/// within seconds, so the claim ends before their last try.
const COMMIT_MS: u32 = 2000;

/// The milliseconds after which a copy first looks again whether the delivery before it has ended.
/// Each further pause is twice as long, but not longer than the longest.
const FIRST_PAUSE_MS: u32 = 20;
const LONGEST_PAUSE_MS: u32 = 320;

/// The milliseconds for which a copy waits for a delivery in this isolate.
const MAX_WAIT_MS: u32 = 1000;

/// KV and the Queue of this Worker, for one delivery.
///
/// KV, the claim and the queue share one budget of time. Each question to KV or to the claims has a
/// quarter of it at most, and the last quarter is the queue's alone.
pub(crate) struct Ports<'a> {
    host: &'a Host,
    limits: Limits,
    /// The end of the budget, in milliseconds since 1970.
    until: f64,
    /// The claimant's name, if dedup is strict.
    claimant: Option<String>,
    /// The events that this delivery has on their way.
    pending: RefCell<Vec<(String, Turn)>>,
    /// Why the claims could not be asked, where KV has decided in their place.
    unclaimed: RefCell<Option<Failure>>,
}

impl<'a> Ports<'a> {
    pub(crate) fn new(host: &'a Host, limits: Limits, strict: bool) -> Self {
        let until = Date::now() + f64::from(limits.deadline);
        let claimant = strict.then(super::claimant);
        let (pending, unclaimed) = Default::default();
        Self { host, limits, until, claimant, pending, unclaimed }
    }

    /// Returns why the claims could not be asked, where KV has decided in their place.
    pub(crate) fn unclaimed(&self) -> Option<Failure> {
        self.unclaimed.take()
    }

    /// Returns the milliseconds that are left of the budget.
    fn left(&self) -> u32 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let left = (self.until - Date::now()) as u32; // Saturates, as it should.
        left
    }

    /// Returns the milliseconds for one question to KV or to the claims: a quarter of the budget,
    /// unless that would leave the queue less than a quarter.
    fn quarter(&self) -> u32 {
        let quarter = self.limits.deadline / 4;
        quarter.min(self.left().saturating_sub(quarter))
    }

    async fn pause(&self, ms: u32) -> Result<(), Failure> {
        super::pause(self.host, ms.min(self.quarter()));
        answered().await.map(drop)
    }

    /// Waits for copies of the events that are on their way in this isolate, for as long as a copy
    /// may wait: a quarter of the budget, as for any other question.
    async fn wait_for_copies(&self, keys: &[String]) -> Result<(), Failure> {
        let is_pending = |key: &String| recent::standing(key, Date::now()) == Standing::Pending;
        let most = MAX_WAIT_MS.min(self.quarter());
        let (mut waited, mut pause) = (0, FIRST_PAUSE_MS.min(most));
        while waited < most && keys.iter().any(is_pending) {
            self.pause(pause).await?;
            waited += pause;
            pause = (2 * pause).min(LONGEST_PAUSE_MS).min(most - waited);
        }
        Ok(())
    }

    /// Returns which of the events are safe, as this isolate knows. Those that are not are on their
    /// way now.
    fn recall(&self, keys: &[String]) -> Vec<bool> {
        let now = Date::now();
        let recall = |key: &String| {
            let is_safe = recent::standing(key, now) == Standing::Safe;
            if !is_safe {
                self.pending.borrow_mut().push((key.clone(), recent::begin(key, now)));
            }
            is_safe
        };
        keys.iter().map(recall).collect()
    }

    /// Looks up keys in KV.
    async fn look(&self, keys: Vec<&String>) -> Result<Vec<bool>, Failure> {
        if let [key] = *keys {
            super::seen(self.host, key, self.quarter());
            return Ok(vec![answered().await?.is_string()]);
        }
        super::all_seen(self.host, keys.into_iter().cloned().collect(), self.quarter());
        let seen: Uint8Array = answered().await?.into();
        Ok(seen.to_vec().into_iter().map(|seen| seen != 0).collect())
    }

    /// Asks once for claims.
    async fn ask(&self, keys: &[String], claimant: &str) -> Result<Vec<Claim>, Failure> {
        let shards = keys.iter().map(|key| claims::shard(key)).collect();
        let life = self.limits.deadline + COMMIT_MS;
        super::claim(self.host, shards, keys.to_vec(), claimant, life, self.quarter());
        let free_in: Float64Array = answered().await?.into();
        Ok(free_in.to_vec().into_iter().map(claimed).collect())
    }
}

/// Reads the answer of `claims::claim`.
fn claimed(free_in: f64) -> Claim {
    if free_in <= 0.0 {
        Claim::Granted
    } else if free_in.is_finite() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Claim::Held { ms: free_in as u32 } // Saturates, as it should.
    } else {
        Claim::Safe
    }
}

impl Seen for Ports<'_> {
    type Error = Failure;

    /// Where dedup is strict, the claims decide, and KV is not asked.
    async fn seen(&self, keys: &[String]) -> Result<Vec<bool>, Failure> {
        self.wait_for_copies(keys).await?;
        let mut seen = self.recall(keys);
        let unknown = keys.iter().zip(&seen).filter_map(|(key, seen)| (!seen).then_some(key));
        let unknown: Vec<_> = unknown.collect();
        if self.claimant.is_some() || unknown.is_empty() {
            return Ok(seen);
        }
        let mut looked = self.look(unknown).await?.into_iter();
        for seen in seen.iter_mut().filter(|seen| !**seen) {
            *seen = looked.next().unwrap_or_default();
        }
        Ok(seen)
    }

    /// A copy waits for the delivery that has the claim, until half of the budget is spent. Without
    /// an answer, the delivery goes on as it would without strict dedup: by KV.
    async fn claim(&self, keys: &[String]) -> Result<Vec<Claim>, Failure> {
        let Some(claimant) = &self.claimant else {
            return Ok(vec![Claim::Granted; keys.len()]);
        };
        let mut pause = FIRST_PAUSE_MS;
        loop {
            let claims = match self.ask(keys, claimant).await {
                Ok(claims) => claims,
                Err(failure) => return self.claim_by_kv(keys, failure).await,
            };
            let is_held = claims.iter().any(|claim| matches!(claim, Claim::Held { .. }));
            if !is_held || self.left() < self.limits.deadline / 2 + pause {
                return Ok(claims);
            }
            self.pause(pause).await?;
            pause = (2 * pause).min(LONGEST_PAUSE_MS);
        }
    }

    fn mark(&self, marks: Vec<Mark>) {
        let now = Date::now();
        let ttl = self.limits.dedup_ttl;
        for Mark { key, value } in marks {
            recent::safe(&key, now, f64::from(ttl) * 1000.0);
            let shard = self.claimant.as_ref().map(|_| claims::shard(&key));
            super::mark(self.host, &key, &value, ttl, shard.as_deref());
        }
    }

    fn release(&self, keys: Vec<String>) {
        if let Some(claimant) = &self.claimant {
            for key in keys {
                super::release(self.host, &claims::shard(&key), &key, claimant);
            }
        }
    }
}

impl Ports<'_> {
    async fn claim_by_kv(&self, keys: &[String], failure: Failure) -> Result<Vec<Claim>, Failure> {
        let claim = |seen| if seen { Claim::Safe } else { Claim::Granted };
        match self.look(keys.iter().collect()).await {
            Ok(seen) if seen.contains(&true) => {
                self.unclaimed.replace(Some(failure));
                Ok(seen.into_iter().map(claim).collect())
            }
            Ok(_) => Err(failure),
            Err(Failure(also)) => Err(Failure([&failure.0, "; ", &also].concat())),
        }
    }
}

/// A delivery that ends, however it does, has no event on its way any more.
impl Drop for Ports<'_> {
    fn drop(&mut self) {
        for (key, turn) in self.pending.take() {
            recent::end(&key, turn);
        }
    }
}

impl Outbox<Body> for Ports<'_> {
    type Error = Failure;

    async fn put(&self, messages: &[Message<'_>], body: &Body) -> Result<(), Failure> {
        if let [message] = messages {
            if let Some(key) = &message.kept {
                super::keep(self.host, key, &body.of_host(), KEPT_SECONDS, self.left() / 2);
                answered().await?;
            }
            let (table, payload) = (&message.table, message.payload.as_deref());
            super::send(self.host, table.ints(), table.text(), payload, self.left());
        } else {
            for Message { table, payload, .. } in messages {
                super::add_to_batch(self.host, table.ints(), table.text(), payload.as_deref());
            }
            super::send_batch(self.host, self.left());
        }
        answered().await.map(drop)
    }
}

impl orderhook_core::Host for Ports<'_> {
    fn hashes(&self, bytes: usize) -> bool {
        bytes >= webcrypto::LONG_BYTES
    }

    async fn answer(&self, question: Question<'_>) -> Answer {
        match question {
            Question::Sha256(parts) => webcrypto::hash(self.host, parts).await,
            Question::Signature(signature) => {
                webcrypto::check(self.host, signature, self.quarter()).await
            }
        }
    }
}
