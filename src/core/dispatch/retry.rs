use super::format::Format;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The milliseconds between an attempt and the next: the schedule of Standard Webhooks.
const DELAYS: [u64; 9] = [
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];

/// The attempts that a delivery has.
#[allow(clippy::cast_possible_truncation)] // Ten.
pub const MAX_ATTEMPTS: u32 = DELAYS.len() as u32 + 1;

/// The longest wait that an endpoint may ask for.
const MAX_RETRY_AFTER: u64 = 24 * HOUR;

/// The milliseconds without a success after which an endpoint is disabled.
pub const MAX_FAILING_MS: u64 = 5 * 24 * HOUR;

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The endpoint answered.
    Answered {
        /// The status of the answer.
        status: u16,
        /// The milliseconds of its `Retry-After`.
        retry_after: Option<u64>,
    },
    /// It did not answer, or not in time.
    Unanswered,
    /// The request cannot be made: another attempt would be the same.
    Impossible,
}

/// The decision that follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The delivery is done.
    Delivered,
    /// Another attempt follows, after so many milliseconds.
    Retry(u64),
    /// No other attempt follows.
    Dead,
    /// The endpoint wants no more events. The delivery waits until the endpoint is enabled again.
    Disable,
}

/// Decides what follows from an attempt. `failed` is the number of failed attempts before it, and
/// `random` is a random number from 0 to 1, which spreads the attempts by a fifth either way.
///
/// ```
/// use orderhook_core::dispatch::{Attempt, Decision, Format, decide};
///
/// let refused = Attempt::Answered { status: 500, retry_after: None };
/// assert_eq!(decide(refused, Format::CloudEvents, 0, 0.5), Decision::Retry(5_000));
/// let gone = Attempt::Answered { status: 410, retry_after: None };
/// assert_eq!(decide(gone, Format::CloudEvents, 0, 0.5), Decision::Disable);
/// ```
#[must_use]
pub fn decide(attempt: Attempt, format: Format, failed: u32, random: f64) -> Decision {
    let retry_after = match attempt {
        Attempt::Answered { status: 200..=299, .. } => return Decision::Delivered,
        Attempt::Answered { status: 410, .. } => return Decision::Disable,
        Attempt::Answered { status: 403 | 404, .. } if format == Format::Slack => {
            return Decision::Disable;
        }
        Attempt::Answered { status: 400, .. } if format == Format::Slack => return Decision::Dead,
        Attempt::Impossible => return Decision::Dead,
        Attempt::Answered { retry_after, .. } => retry_after,
        Attempt::Unanswered => None,
    };
    let delay = usize::try_from(failed).ok().and_then(|failed| DELAYS.get(failed));
    delay.map_or(Decision::Dead, |delay| {
        let asked = retry_after.unwrap_or(0).min(MAX_RETRY_AFTER);
        Decision::Retry(spread(*delay, random).max(asked))
    })
}

/// Returns the milliseconds for which an endpoint gets nothing after a failed attempt. `failing_ms`
/// says for how long its attempts had failed before; it is `None` for the first. An endpoint that
/// asks for time gets it.
/// Otherwise, there is no pause before the second failure in a row, so that one refused event does
/// not delay the others.
///
/// ```
/// use orderhook_core::dispatch::pause;
///
/// assert_eq!(pause(None, None), 0);
/// assert_eq!(pause(Some(1_000), None), 5_000);
/// assert_eq!(pause(Some(3_600_000), None), 60_000);
/// assert_eq!(pause(None, Some(90_000)), 90_000);
/// ```
#[must_use]
pub fn pause(failing_ms: Option<u64>, retry_after: Option<u64>) -> u64 {
    let own = failing_ms.map_or(0, |ms| (ms / 10).clamp(5 * SECOND, MINUTE));
    own.max(retry_after.unwrap_or(0).min(MAX_RETRY_AFTER))
}

/// Returns a delay that is up to a fifth shorter or longer.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn spread(delay: u64, random: f64) -> u64 {
    (delay as f64 * (0.8 + 0.4 * random.clamp(0.0, 1.0))) as u64
}
