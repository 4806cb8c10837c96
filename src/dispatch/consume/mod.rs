//! Takes messages off the queues.

use js_sys::Math;

use crate::{
    activity, deliver,
    host::{self, Batch, Failure, Host},
    log, registry,
};
pub(crate) use messages::Messages;

mod dead_letters;
mod events;
mod halves;
mod messages;

/// The decision that acknowledges a message.
const ACK: i32 = -1;

/// The seconds after which a message is redelivered: the first delay, and the longest. The queue of
/// dead letters has no other queue behind it, so its 100 retries take longer than the four days for
/// which it keeps a message.
const FIRST_RETRY: u32 = 5;
const LAST_RETRY: u32 = 15 * 60;
const LAST_RETRY_OF_DEAD_LETTERS: u32 = 90 * 60;

/// Takes a batch. Returns the decision for each message.
pub(crate) async fn consume(host: &Host, batch: &Batch) -> Vec<i32> {
    let mut messages = Messages::of(host, batch);
    let queue = Queue::of(&host::queue_of(batch));
    match queue {
        Queue::Events => events::take(&mut messages).await,
        Queue::DeadLetters => {
            let all = messages.places().collect();
            dead_letters::keep(&mut messages, all).await;
        }
        Queue::Activity => activity(&mut messages).await,
        Queue::Attempts => deliver::attempt(&mut messages).await,
    }
    let longest = match queue {
        Queue::DeadLetters => LAST_RETRY_OF_DEAD_LETTERS,
        _ => LAST_RETRY,
    };
    messages.decisions(|attempts| attempts.map_or(ACK, |attempts| delay(attempts, longest)))
}

/// A queue, by the end of its name: a second installation has its own in front.
enum Queue {
    Events,
    DeadLetters,
    Activity,
    Attempts,
}

impl Queue {
    fn of(name: &str) -> Self {
        if name.ends_with("dead-letters") {
            Self::DeadLetters
        } else if name.ends_with("activity") {
            Self::Activity
        } else if name.ends_with("attempts") {
            Self::Attempts
        } else {
            Self::Events
        }
    }
}

/// Returns the seconds after which a message is redelivered. The delay doubles each time up to the
/// longest, and varies at random by up to a fifth.
#[allow(clippy::cast_possible_truncation)] // At most 6480.
fn delay(attempts: u32, longest: u32) -> i32 {
    let doubled = FIRST_RETRY.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    (f64::from(doubled.min(longest)) * (0.8 + 0.4 * Math::random())) as i32
}

/// Adds the sums of the receiver's answers. A message that is not understood is left out. One that
/// comes again is counted once, even if its first time was late to answer.
async fn activity(messages: &mut Messages<'_>) {
    let all: Vec<usize> = messages.places().collect();
    let mut counts = registry::Counts { messages: Vec::new() };
    for (place, text) in host::texts_of(messages.batch).iter().enumerate() {
        let id = messages.ids(&[place]).concat();
        match text.as_string().and_then(|text| activity::read(&text)) {
            Some(sums) => {
                let came_before = messages.came_before(&[place]);
                counts.messages.push(registry::CountMessage { id, came_before, sums });
            }
            None => log::refused(&host::queue_of(messages.batch), &id, "not_activity"),
        }
    }
    match registry::add_activity(messages.host, counts).await {
        Ok(()) => messages.keep(&all),
        Err(Failure(cause)) => log::untaken(None, &messages.ids(&all), &cause),
    }
}
