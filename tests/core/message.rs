//! Reads an event's table as JavaScript does, into the event's JSON.

use orderhook_core::{
    Message,
    event::{Reason, Status, Table, table::flag},
};
use serde_json::{Value, json};

const AUTHENTICITIES: [&str; 6] =
    ["body_signed", "fields_signed", "headers_signed", "header_token", "url_token", "unverified"];

/// The phases and their statuses, as the table in `docs/event.md` has them.
const PHASES: [(&str, &[&str]); 6] = [
    (
        "open",
        &[
            "created",
            "pending",
            "confirmed",
            "assigned",
            "processing",
            "picked",
            "preparing",
            "packed",
            "info_received",
        ],
    ),
    ("moving", &["shipped", "in_transit", "out_for_delivery", "ready_for_pickup"]),
    (
        "problem",
        &["attempt_failed", "postponed", "on_hold", "exception", "expired", "cancellation_pending"],
    ),
    ("returning", &["returning", "returned", "return_received"]),
    (
        "closed",
        &[
            "delivered",
            "cancelled",
            "declined",
            "rejected",
            "failed",
            "refunded",
            "returned_to_stock",
        ],
    ),
    ("other", &["test", "unknown"]),
];

/// Returns the phase of a status.
fn phase(status: &str) -> &'static str {
    let row = PHASES.iter().find(|(_, statuses)| statuses.contains(&status));
    row.expect("a phase").0
}

/// Returns the event of a message as JSON.
pub(crate) fn event(message: &Message<'_>) -> Value {
    Reader::new(&message.table).event(message.payload.as_deref())
}

struct Reader<'t> {
    ints: &'t [i32],
    units: Vec<u16>,
}

impl<'t> Reader<'t> {
    fn new(table: &'t Table) -> Self {
        let units: Vec<_> = table.text().encode_utf16().collect();
        assert_eq!(units.len(), table.units());
        Self { ints: table.ints(), units }
    }

    fn number(&self, at: usize) -> i32 {
        *self.ints.get(at).expect("a number")
    }

    fn is(&self, at: usize, flag: i32) -> bool {
        self.number(at) & flag != 0
    }

    fn text(&self, at: usize) -> Value {
        let place = |at| usize::try_from(self.number(at));
        let (Ok(start), Ok(end)) = (place(at), place(at + 1)) else {
            return Value::Null;
        };
        let units = self.units.get(start..end).expect("a text");
        String::from_utf16(units).expect("a text").into()
    }

    fn status(&self, at: usize) -> Value {
        let place = usize::try_from(self.number(at)).ok();
        place
            .and_then(|at| Status::ALL.get(at))
            .map_or(Value::Null, |status| status.as_str().into())
    }

    fn reason_at(&self, at: usize) -> Value {
        let place = usize::try_from(self.number(at)).ok();
        place.map_or(Value::Null, |at| Reason::ALL.get(at).expect("a reason").as_str().into())
    }

    fn direction(&self) -> Value {
        match (self.is(0, flag::FORWARD), self.is(0, flag::RETURN)) {
            (true, false) => "forward".into(),
            (false, true) => "return".into(),
            (false, false) => Value::Null,
            (true, true) => panic!("both ways"),
        }
    }

    fn event(&self, payload: Option<&str>) -> Value {
        let is_understood = !self.is(0, flag::UNRECOGNIZED);
        let mut event = json!({
            "specversion": "1.0",
            "id": self.text(7),
            "source": self.text(15),
            "type": if is_understood { "orderhook.order.status.v1" } else { "orderhook.delivery.unrecognized.v1" },
            "time": self.text(9),
            "datacontenttype": "application/json",
            "data": if is_understood { self.data() } else { self.reason() },
        });
        if is_understood {
            set(&mut event, "subject", self.text(17));
        }
        let data = event.get_mut("data").expect("data");
        let authenticity = usize::try_from(self.number(2)).expect("a place");
        set(data, "provider", self.text(13));
        set(data, "authenticity", (*AUTHENTICITIES.get(authenticity).expect("one of them")).into());
        set(data, "received_at", self.text(11));
        let receipt = self.is(0, flag::RECEIPT);
        set(data, "time_source", if receipt { "receipt" } else { "provider" }.into());
        let attempt = self.number(1).cast_unsigned();
        set(data, "attempt", if self.is(0, flag::ATTEMPT) { attempt.into() } else { Value::Null });
        let last = self.ints.len() - 2;
        if self.is(0, flag::KEPT) {
            set(data, "payload_ref", self.text(last));
        } else if self.is(0, flag::BASE64) {
            set(data, "payload_base64", self.text(last));
        } else if let Some(payload) = payload {
            set(data, "payload", payload.into());
        }
        event
    }

