//! UP42, orders of satellite imagery.
//! docs.up42.com; the signature as UP42's own handlers check it (up42/up42-webhooks, `snippets/`).

use super::definition::{Provider, ReadBody, required, required_object};
use crate::{
    delivery::Delivery,
    event::{Change, Content, Order, Status, Unrecognized},
    json::Object,
    provider::word::{StatusWord, find},
    scheme::{Age, HeaderList, KeyFormat, Scheme},
    time::{UtcOffset, to_utc},
};

pub(super) static PROVIDER: Provider = Provider {
    name: "up42",
    scheme: Scheme::HeaderList(HeaderList {
        input: "signature-input",
        signature: "signature",
        key: KeyFormat::Utf8,
        created: "created",
        // UP42's handlers accept less than 300 s of age and refuse the future. Here the future has
        // the same bound: otherwise a sender's clock that is ahead by less than a second would lose
        // deliveries for good.
        age: Age { past: 299, future: 299 },
    }),
    events: &[],
    statuses: &STATUSES,
    attempt: None,
    id: None,
    read,
};

static STATUSES: [StatusWord; 15] = [
    StatusWord::open("CREATED", Status::Created),
    StatusWord::open("BEING_PLACED", Status::Pending),
    StatusWord::open("PLACED", Status::Confirmed),
    StatusWord::open("PLACEMENT_FAILED", Status::AttemptFailed),
    StatusWord::open("BEING_FULFILLED", Status::Processing),
    StatusWord::open("DELIVERY_INITIALIZATION_FAILED", Status::AttemptFailed),
    StatusWord::open("DOWNLOAD_FAILED", Status::AttemptFailed),
    StatusWord::open("DOWNLOADED", Status::Processing),
    StatusWord::last("FULFILLED", Status::Delivered),
    StatusWord::last("FAILED_PERMANENTLY", Status::Failed),
    StatusWord::last("CANCELED", Status::Cancelled),
    // Of `job.status`, on older pages.
    StatusWord::open("NOT_STARTED", Status::Created),
    StatusWord::last("SUCCEEDED", Status::Delivered),
    StatusWord::last("FAILED", Status::Failed),
    StatusWord::last("ERROR", Status::Failed),
];

fn read<'a>(
    _: &Delivery<'a>,
    body: &'a str,
    zone: Option<UtcOffset>,
) -> Result<Option<ReadBody<'a>>, Unrecognized> {
    let post = Object::parse(body)?;
    let id = required(&post, "messageId", "messageId")?;
    let body = required_object(&post, "body")?;
    // The pages do not say what a job's body calls its id.
    let order_id = body.text("orderId").or_else(|| body.text("jobId")).or_else(|| body.text("id"));
    let order = Order {
        id: order_id.ok_or(Unrecognized::MissingField("body.orderId"))?,
        ..Order::default()
    };
    let status = required(&body, "status", "body.status")?;
    let to = Change::to(find(&STATUSES, &status));
    let change = Change {
        // The provider's own flag takes precedence over the table.
        is_final: body.flag("statusIsFinal").unwrap_or(to.is_final),
        provider_event: post.text("event"),
        provider_now: Some(status),
        ..to
    };
    let test = post.flag("liveMode") == Some(false);
    let content = Content { test, ..Content::new(order, change) };
    Ok(Some(ReadBody { id, time: to_utc(post.text("timestamp"), zone), content: Ok(content) }))
}
