//! Erases orders, one by one or all of a customer.

use orderhook_core::{dispatch::Contact, is_name};
use serde::{Deserialize, Serialize};

use super::{
    body,
    caller::Caller,
    erasure::{Counts, Erasure},
    params::Params,
    problem::Problem,
    reply::Reply,
};
use crate::{
    cursor::Cursor,
    digest::digest,
    json,
    registry::{Action, Question},
    source::SOURCE_NAME,
};

/// The name that the cursors of an erasure have.
const ERASURES: &str = "erasures";

/// Answers `DELETE /v1/orders/{source}/{id}`.
pub(super) async fn order(caller: &Caller<'_>, source: &str, id: &str) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let journals = caller.journals(Some(source))?;
    log_order(caller, source, id).await?;
    let mut erasure = Erasure::new(caller, [].into());
    let complete = erasure.order(source, &journals, id).await?;
    let counts = Counts { complete, ..erasure.counts };
    if !complete {
        return Ok(Reply::Accepted(json::text(&counts)));
    }
    if counts.orders + counts.events + counts.dead_letters == 0 {
        return Err(Problem::ORDER_NOT_FOUND);
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
    caller.registry(&Question::Log { actor: caller.actor(), action, target }).await
}

async fn log_order(caller: &Caller<'_>, source: &str, id: &str) -> Result<(), Problem> {
    let target = format!("{source} {}", digest(id));
    log_audit(caller, Action::OrderErased, Some(target)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default, deserialize_with = "body::given")]
    source: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    order: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    email: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    phone: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    cursor: Option<String>,
}

#[derive(Serialize)]
struct Body {
    #[serde(flatten)]
    counts: Counts,
    /// The cursor with which to go on.
    next: Option<String>,
}

/// What is to be erased.
enum Target {
    Customer(Contact),
    Order { source: String, id: String },
}

/// Answers `POST /v1/erasures`.
pub(super) async fn post(caller: &Caller<'_>) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let expected = "an object of `email`, `phone` or `order`, and perhaps `source` and `cursor`";
    let wanted: Wanted = body::read(caller.request, expected).await?;
    let target = wanted.target()?;
    let parse = |text: &str| Cursor::parse(text, ERASURES).ok_or(Problem::INVALID_CURSOR);
    let cursor = wanted.cursor.as_deref().map(parse).transpose()?;
    let positions = cursor.map(|cursor| cursor.positions).unwrap_or_default();
    let source = wanted.source.as_deref();
    let journals = caller.journals(source)?;
    let mut erasure = Erasure::new(caller, positions);
    let complete = match target {
        Target::Customer(contact) => {
            log_audit(caller, Action::CustomerErased, None).await?;
            erasure.customer(source, &journals, &contact).await?
        }
        Target::Order { source, id } => {
            log_order(caller, &source, &id).await?;
            erasure.order(&source, &journals, &id).await?
        }
    };
    let Erasure { counts, positions, .. } = erasure;
    let next = Cursor { list: ERASURES.to_owned(), positions };
    let next = (!complete).then(|| next.text());
    Ok(Reply::Json(json::text(&Body { counts: Counts { complete, ..counts }, next })))
}

impl Wanted {
    fn target(&self) -> Result<Target, Problem> {
        let invalid = |detail: &str| Problem::invalid_body(detail);
        if self.source.as_deref().is_some_and(|source| !is_name(source)) {
            return Err(invalid(&format!("`source` takes {SOURCE_NAME}")));
        }
        match (&self.email, &self.phone, &self.order) {
            (Some(email), None, None) => Contact::address(email)
                .map(Target::Customer)
                .ok_or_else(|| invalid("`email` takes an e-mail address")),
            (None, Some(phone), None) => {
                Contact::number(phone).map(Target::Customer).ok_or_else(|| {
                    invalid("`phone` takes one telephone number with at least six digits")
                })
            }
            (None, None, Some(id)) => match &self.source {
                Some(_) if !is_id(id) => Err(invalid("`order` takes 1 to 1024 characters")),
                Some(source) => Ok(Target::Order { source: source.clone(), id: id.clone() }),
                None => Err(invalid("`order` needs a `source`")),
            },
            _ => Err(invalid("the body has one of `email`, `phone` and `order`")),
        }
    }
}

/// The characters that an order's id may have.
const MAX_ID: usize = 1024;

fn is_id(text: &str) -> bool {
    (1..=MAX_ID).contains(&text.chars().count())
}
