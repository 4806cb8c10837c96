//! Lines of CSV (RFC 4180) for exports.

use super::{order_state::OrderState, parcel::Parcel, taken::Taken, verdict::Verdict};
use crate::event::{Reason, Status};

/// The head of an export of events.
pub const EVENT_COLUMNS: [&str; 18] = [
    "source",
    "id",
    "type",
    "time",
    "time_source",
    "taken_at",
    "verdict",
    "order",
    "reference",
    "status",
    "phase",
    "reason",
    "was",
    "final",
    "test",
    "tracking_number",
    "carrier",
    "authenticity",
];

/// The head of an export of orders.
pub const ORDER_COLUMNS: [&str; 15] = [
    "source",
    "id",
    "reference",
    "status",
    "phase",
    "reason",
    "final",
    "test",
    "time",
    "time_source",
    "carrier",
    "tracking_numbers",
    "events",
    "created_at",
    "updated_at",
];

/// Returns one line, with CR and LF at its end.
///
/// A cell that a spreadsheet would take for a formula gets a `'` in front: one that begins with `=`,
/// `+`, `-`, `@`, `;`, a tab, a carriage return or a line feed. Some spreadsheets separate cells by
/// `;` or by tabs, so what follows one begins a cell there, and gets a `'`, too.
///
/// ```
/// use orderhook_core::dispatch::csv;
///
/// assert_eq!(csv::line(["A-1", "", "a,b", "a \"b\"", "=1+1"]), "A-1,,\"a,b\",\"a \"\"b\"\"\",'=1+1\r\n");
/// ```
pub fn line<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    let mut line = String::new();
    for (at, text) in cells.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        cell(&mut line, text);
    }
    line.push_str("\r\n");
    line
}

/// The characters with which a formula may begin.
const FORMULA: [char; 8] = ['=', '+', '-', '@', ';', '\t', '\r', '\n'];

fn cell(line: &mut String, text: &str) {
    let is_quoted = text.contains([',', '"', '\r', '\n']);
    line.extend(is_quoted.then_some('"'));
    // A spreadsheet that separates by `;` or by tabs begins a cell at each.
    let mut is_start = true;
    for character in text.chars() {
        if is_start && FORMULA.contains(&character) {
            line.push('\'');
        }
        is_start = matches!(character, ';' | '\t');
        line.extend(is_quoted.then_some('"').filter(|_| character == '"'));
        line.push(character);
    }
    line.extend(is_quoted.then_some('"'));
}

/// Returns the line of an event. `taken_at` is the time when the journal took it.
#[must_use]
pub fn event_line(event: &Taken, verdict: Option<Verdict>, taken_at: &str) -> String {
    let report = event.report.as_ref();
    let text = |of: Option<&'static str>| of.unwrap_or_default();
    let own = |of: Option<&Option<String>>| of.cloned().flatten().unwrap_or_default();
    let flag = |of: Option<bool>| text(of.map(|flag| if flag { "true" } else { "false" }));
    let reference = own(report.map(|report| &report.reference));
    let number = own(report.map(|report| &report.tracking_number));
    let carrier = own(report.map(|report| &report.carrier));
    line([
        &*event.source,
        &event.id,
        event.kind,
        &event.time.in_millis(),
        event.time_source.as_str(),
        taken_at,
        text(verdict.map(Verdict::as_str)),
        report.map(|report| &*report.order).unwrap_or_default(),
        &reference,
        text(report.map(|report| report.status.as_str())),
        text(report.map(|report| report.status.phase().as_str())),
        text(report.and_then(|report| report.reason).map(Reason::as_str)),
        text(report.and_then(|report| report.was).map(Status::as_str)),
        flag(report.map(|report| report.is_final)),
        flag(report.map(|report| report.test)),
        &number,
        &carrier,
        &event.authenticity,
    ])
}

/// What a journal knows of an order beside its state.
#[derive(Clone, Copy, Debug)]
pub struct OrderRow<'r> {
    /// The source's name.
    pub source: &'r str,
    /// The number of its events that are kept.
    pub events: u64,
    /// When its first event was taken.
    pub created_at: &'r str,
    /// When its latest event was taken.
    pub updated_at: &'r str,
}

/// Returns the line of an order.
#[must_use]
pub fn order_line(order: &OrderState, row: OrderRow<'_>) -> String {
    let (shown, since) = (order.shown(), order.since());
    let flag = |flag| if flag { "true" } else { "false" };
    let numbers: Vec<_> = order.parcels().iter().map(Parcel::tracking_number).collect();
    line([
        row.source,
        order.order(),
        order.reference().unwrap_or_default(),
        order.status().as_str(),
        order.phase().as_str(),
        shown.and_then(|step| step.reason).map(Reason::as_str).unwrap_or_default(),
        flag(order.is_final()),
        flag(order.is_test()),
        &since.map(|step| step.time.in_millis()).unwrap_or_default(),
        since.map(|step| step.time_source.as_str()).unwrap_or_default(),
        order.carrier().unwrap_or_default(),
        &numbers.join(" "),
        &row.events.to_string(),
        row.created_at,
        row.updated_at,
    ])
}
