//! Reads an event's table as JavaScript does, into the event's JSON.

use orderhook_core::{
    Message,
    event::{Status, Table, table::flag},
};
use serde_json::{Value, json};

const AUTHENTICITIES: [&str; 5] =
    ["body_signed", "fields_signed", "headers_signed", "url_token", "unverified"];

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

    fn event(&self, payload: Option<&str>) -> Value {
        let is_understood = !self.is(0, flag::UNRECOGNIZED);
        let mut event = json!({
            "specversion": "1.0",
            "id": self.text(6),
            "source": self.text(14),
            "type": if is_understood { "orderhook.order.status.v1" } else { "orderhook.delivery.unrecognized.v1" },
            "time": self.text(8),
            "datacontenttype": "application/json",
            "data": if is_understood { self.data() } else { self.reason() },
        });
        if is_understood {
            set(&mut event, "subject", self.text(16));
        }
        let data = event.get_mut("data").expect("data");
        let authenticity = usize::try_from(self.number(2)).expect("a place");
        set(data, "provider", self.text(12));
        set(data, "authenticity", (*AUTHENTICITIES.get(authenticity).expect("one of them")).into());
        set(data, "received_at", self.text(10));
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
        json!({ "reason": { "code": self.text(18), "text": self.text(20) } })
    }

    fn data(&self) -> Value {
        let mut order = json!({
            "id": self.text(18),
            "reference": self.text(20),
            "tracking_number": self.text(22),
            "tracking_url": self.text(24),
            "created_at": self.text(26),
        });
        if self.is(0, flag::URL_ID) {
            set(&mut order, "url_order_id", self.text(48));
        }
        let or_null = |flag, value: Value| if self.is(0, flag) { value } else { Value::Null };
        let items = if self.is(0, flag::CUSTOMER) { 66 } else { 50 };
        let count = usize::try_from(self.number(5)).expect("a count");
        json!({
            "test": self.is(0, flag::TEST),
            "order": order,
            "status": {
                "now": self.status(3),
                "was": self.status(4),
                "final": self.is(0, flag::FINAL),
                "documented": self.is(0, flag::DOCUMENTED),
                "provider_event": self.text(28),
                "provider_now": self.text(30),
                "provider_was": self.text(32),
            },
            "items": (0..count).map(|item| self.item(items + 17 * item)).collect::<Vec<_>>(),
            "total": or_null(flag::TOTAL, self.money(34)),
            "customer": if self.is(0, flag::CUSTOMER) { self.customer(50) } else { Value::Null },
            "driver": or_null(flag::DRIVER, self.contact(38)),
            "pickup": or_null(flag::PICKUP, self.contact(42)),
            "notes": self.text(46),
        })
    }

    fn item(&self, at: usize) -> Value {
        let status = json!({
            "now": self.status(at + 2),
            "final": self.is(at, flag::ITEM_FINAL),
            "provider_now": self.text(at + 11),
        });
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