    fn reason(&self) -> Value {
        assert_eq!(self.ints.get(3..7), Some(&[-1, -1, -1, 0][..]), "no status and no items");
        json!({ "reason": { "code": self.text(19), "text": self.text(21) } })
    }

    fn data(&self) -> Value {
        let mut order = json!({
            "id": self.text(19),
            "reference": self.text(21),
            "tracking_number": self.text(23),
            "tracking_url": self.text(25),
            "carrier": self.text(27),
            "created_at": self.text(29),
            "estimated_delivery": self.text(31),
        });
        if self.is(0, flag::URL_ID) {
            set(&mut order, "url_order_id", self.text(53));
        }
        let or_null = |flag, value: Value| if self.is(0, flag) { value } else { Value::Null };
        let items = if self.is(0, flag::CUSTOMER) { 71 } else { 55 };
        let count = usize::try_from(self.number(6)).expect("a count");
        json!({
            "test": self.is(0, flag::TEST),
            "direction": self.direction(),
            "order": order,
            "status": {
                "now": self.status(3),
                "phase": phase(self.status(3).as_str().expect("a status")),
                "reason": self.reason_at(5),
                "was": self.status(4),
                "final": self.is(0, flag::FINAL),
                "documented": self.is(0, flag::DOCUMENTED),
                "provider_event": self.text(33),
                "provider_now": self.text(35),
                "provider_was": self.text(37),
            },
            "items": (0..count).map(|item| self.item(items + 17 * item)).collect::<Vec<_>>(),
            "total": or_null(flag::TOTAL, self.money(39)),
            "customer": if self.is(0, flag::CUSTOMER) { self.customer(55) } else { Value::Null },
            "driver": or_null(flag::DRIVER, self.contact(43)),
            "pickup": or_null(flag::PICKUP, self.contact(47)),
            "notes": self.text(51),
        })
    }

    fn item(&self, at: usize) -> Value {
        let status = json!({
            "now": self.status(at + 2),
            "final": self.is(at, flag::ITEM_FINAL),
            "provider_now": self.text(at + 11),
        });
        assert!(self.is(at, flag::ITEM_STATUS) || self.number(at + 2) == -1, "no status");
        let or_null = |flag, value: Value| if self.is(at, flag) { value } else { Value::Null };
        json!({
            "sku": self.text(at + 3),
            "name": self.text(at + 5),
            "quantity": or_null(flag::ITEM_QUANTITY, self.number(at + 1).cast_unsigned().into()),
            "price": or_null(flag::ITEM_PRICE, self.money(at + 7)),
            "status": or_null(flag::ITEM_STATUS, status),
            "tracking_number": self.text(at + 13),
            "tracking_url": self.text(at + 15),
        })
    }

    fn money(&self, at: usize) -> Value {
        json!({ "amount": self.text(at), "currency": self.text(at + 2) })
    }

    fn contact(&self, at: usize) -> Value {
        json!({ "name": self.text(at), "phone": self.text(at + 2) })
    }

    fn customer(&self, at: usize) -> Value {
        let names =
            ["name", "phone", "email", "address", "city", "region", "postal_code", "country"];
        names
            .into_iter()
            .zip((at..).step_by(2))
            .map(|(name, at)| (name.to_owned(), self.text(at)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

fn set(object: &mut Value, key: &str, value: Value) {
    object.as_object_mut().expect("an object").insert(key.to_owned(), value);
}
