use super::notice::{DEAD_LETTERS, ENDPOINT_DISABLED, Notice, SOURCE_REFUSING, SOURCE_SILENT};
use crate::{
    event::{EVENT_TYPES, ORDER_STATUS, Status, UNRECOGNIZED},
    json::write::{self, Fields},
};

/// The order of a test event.
const ORDER: &str = "orderhook-test";

/// Returns an operational event that tests an endpoint, as JSON text; `None` for another type.
/// `now` is the moment, in milliseconds since 1970.
#[must_use]
pub fn operational_sample(kind: &str, source: &str, now: i64) -> Option<String> {
    let (source, since) = (source.to_owned(), now);
    let notice = match kind {
        SOURCE_SILENT => Notice::SourceSilent { source, since, longest_pause: 0 },
        SOURCE_REFUSING => Notice::SourceRefusing {
            source,
            since,
            refused: vec![("signature_mismatch".to_owned(), 1)],
            deliveries: 1,
        },
        ENDPOINT_DISABLED => Notice::EndpointDisabled {
            endpoint: "ep_test".to_owned(),
            at: now,
            reason: "this is a test of an endpoint".to_owned(),
        },
        DEAD_LETTERS => Notice::DeadLetters { count: 1, since },
        _ => return None,
    };
    Some(notice.event(now))
}

/// Returns an event that tests an endpoint, as JSON text. It has every member of its type, and says
/// that it is a test. `kind` is the type, and `now` the moment in RFC 3339.
#[must_use]
pub fn sample(kind: &str, source: &str, id: &str, now: &str, status: Status) -> String {
    let kind = EVENT_TYPES.into_iter().find(|known| *known == kind).unwrap_or(ORDER_STATUS);
    write::object(|event| {
        event.text("specversion", "1.0");
        event.text("id", id);
        event.text("source", &["/hooks/", source].concat());
        event.text("type", kind);
        if kind == ORDER_STATUS {
            event.text("subject", ORDER);
        }
        event.text("time", now);
        event.text("datacontenttype", "application/json");
        event.object("data", |data| {
            data.text("provider", "orderhook");
            data.text("authenticity", "unverified");
            if kind == UNRECOGNIZED {
                rejected(data, now);
            } else {
                report(data, now, status);
            }
            data.text("payload", r#"{"test":true}"#);
        });
    })
}

fn received(data: &mut Fields<'_>, now: &str) {
    data.text("received_at", now);
    data.text("time_source", "receipt");
    data.number_or_null("attempt", Some(1));
}

fn rejected(data: &mut Fields<'_>, now: &str) {
    received(data, now);
    data.object("reason", |reason| {
        reason.text("code", "not_json");
        reason.text("text", "this is a test of an endpoint");
    });
}

fn report(data: &mut Fields<'_>, now: &str, status: Status) {
    data.flag("test", true);
    data.text_or_null("direction", None);
    received(data, now);
    data.object("order", |order| {
        order.text("id", ORDER);
        for name in [
            "reference",
            "tracking_number",
            "tracking_url",
            "carrier",
            "created_at",
            "estimated_delivery",
        ] {
            order.text_or_null(name, None);
        }
    });
    data.object("status", |change| {
        change.text("now", status.as_str());
        change.text("phase", status.phase().as_str());
        change.text_or_null("reason", None);
        change.text_or_null("was", None);
        change.flag("final", false);
        change.flag("documented", true);
        change.text_or_null("provider_event", None);
        change.text("provider_now", status.as_str());
        change.text_or_null("provider_was", None);
    });
    data.objects("items", [(); 0], |(), _| ());
    for name in ["total", "customer", "driver", "pickup", "notes"] {
        data.text_or_null(name, None);
    }
}
