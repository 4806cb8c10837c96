//! Calls of the Durable Objects.

use js_sys::{Array, Uint32Array};
use orderhook_executor::{Failure, wait};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;
use web_sys::Response;

use super::{CallError, Host, raw};
use crate::json;

/// Hands each journal the texts at its places. Returns an answer for each journal.
pub(crate) async fn take(
    host: &Host,
    texts: &Array,
    groups: &[(String, Vec<usize>)],
) -> Vec<Result<String, CallError>> {
    let names = groups.iter().map(|(name, _)| name.clone()).collect();
    let places = groups.iter().map(|(_, places)| numbers(places)).collect();
    ends(wait(raw::take(host, names, texts, places)).await, groups.len())
}

#[allow(clippy::cast_possible_truncation)] // A batch has a hundred places.
fn numbers(places: &[usize]) -> Uint32Array {
    places.iter().map(|place| *place as u32).collect::<Vec<_>>().as_slice().into()
}

/// Asks several journals the same question. Returns an answer for each.
pub(crate) async fn ask_journals(
    host: &Host,
    names: &[String],
    question: &impl Serialize,
) -> Vec<Result<String, Failure>> {
    let text = json::text(question);
    asked(host, names.to_vec(), vec![text; names.len()]).await
}

/// Asks each journal its own question. Returns an answer for each.
pub(crate) async fn ask_each(
    host: &Host,
    questions: &[(String, impl Serialize)],
) -> Vec<Result<String, Failure>> {
    let (names, texts) =
        questions.iter().map(|(name, question)| (name.clone(), json::text(question))).unzip();
    asked(host, names, texts).await
}

async fn asked(
    host: &Host,
    names: Vec<String>,
    questions: Vec<String>,
) -> Vec<Result<String, Failure>> {
    let count = names.len();
    if count == 0 {
        return Vec::new();
    }
    answers(wait(raw::ask_journals(host, names, questions)).await, count)
}

/// Lets each journal take its own step with deliveries. A journal is named, or given by its id.
pub(crate) async fn deliver(
    host: &Host,
    steps: &[(String, impl Serialize)],
    are_ids: bool,
) -> Vec<Result<String, Failure>> {
    let (names, texts): (Vec<_>, Vec<_>) =
        steps.iter().map(|(name, step)| (name.clone(), json::text(step))).unzip();
    if names.is_empty() {
        return Vec::new();
    }
    answers(wait(raw::deliver(host, names, texts, are_ids)).await, steps.len())
}

/// Gives each journal a newer copy of the endpoints.
pub(crate) async fn set_endpoints(
    host: &Host,
    names: &[String],
    endpoints: &impl Serialize,
) -> Vec<Result<String, Failure>> {
    let called = wait(raw::set_endpoints(host, names.to_vec(), &json::text(endpoints))).await;
    answers(called, names.len())
}

/// Opens a socket that follows a journal. Returns its response.
pub(crate) async fn watch_journal(
    host: &Host,
    name: &str,
    watcher: &impl Serialize,
) -> Result<Response, Failure> {
    Ok(wait(raw::watch_journal(host, name, &json::text(watcher))).await?.unchecked_into())
}

/// Sets the lost alarms of journals again.
pub(crate) async fn check_journals(host: &Host, names: &[String]) -> Vec<Result<String, Failure>> {
    answers(wait(raw::check_journals(host, names.to_vec())).await, names.len())
}

/// Sets the lost alarm of the registry again.
pub(crate) async fn check_registry(host: &Host) -> Result<(), Failure> {
    one(wait(raw::check_registry(host)).await).map(drop).map_err(Failure::from)
}

/// Asks the registry.
pub(crate) async fn ask_registry<T: DeserializeOwned>(
    host: &Host,
    question: &impl Serialize,
) -> Result<T, CallError> {
    let answer = one(wait(raw::ask_registry(host, &json::text(question))).await)?;
    serde_json::from_str(&answer)
        .map_err(|_| CallError::misunderstood("the registry's answer is not understood"))
}

/// Returns the answer of each object.
fn answers(called: Result<JsValue, Failure>, count: usize) -> Vec<Result<String, Failure>> {
    ends(called, count).into_iter().map(|end| end.map_err(Failure::from)).collect()
}

/// Returns the answer of the one object that was asked.
fn one(called: Result<JsValue, Failure>) -> Result<String, CallError> {
    ends(called, 1).pop().unwrap_or_else(|| Err(unanswered()))
}

/// Returns what each of `count` calls came to: the list that `each` of host.js resolves to.
fn ends(called: Result<JsValue, Failure>, count: usize) -> Vec<Result<String, CallError>> {
    let mut ends: Vec<_> = match called {
        Ok(ends) => Array::from(&ends).iter().map(|end| end_of(&Array::from(&end))).collect(),
        Err(Failure(cause)) => vec![Err(CallError { cause, is_of_object: true }); count],
    };
    ends.resize_with(count, || Err(unanswered()));
    ends
}

/// Returns a call's answer, of `[true, answer]`, or its error, of `[false, error]`.
fn end_of(end: &Array) -> Result<String, CallError> {
    let value = end.get(1);
    if !end.get(0).is_truthy() {
        return Err(value.into());
    }
    // A call that only sets an alarm answers nothing.
    if value.is_undefined() { Ok(String::new()) } else { value.as_string().ok_or_else(unanswered) }
}

fn unanswered() -> CallError {
    CallError::misunderstood("a Durable Object did not answer with a text")
}
