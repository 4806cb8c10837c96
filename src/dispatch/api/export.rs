//! Exports events or orders, part by part.

use orderhook_core::{
    dispatch::csv::{self, EVENT_COLUMNS, ORDER_COLUMNS},
    percent::decode_query,
};

use super::{
    caller::Caller,
    list::{Answer, List, PAGE},
    params::Params,
    problem::Problem,
    reply::Reply,
};
use crate::journal::{EventsQuery, OrdersQuery, Question};

/// The lines of a part: at most, and unless the caller says.
const MAX_LIMIT: usize = 10_000;

/// The bytes after which a part ends.
const PART_BYTES: usize = 4 * 1024 * 1024;

const NDJSON: &str = "application/x-ndjson";
const CSV: &str = "text/csv; charset=utf-8";

/// Answers `GET /v1/export`.
pub(super) async fn part(caller: &Caller<'_>) -> Result<Reply, Problem> {
    let params = Params::parse(caller.query, &[&PAGE[..], &["of", "format"]].concat())?;
    let of = params.word("of", &["events", "orders"])?;
    let of = of.ok_or_else(|| Problem::invalid_parameter("of", "one of events, orders"))?;
    let is_csv = params.word("format", &["ndjson", "csv"])? == Some("csv");
    let name = if of == "events" { "export-events" } else { "export-orders" };
    let limit = params.limit(MAX_LIMIT, MAX_LIMIT)?;
    let mut list = List::of(caller, &params, name, false, limit)?;
    list.bytes = PART_BYTES;
    let csv = |source: &str| is_csv.then(|| source.to_owned());
    let answer = if of == "events" {
        let question = |part, source: &str| {
            Question::Events(EventsQuery { part, csv: csv(source), ..EventsQuery::default() })
        };
        list.ask(caller, question).await?
    } else {
        let question = |part, source: &str| {
            Question::Orders(OrdersQuery { part, csv: csv(source), ..OrdersQuery::default() })
        };
        list.ask(caller, question).await?
    };
    let link = answer.next.as_ref().map(|next| link(caller.query, next));
    let is_first = params.get("cursor").is_none();
    let columns = if of == "events" { &EVENT_COLUMNS[..] } else { &ORDER_COLUMNS };
    let (kind, text) = if is_csv {
        (CSV, lines(&answer, if is_first { columns } else { &[] }))
    } else {
        (NDJSON, answer.json().fold(String::new(), |text, line| text + &line + "\n"))
    };
    Ok(Reply::Part { kind, text, link })
}

/// Returns lines of CSV, and the head before them if there is one.
fn lines(answer: &Answer, head: &[&str]) -> String {
    let head = if head.is_empty() { String::new() } else { csv::line(head.iter().copied()) };
    answer.texts().fold(head, |text, line| text + &line)
}

/// Returns the address of the next part: that of this one with another cursor.
fn link(query: &str, cursor: &str) -> String {
    let is_cursor = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        decode_query(name).as_deref() == Some("cursor")
    };
    let others = query.split('&').filter(|pair| !pair.is_empty() && !is_cursor(pair));
    let others: String = others.flat_map(|pair| [pair, "&"]).collect();
    format!(r#"</v1/export?{others}cursor={cursor}>; rel="next""#)
}
