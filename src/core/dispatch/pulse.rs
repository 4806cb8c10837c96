//! When the people who run orderhook are told of a source, or of dead letters. The host counts; the
//! rules are here.

use std::collections::BTreeMap;

use super::notice::Notice;

/// The time that the receiver's answers are added up over, in milliseconds.
pub const STEP_MS: i64 = 5 * MINUTE;

/// The time in which refusals are counted: three steps, of which the last has not ended.
pub const WINDOW_MS: i64 = 3 * STEP_MS;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The days whose longest pauses are remembered. They include two weekends.
const MAX_DAYS: i64 = 14;

/// The time for which a source must be known before it can be silent.
const MIN_KNOWN_MS: i64 = DAY;

/// The shortest time between two notices of the same kind of one source, or of dead letters.
const MIN_BETWEEN_MS: i64 = HOUR;

/// The codes of the receiver's answers to authentic deliveries.
const ACCEPTED: [&str; 3] = ["accepted", "duplicate", "ignored"];

/// The codes of the receiver's answers to deliveries that are not authentic.
const REFUSED: [&str; 6] = [
    "missing_signature",
    "malformed_signature",
    "signature_mismatch",
    "digest_mismatch",
    "timestamp_out_of_tolerance",
    "body_not_authenticated",
];

/// Returns whether a code is that of an answer to an authentic delivery.
#[must_use]
pub fn is_accepted(code: &str) -> bool {
    ACCEPTED.contains(&code)
}

/// Returns whether a code is that of an answer to a delivery that is not authentic.
#[must_use]
pub fn is_refused(code: &str) -> bool {
    REFUSED.contains(&code)
}

/// The thresholds of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// How many times its longest pause a source must be silent.
    pub silence_factor: i64,
    /// The milliseconds that it must be silent at least.
    pub min_silence: i64,
    /// The share of deliveries that must be refused, in per cent.
    pub refused_percent: i64,
    /// The number of deliveries that must be refused at least.
    pub min_refused: i64,
}

/// What is known of a source. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// When it had its first accepted delivery, and its last: the beginnings of their steps.
    pub first: i64,
    /// See `first`.
    pub last: i64,
    /// The longest pause that ended on each of the last days, by the number of the day.
    pub pauses: BTreeMap<i64, i64>,
    /// The `last` of the silence that was told last; 0 if there was none.
    pub silence_told: i64,
    /// Whether it refuses now, and that was told.
    pub is_refusing: bool,
    /// When it was last told that the source refuses; 0 if it never was.
    pub refusing_told: i64,
}

impl Pulse {
    /// Begins with a source's first accepted delivery, or with its first refused one.
    #[must_use]
    pub fn new(at: i64) -> Self {
        Self {
            first: at,
            last: at,
            pauses: BTreeMap::new(),
            silence_told: 0,
            is_refusing: false,
            refusing_told: 0,
        }
    }

    /// Notes that the step that begins at a time has an accepted delivery.
    pub fn beat(&mut self, at: i64) {
        if at <= self.last {
            return;
        }
        let (pause, day) = (at - self.last, at / DAY);
        let longest = self.pauses.entry(day).or_default();
        *longest = pause.max(*longest);
        self.pauses.retain(|known, _| *known > day - MAX_DAYS);
        self.last = at;
    }

    /// Returns what is to be told of the source's silence. It is told once: until the source has
    /// had a delivery, there is nothing else to tell. `watched` is the time since which the source
    /// has been watched: what nobody counted is no silence.
    pub fn silence(
        &mut self,
        source: &str,
        now: i64,
        watched: i64,
        thresholds: &Thresholds,
    ) -> Option<Notice> {
        let since = self.last + STEP_MS;
        let longest_pause = self.pauses.values().copied().max().unwrap_or(0);
        let wait = thresholds.min_silence.max(thresholds.silence_factor * longest_pause);
        let is_known = self.last - self.first >= MIN_KNOWN_MS;
        let is_told = self.silence_told == self.last;
        if !is_known || is_told || now - since.max(watched) < wait {
            return None;
        }
        self.silence_told = self.last;
        Some(Notice::SourceSilent { source: source.to_owned(), since, longest_pause })
    }

    /// Returns what is to be told of deliveries that the source refuses. `counts` are the numbers of
    /// the receiver's answers since a time, by their codes.
    pub fn refusals(
        &mut self,
        source: &str,
        now: i64,
        (since, counts): (i64, &BTreeMap<String, i64>),
        thresholds: &Thresholds,
    ) -> Option<Notice> {
        let refused = counts.iter().filter(|(code, _)| is_refused(code));
        let refused: Vec<_> = refused.map(|(code, count)| (code.clone(), *count)).collect();
        let count: i64 = refused.iter().map(|(_, count)| count).sum();
        let accepted = counts.iter().filter(|(code, _)| is_accepted(code));
        let deliveries = count + accepted.map(|(_, count)| count).sum::<i64>();
        let is_refusing = count >= thresholds.min_refused
            && count * 100 >= deliveries * thresholds.refused_percent;
        if !is_refusing {
            self.is_refusing = false;
        }
        if !is_refusing || self.is_refusing || now - self.refusing_told < MIN_BETWEEN_MS {
            return None;
        }
        (self.is_refusing, self.refusing_told) = (true, now);
        Some(Notice::SourceRefusing { source: source.to_owned(), since, refused, deliveries })
    }
}

/// Returns whether it is to be told that there are dead letters: the first since all that were told
/// of are gone, at most once in an hour. `oldest` is when the oldest was kept, and `told` when it was
/// last told; 0 if it never was.
#[must_use]
pub fn tells_dead_letters(now: i64, oldest: Option<i64>, told: i64) -> bool {
    oldest.is_some_and(|oldest| oldest >= told) && now - told >= MIN_BETWEEN_MS
}
