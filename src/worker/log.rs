//! One line of JSON for each delivery. Lines never hold a secret, a token, a tag or
//! a customer's data. Of an order they have only an id, a status and a source's name.

use std::cell::Cell;

use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::console;

use crate::{
    host::{Failure, Level},
    json::text,
};

/// The log line of a delivery.
#[derive(Serialize)]
pub(crate) struct DeliveryLine<'a> {
    /// Always `delivery`.
    pub(crate) at: &'static str,
    /// `None` if the address is not a source's: the path may hold a token.
    pub(crate) source: Option<&'a str>,
    pub(crate) provider: Option<&'a str>,
    pub(crate) outcome: Outcome,
    /// The code of the answer.
    pub(crate) code: &'a str,
    /// The event's id.
    pub(crate) id: Option<&'a str>,
    /// The body's length, if it was read.
    pub(crate) bytes: Option<usize>,
    pub(crate) ms: u32,
    /// Only set for an event that could not be normalised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recognized: Option<bool>,
    /// The number of lines like this one that were left out since the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeated: Option<u32>,
    /// Why KV or the queue failed, or what is wrong with the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<&'a str>,
}

/// The outcome of a delivery.
#[derive(Clone, Copy, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The event is in the queue.
    Accepted,
    /// The event was there before.
    Duplicate,
    /// A test without an order.
    Ready,
    /// It says nothing of an order's state.
    Ignored,
    /// A copy is being taken: the provider has to send the delivery again.
    Held,
    /// The delivery will not be taken, however often it is sent.
    Refused,
    /// The delivery was not taken, through no fault of its own.
    Failed,
}

impl DeliveryLine<'_> {
    /// Returns the level: an error if nothing was taken, a warning if an operator should look.
    pub(crate) fn level(&self) -> Level {
        match self.outcome {
            Outcome::Failed => Level::Error,
            // The provider may never send it again, and it may be an order.
            Outcome::Refused if self.code == "body_too_large" => Level::Error,
            Outcome::Refused => Level::Warn,
            _ if self.cause.is_some() || self.recognized.is_some() => Level::Warn,
            _ => Level::Log,
        }
    }
}

/// The milliseconds between two lines of a sample.
const SAMPLE_EVERY_MS: f64 = 10_000.0;

/// Samples lines that strangers can cause any number of: the first line, then one in ten seconds.
#[derive(Default)]
pub(crate) struct Sample {
    /// The time of the last line, in milliseconds since 1970.
    last: Cell<Option<f64>>,
    left_out: Cell<u32>,
}

impl Sample {
    /// Returns how many lines were left out since the last, or `None` if this one is left out, too.
    pub(crate) fn take(&self, now: f64) -> Option<u32> {
        let is_due = self.last.get().is_none_or(|last| now - last >= SAMPLE_EVERY_MS);
        if !is_due {
            self.left_out.set(self.left_out.get().saturating_add(1));
            return None;
        }
        self.last.set(Some(now));
        Some(self.left_out.replace(0))
    }
}

/// Logs that the marks of a delivery, or the commits or releases of its claims, failed after its
/// answer.
/// `key` is that of its first event: `seen:{source}:{id}`.
#[wasm_bindgen(js_name = lateFailure)]
pub fn late_failure(at: &str, key: &str, failures: u32, error: JsValue) {
    #[derive(Serialize)]
    struct Line<'a> {
        at: &'a str,
        source: Option<&'a str>,
        id: Option<&'a str>,
        failures: u32,
        cause: &'a str,
    }
    let mut parts = key.splitn(3, ':').skip(1);
    let (source, id) = (parts.next(), parts.next());
    let Failure(cause) = Failure::from(error);
    console::warn_1(&text(&Line { at, source, id, failures, cause: &cause }).into());
}

/// The problems of a source's settings.
#[derive(Serialize)]
pub(crate) struct SettingsOf<'a> {
    pub(crate) source: &'a str,
    pub(crate) problems: &'a [String],
    pub(crate) warnings: &'a [String],
}

/// Logs the problems of the settings: as an error if a source takes no deliveries or a variable is
/// wrong, else as a warning.
pub(crate) fn settings(status: &str, problems: &[String], sources: &[SettingsOf<'_>]) {
    #[derive(Serialize)]
    struct Line<'a> {
        at: &'static str,
        status: &'a str,
        problems: &'a [String],
        sources: &'a [SettingsOf<'a>],
    }
    let line = text(&Line { at: "settings", status, problems, sources });
    if status == "ok" {
        console::warn_1(&line.into());
    } else {
        console::error_1(&line.into());
    }
}
