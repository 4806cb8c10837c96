//! One line of JSON for each delivery and each event. None holds a secret, a token, a tag or a
//! customer's data: an id, a status and a source's name are all that is said of an order.

use std::cell::Cell;

use serde::Serialize;
use web_sys::console;

use crate::{host::Level, json::text};

/// How a delivery went.
#[derive(Serialize)]
pub(crate) struct DeliveryLine<'a> {
    /// Always `delivery`.
    pub(crate) at: &'static str,
    /// `None` where the address is of no source: what was asked for may be a token.
    pub(crate) source: Option<&'a str>,
    pub(crate) provider: Option<&'a str>,
    pub(crate) outcome: Outcome,
    /// The answer's.
    pub(crate) code: &'a str,
    /// The event's id.
    pub(crate) id: Option<&'a str>,
    /// The body's length, where it was read.
    pub(crate) bytes: Option<usize>,
    pub(crate) ms: u32,
    /// Said of an event that could not be normalised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recognized: Option<bool>,
    /// How many lines like this one were left out since the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeated: Option<u32>,
    /// Why KV or the queue failed, or what is wrong with the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<&'a str>,
}

/// The ways to go.
#[derive(Clone, Copy, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Its event is in the queue.
    Accepted,
    /// Its event was there before.
    Duplicate,
    /// A test without an order.
    Ready,
    /// A copy of it is being taken: it has to come again.
    Held,
    /// It will not be taken however often it comes.
    Refused,
    /// It was not taken, through no fault of its own.
    Failed,
}

impl DeliveryLine<'_> {
    /// How loud it is: an error where nothing was taken, a warning where somebody should look.
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

/// Milliseconds between two lines of a sample.
const SAMPLE_EVERY_MS: f64 = 10_000.0;

/// Picks the lines to log of a kind that strangers can cause any number of: the first, and then one
/// in ten seconds.
#[derive(Default)]
pub(crate) struct Sample {
    /// When the last one was logged.
    last: Cell<Option<f64>>,
    left_out: Cell<u32>,
}

impl Sample {
    /// Returns how many lines were left out since the last, or `None` where this one is left out,
    /// too.
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

/// What left the queue.
#[derive(Serialize)]
pub(crate) struct EventLine<'a> {
    /// Always `event`.
    pub(crate) at: &'static str,
    pub(crate) source: &'a str,
    pub(crate) id: &'a str,
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    pub(crate) status: Option<&'a str>,
    #[serde(rename = "final")]
    pub(crate) is_final: Option<bool>,
    pub(crate) test: Option<bool>,
    pub(crate) time: &'a str,
}

/// Writes what left the queue.
pub(crate) fn event(line: &EventLine<'_>) {
    console::log_1(&text(line).into());
}

/// Writes that a message is no event.
pub(crate) fn not_an_event(queue: &str, message: &str) {
    #[derive(Serialize)]
    struct Line<'a> {
        at: &'static str,
        code: &'static str,
        queue: &'a str,
        message: &'a str,
    }
    let line = Line { at: "event", code: "not_an_event", queue, message };
    console::error_1(&text(&line).into());
}

/// What is wrong with a source's settings.
#[derive(Serialize)]
pub(crate) struct SettingsOf<'a> {
    pub(crate) source: &'a str,
    pub(crate) problems: &'a [String],
    pub(crate) warnings: &'a [String],
}

/// Writes what is wrong with the settings: as an error where a source takes no deliveries or a
/// variable is wrong, else as a warning.
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
