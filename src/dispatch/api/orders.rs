//! Lists orders, and finds one.

use super::{
    caller::{Caller, available},
    list::{LIMIT, List, MAX_LIMIT, PAGE},
    params::Params,
    problem::Problem,
    reply::Reply,
};
use crate::{
    host,
    journal::{OrdersQuery, Question},
    json,
};

const FILTERS: [&str; 6] = ["id", "reference", "tracking_number", "status", "phase", "test"];

/// Answers `GET /v1/orders`.
pub(super) async fn list(caller: &Caller<'_>) -> Result<Reply, Problem> {
    let params = Params::parse(caller.query, &[&PAGE[..], &FILTERS].concat())?;
    let query = OrdersQuery {
        id: params.text("id")?,
        reference: params.text("reference")?,
        tracking_number: params.text("tracking_number")?,
        statuses: params.statuses()?,
        test: params.flag("test")?,
        ..OrdersQuery::default()
    };
    let list = List::of(caller, &params, "orders", true, params.limit(MAX_LIMIT, LIMIT)?)?;
    let question = |part, _: &str| Question::Orders(OrdersQuery { part, ..query.clone() });
    let answer = list.ask(caller, question).await?;
    let records = answer.json().collect::<Vec<_>>().join(",");
    let next = json::text(&answer.next);
    Ok(Reply::Json(format!(r#"{{"orders":[{records}],"next":{next}}}"#)))
}

/// Answers `GET /v1/orders/{source}/{id}`.
pub(super) async fn one(caller: &Caller<'_>, source: &str, id: &str) -> Result<Reply, Problem> {
    /// The beginning of a journal's answer, in which its source's name is missing.
    const ORDER: &str = r#"{"order":{"#;
    Params::parse(caller.query, &[])?;
    let journals = caller.journals(Some(source))?;
    let question = Question::Order { id: id.to_owned() };
    let answers = host::ask_journals(caller.host, &journals, &question).await;
    for (journal, answer) in journals.iter().zip(answers) {
        if let Some(rest) = available(journal, answer)?.strip_prefix(ORDER) {
            return Ok(Reply::Json(format!(r#"{ORDER}"source":"{source}",{rest}"#)));
        }
    }
    Err(Problem::ORDER_NOT_FOUND)
}
