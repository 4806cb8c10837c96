//! Lists events, and finds one.

use orderhook_core::{
    EVENT_TYPES,
    dispatch::{OPERATIONAL_TYPES, Verdict, order_key},
};
use serde_json::value::RawValue;

use super::{
    caller::{Caller, available},
    list::{LIMIT, List, MAX_LIMIT, PAGE},
    params::Params,
    problem::Problem,
    reply::Reply,
};
use crate::{
    cursor::{Cursor, OLDEST_EVENTS},
    host,
    journal::{EventsQuery, Question},
    json,
    source::named,
};

const FILTERS: [&str; 7] = ["order", "type", "status", "phase", "verdict", "test", "sort"];

/// The name of the list that begins with the newest.
const NEWEST: &str = "events-newest";

/// Answers `GET /v1/events`.
pub(super) async fn list(caller: &Caller<'_>) -> Result<Reply, Problem> {
    let params = Params::parse(caller.query, &[&PAGE[..], &FILTERS].concat())?;
    let newest = params.word("sort", &["newest", "oldest"])? != Some("oldest");
    let name = if newest { NEWEST } else { OLDEST_EVENTS };
    let query = query(&params)?;
    let mut list = List::of(caller, &params, name, newest, params.limit(MAX_LIMIT, LIMIT)?)?;
    list.is_endless = !newest;
    list.has_head = true;
    let question = |part, _: &str| Question::Events(EventsQuery { part, ..query.clone() });
    let answer = list.ask(caller, question).await?;
    let records = answer.json().collect::<Vec<_>>().join(",");
    let head = Cursor { list: OLDEST_EVENTS.to_owned(), positions: answer.tops };
    Ok(Reply::Json(format!(
        r#"{{"events":[{records}],"next":{},"head":"{}"}}"#,
        json::text(&answer.next),
        head.text(),
    )))
}

/// Returns every type that an event may have.
pub(super) fn types() -> Vec<&'static str> {
    [&EVENT_TYPES[..], &OPERATIONAL_TYPES].concat()
}

fn query(params: &Params) -> Result<EventsQuery, Problem> {
    let order = params.text("order")?;
    Ok(EventsQuery {
        order: order.map(|order| order_key(&order).into_owned()),
        kind: params.word("type", &types())?.map(Into::into),
        statuses: params.statuses()?,
        verdict: params.word("verdict", &Verdict::ALL.map(Verdict::as_str))?.map(Into::into),
        test: params.flag("test")?,
        ..EventsQuery::default()
    })
}

/// Answers `GET /v1/events/{source}/{id}`.
pub(super) async fn one(caller: &Caller<'_>, source: &str, id: &str) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let journals = caller.journals(Some(source))?;
    let question = Question::Event { id: id.to_owned() };
    let answers = host::ask_journals(caller.host, &journals, &question).await;
    for (name, answer) in journals.iter().zip(answers) {
        let answer = available(name, answer)?;
        let answer: &RawValue = serde_json::from_str(&answer).map_err(|_| Problem::INTERNAL)?;
        if answer.get() != "null" {
            return Ok(Reply::Json(named(name, answer.get())));
        }
    }
    Err(Problem::EVENT_NOT_FOUND)
}
