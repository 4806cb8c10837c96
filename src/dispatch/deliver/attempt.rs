use js_sys::Math;
use orderhook_core::dispatch::Format;

use super::request::retry_after;
use crate::{
    host::Posted,
    journal::{AttemptOutcome, AttemptResult, Lease},
};

/// The milliseconds after which a delivery is due again if its request did not begin in time; at
/// random, up to twice as many.
const SOON_MS: f64 = 1000.0;

/// A delivery that is being attempted.
pub(super) struct Attempt {
    /// The place of its message in the batch.
    pub(super) place: usize,
    pub(super) journal: String,
    pub(super) lease: Lease,
    /// The version and the format of its endpoint.
    pub(super) version: i64,
    pub(super) format: Format,
}

impl Attempt {
    /// Returns what a journal keeps of a request.
    pub(super) fn outcome_of(&self, posted: Posted) -> AttemptOutcome {
        let Posted { at, ms, answer, .. } = posted;
        let (result, note, answer) = match answer {
            Ok(answer) => {
                let retry_after = answer.retry_after.and_then(|text| retry_after(&text, at));
                let result = AttemptResult::Answered { status: answer.status, retry_after };
                let is_success = (200..300).contains(&answer.status);
                let word = self.format.refusal(&answer.text).filter(|_| !is_success);
                (result, word.map(str::to_owned), Some(answer.text))
            }
            #[allow(clippy::cast_possible_truncation)] // One or two thousand.
            Err(word) if word == "late" => {
                let ms = (SOON_MS * (1.0 + Math::random())) as i64;
                (AttemptResult::Postponed(ms), Some(word), None)
            }
            Err(word) => (AttemptResult::Unanswered, Some(word), None),
        };
        AttemptOutcome { ms, answer, ..self.outcome(at, result, note) }
    }

    /// Returns what a journal keeps of an attempt that made no request.
    pub(super) fn outcome(
        &self,
        at: i64,
        result: AttemptResult,
        note: Option<String>,
    ) -> AttemptOutcome {
        let (lease, version) = (self.lease.clone(), self.version);
        AttemptOutcome { lease, version, at, ms: 0, result, note, answer: None }
    }
}
