//! Lines of JSON for the log. They never hold a secret, a token or a customer's data. Of an order
//! they have only an id, a status and a source's name.

use orderhook_core::{Status, dispatch::Taken};
use serde::Serialize;

use crate::{host, json};

/// Logs an event that a journal has taken.
pub(crate) fn event(event: &Taken, verdict: Option<&str>) {
    #[derive(Serialize)]
    struct Line<'a> {
        at: &'static str,
        source: &'a str,
        id: &'a str,
        #[serde(rename = "type")]
        kind: &'a str,
        status: Option<&'a str>,
        #[serde(rename = "final")]
        is_final: Option<bool>,
        test: Option<bool>,
        time: &'a str,
        verdict: Option<&'a str>,
    }
    let report = event.report.as_ref();
    let line = Line {
        at: "event",
        source: &event.source,
        id: &event.id,
        kind: event.kind,
        status: report.map(|report| report.status).map(Status::as_str),
        is_final: report.map(|report| report.is_final),
        test: report.map(|report| report.test),
        time: event.time.as_str(),
        verdict,
    };
    host::log("log", &json::text(&line));
}

/// Logs the problems of the settings, if there are any.
pub(crate) fn settings(problems: &[String]) {
    #[derive(Serialize)]
    struct Line<'a> {
        at: &'static str,
        problems: &'a [String],
    }
    if !problems.is_empty() {
        host::log("error", &json::text(&Line { at: "settings", problems }));
    }
}

/// A failure of an object, of a queue or of KV, in the host's words.
#[derive(Serialize)]
struct Failure<'a> {
    at: &'static str,
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    journal: Option<&'a str>,
    /// The ids of the messages that are redelivered.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    messages: &'a [&'a str],
    cause: &'a str,
}

impl<'a> Failure<'a> {
    fn new(what: &'static str, cause: &'a str) -> Self {
        Self { at: "failure", what, journal: None, messages: &[], cause }
    }

    fn log(&self) {
        host::log("error", &json::text(self));
    }
}

/// Logs a failure of the registry, of a queue or of KV.
pub(crate) fn failure(what: &'static str, cause: &str) {
    Failure::new(what, cause).log();
}

/// Logs a failure of a journal.
pub(crate) fn journal_failure(journal: &str, cause: &str) {
    Failure { journal: Some(journal), ..Failure::new("journal", cause) }.log();
}

/// Logs the ids of messages that a journal, or else the registry, did not take.
pub(crate) fn untaken(journal: Option<&str>, messages: &[&str], cause: &str) {
    let what = journal.map_or("registry", |_| "journal");
    Failure { journal, messages, ..Failure::new(what, cause) }.log();
}

/// Logs the new state of an endpoint.
pub(crate) fn endpoint(id: &str, state: &str, reason: &str) {
    #[derive(Serialize)]
    struct Line<'a> {
        at: &'static str,
        endpoint: &'a str,
        state: &'a str,
        reason: &'a str,
    }
    host::log("warn", &json::text(&Line { at: "endpoint", endpoint: id, state, reason }));
}

/// Logs that an operational event was taken, by its id.
pub(crate) fn notice(id: &str) {
    #[derive(Serialize)]
    struct Line<'a> {
        at: &'static str,
        id: &'a str,
    }
    host::log("warn", &json::text(&Line { at: "operational", id }));
}

/// Logs how many deliveries were removed with their events before they were done.
pub(crate) fn undelivered(count: i64) {
    #[derive(Serialize)]
    struct Line {
        at: &'static str,
        undelivered: i64,
    }
    host::log("warn", &json::text(&Line { at: "pruned", undelivered: count }));
}

/// Logs that a message is not what its queue is for.
pub(crate) fn refused(queue: &str, message: &str, code: &'static str) {
    #[derive(Serialize)]
    struct Line<'a> {
        at: &'static str,
        code: &'static str,
        queue: &'a str,
        message: &'a str,
    }
    host::log("error", &json::text(&Line { at: "message", code, queue, message }));
}
