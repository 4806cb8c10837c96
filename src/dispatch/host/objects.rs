//! Calls of the Durable Objects.

use js_sys::{Array, Uint32Array};
use orderhook_executor::{Failure, wait};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;

use super::{Host, raw};
use crate::json;

/// Hands each journal the texts at its places. Returns an answer for each journal.
pub(crate) async fn take(
    host: &Host,
    texts: &Array,
    groups: &[(String, Vec<u32>)],
) -> Vec<Result<String, Failure>> {
    let names = groups.iter().map(|(name, _)| name.clone()).collect();
    let places = groups.iter().map(|(_, places)| Uint32Array::from(places.as_slice())).collect();
    answers(wait(raw::take(host, names, texts, places)).await, groups.len())
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

/// Sets the lost alarms of journals again.
pub(crate) async fn check_journals(host: &Host, names: &[String]) -> Vec<Result<String, Failure>> {
    answers(wait(raw::check_journals(host, names.to_vec())).await, names.len())
}

/// Sets the lost alarm of the registry again.
pub(crate) async fn check_registry(host: &Host) -> Result<(), Failure> {
    wait(raw::check_registry(host)).await.map(drop)
}

/// Asks the registry.
pub(crate) async fn ask_registry<T: DeserializeOwned>(
    host: &Host,
    question: &impl Serialize,
) -> Result<T, Failure> {
    let answer = wait(raw::ask_registry(host, &json::text(question))).await?;
    let answer = answer.as_string().unwrap_or_default();
    serde_json::from_str(&answer)
        .map_err(|_| Failure("the registry's answer is not understood".into()))
}

/// Returns the answer of each object.
fn answers(ends: Result<JsValue, Failure>, count: usize) -> Vec<Result<String, Failure>> {
    match ends {
        Ok(ends) => Array::from(&ends)
            .iter()
            .map(|end| match end.as_string() {
                Some(text) => Ok(text),
                None if end.is_undefined() => Ok(String::new()),
                None => Err(Failure::from(end)),
            })
            .collect(),
        Err(Failure(text)) => (0..count).map(|_| Err(Failure(text.clone()))).collect(),
    }
}
