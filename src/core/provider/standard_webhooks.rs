//! Any sender that signs as Standard Webhooks does: shops' own systems, and providers without a
//! file of their own. standardwebhooks.com; github standard-webhooks/standard-webhooks, `spec/`.
//!
//! The specification says how to sign, and leaves the body open except for `type`, `timestamp` and
//! `data`. A body with `data.order_id` (or `data.id`) and `data.status` is read as an order's; the
//! status is one of [`Status`]'s own words. Any other body becomes an unrecognised event, whole,
//! under its signed `webhook-id`.

use super::definition::{Provider, ReadBody, required, required_object};
use crate::{
    delivery::Delivery,
    event::{Change, Content, Order, Status, Unrecognized},
    json::Object,
    provider::word::{StatusWord, find},
    scheme::{
        Age, HmacSha256, KeyFormat, Layout, Part, Scheme, SignatureHeader, Stamp,
        encoding::Encoding,
    },
    time::{UtcOffset, to_utc},
};

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";

pub(super) static PROVIDER: Provider = Provider {
    name: "standard-webhooks",
    scheme: Scheme::Hmac(HmacSha256 {
        key: KeyFormat::Whsec,
        tags: SignatureHeader {
            header: "webhook-signature",
            layout: Layout::Listed("v1,"),
            encoding: Encoding::Base64,
        },
        content: &[
            Part::Header(ID),
            Part::Literal("."),
            Part::Timestamp,
            Part::Literal("."),
            Part::Body,
        ],
        // The reference libraries allow five minutes either way.
        age: Some((Stamp::Header(TIMESTAMP), Age { past: 300, future: 300 })),
    }),
    events: &[],
    statuses: &STATUSES,
    attempt: None,
    id: Some(ID),
    read,
};

static STATUSES: [StatusWord; 25] = words();

#[allow(clippy::indexing_slicing)] // Evaluated by the compiler.
const fn words() -> [StatusWord; 25] {
    let mut words = [StatusWord::open("", Status::Unknown); 25];
    let mut i = 0;
    // `unknown` is last, and is not a word that senders use.
    while i < words.len() {
        let status = Status::ALL[i];
        words[i] = StatusWord { text: status.as_str(), status, is_final: status.ends() };
        i += 1;
    }
    words
}

fn read<'a>(
    delivery: &Delivery<'a>,
    body: &'a str,
    zone: Option<UtcOffset>,
) -> Result<Option<ReadBody<'a>>, Unrecognized> {
    let body = Object::parse(body)?;
    let id = delivery.header(ID).ok_or(Unrecognized::MissingField(ID))?;
    let data = required_object(&body, "data")?;
    let order_id = data.text("order_id").or_else(|| data.text("id"));
    let order = Order {
        id: order_id.ok_or(Unrecognized::MissingField("data.order_id"))?,
        tracking_number: data.text("tracking_number"),
        tracking_url: data.text("tracking_url"),
        ..Order::default()
    };
    let status = required(&data, "status", "data.status")?;
    let to = Change::to(find(&STATUSES, &status));
    let change = Change { provider_event: body.text("type"), provider_now: Some(status), ..to };
    let test = change.now == Status::Test;
    let content = Content { test, ..Content::new(order, change) };
    Ok(Some(ReadBody { id, time: to_utc(body.text("timestamp"), zone), content: Ok(content) }))
}
