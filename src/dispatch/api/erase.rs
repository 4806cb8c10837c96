//! Erases orders, one by one or all of a customer.

use orderhook_core::is_name;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    body,
    caller::{Caller, available},
    door::digest,
    params::Params,
    problem::Problem,
    reply::Reply,
};
use crate::{
    contact::Contact,
    host::{self, Failure},
    journal::{Erased, Mentions, Payloads, Question},
    json, log,
    registry::{self, Action},
    source::{self, SOURCE_NAME},
};

/// The orders that one request erases.
const MAX_ORDERS: usize = 100;

/// What was erased.
#[derive(Serialize, Default)]
struct Erasure {
    orders: i64,
    events: i64,
    payloads: usize,
    dead_letters: i64,
    complete: bool,
}

/// Answers `DELETE /v1/orders/{source}/{id}`.
pub(super) async fn order(caller: &Caller<'_>, source: &str, id: &str) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let journals = caller.journals(Some(source))?;
    let target = format!("{source} {}", digest(id));
    log_audit(caller, Action::OrderErased, Some(target)).await?;
    let mut erasure = Erasure::default();
    for journal in &journals {
        erasure.order(caller, journal, id).await?;
    }
    if erasure.orders + erasure.events + erasure.dead_letters == 0 {
        return Err(Problem::OrderNotFound);
    }
    Ok(Reply::Empty)
}

/// Adds an entry to the audit before anything is erased, so that it also has erasures that failed
/// in the middle.
async fn log_audit(
    caller: &Caller<'_>,
    action: Action,
    target: Option<String>,
) -> Result<(), Problem> {
    caller.registry(&registry::Question::Log { actor: caller.actor(), action, target }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default, deserialize_with = "text")]
    source: Option<String>,
    #[serde(default, deserialize_with = "text")]
    email: Option<String>,
    #[serde(default, deserialize_with = "text")]
    phone: Option<String>,
}

/// Reads a member that may be missing, but may not be null.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// Answers `POST /v1/erasures`.
pub(super) async fn customer(caller: &Caller<'_>) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let expected = "an object of `email` or `phone`, and perhaps `source`";
    let wanted: Wanted = body::read(caller.request, expected).await?;
    let contact = wanted.contact()?;
    let journals = caller.journals(wanted.source.as_deref())?;
    log_audit(caller, Action::CustomerErased, None).await?;
    let mut erasure = Erasure::default();
    erasure.complete = erasure.customer(caller, &journals, &contact).await?;
    erasure.dead_letters += caller
        .registry::<i64>(&registry::Question::EraseDeadLettersOf {
            source: wanted.source,
            contact: contact.clone(),
        })
        .await?;
    Ok(Reply::Json(json::text(&erasure)))
}

impl Wanted {
    fn contact(&self) -> Result<Contact, Problem> {
        let invalid = |detail: &str| Problem::InvalidBody { detail: detail.to_owned() };
        if self.source.as_deref().is_some_and(|source| !is_name(source)) {
            return Err(invalid(&format!("`source` takes {SOURCE_NAME}")));
        }
        let (text, is_email) = match (&self.email, &self.phone) {
            (Some(email), None) => (email, true),
            (None, Some(phone)) => (phone, false),
            _ => return Err(invalid("the body has `email` or `phone`, and not both")),
        };
        let is_of_form = if is_email { is_address(text) } else { is_number(text) };
        let contact = Contact::read(text).filter(|_| is_of_form);
        contact.ok_or_else(|| {
            invalid(if is_email {
                "`email` takes an e-mail address"
            } else {
                "`phone` takes a telephone number with at least six digits"
            })
        })
    }
}

/// The characters that an e-mail address, and a telephone number, may have.
const MAX_ADDRESS: usize = 320;
const MAX_NUMBER: usize = 64;

fn is_address(text: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace());
    let (name, host) = text.split_once('@').unwrap_or_default();
    is_part(name) && is_part(host) && text.chars().count() <= MAX_ADDRESS
}

fn is_number(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_digit() || " +-./()".contains(c);
    text.chars().all(is_allowed) && text.len() <= MAX_NUMBER
}

impl Erasure {
    /// Erases orders of a customer, and what was not understood and names the customer. Returns
    /// whether that is all.
    async fn customer(
        &mut self,
        caller: &Caller<'_>,
        journals: &[String],
        contact: &Contact,
    ) -> Result<bool, Problem> {
        let mut left = MAX_ORDERS;
        for journal in journals {
            let question = Question::OrdersOf { contact: contact.clone(), limit: left + 1 };
            let orders: Vec<String> = ask(caller, journal, &question).await?;
            for order in orders.iter().take(left) {
                self.order(caller, journal, order).await?;
            }
            if orders.len() > left {
                return Ok(false);
            }
            left -= orders.len();
            self.mentions(caller, journal, contact).await?;
        }
        Ok(true)
    }

    /// Erases an order of a journal. Its bodies in KV come first: if that fails, the order is still
    /// there to find them by.
    async fn order(&mut self, caller: &Caller<'_>, journal: &str, id: &str) -> Result<(), Problem> {
        let mut after = Some(0);
        while let Some(position) = after {
            let question = Question::Payloads { order: id.to_owned(), after: position };
            let Payloads { keys, next } = ask(caller, journal, &question).await?;
            self.forget(caller, keys).await?;
            after = next;
        }
        loop {
            let question = Question::EraseOrder { order: id.to_owned() };
            let Erased { events, orders, has_more } = ask(caller, journal, &question).await?;
            self.events += events;
            self.orders += orders;
            if !has_more {
                break;
            }
        }
        let source = source::of_journal(journal).to_owned();
        let question = registry::Question::EraseDeadLetters { source, order: id.to_owned() };
        self.dead_letters += caller.registry::<i64>(&question).await?;
        Ok(())
    }

    /// Erases the events of a journal that were not understood and name a customer.
    async fn mentions(
        &mut self,
        caller: &Caller<'_>,
        journal: &str,
        contact: &Contact,
    ) -> Result<(), Problem> {
        let mut after = Some(0);
        while let Some(position) = after {
            let question = Question::Mentions { contact: contact.clone(), after: position };
            let Mentions { events, keys, next } = ask(caller, journal, &question).await?;
            if !events.is_empty() {
                self.forget(caller, keys).await?;
                self.events += i64::try_from(events.len()).unwrap_or(0);
                ask::<()>(caller, journal, &Question::EraseEvents { events }).await?;
            }
            after = next;
        }
        Ok(())
    }

    async fn forget(&mut self, caller: &Caller<'_>, keys: Vec<String>) -> Result<(), Problem> {
        if keys.is_empty() {
            return Ok(());
        }
        self.payloads += keys.len();
        host::forget(caller.host, keys).await.map_err(|Failure(cause)| {
            log::failure("kv", &cause);
            Problem::PayloadsUnavailable
        })
    }
}

async fn ask<T: serde::de::DeserializeOwned>(
    caller: &Caller<'_>,
    journal: &str,
    question: &Question,
) -> Result<T, Problem> {
    let answers = host::ask_journals(caller.host, &[journal.to_owned()], question).await;
    let answer = answers.into_iter().next().ok_or(Problem::Internal)?;
    serde_json::from_str(&available(journal, answer)?).map_err(|_| Problem::Internal)
}
