//! What was read of a delivery, in the form in which it crosses into JavaScript: a [`Table`] for
//! each event, and where the tables are.
//!
//! | number | |
//! |---|---|
//! | 0 | how many events there are |
//! | 1 | 1 if they are a list |
//! | each 7 | the address and count of the table's numbers, the address and bytes of its text, and those of the payload, or 0 and 0 if it is no text; the sum of 1 if the text is ASCII, 2 if the payload is, and 4 if the payload is the body as it came, or a part of it |
//!
//! The JavaScript half is `pkg/lib/crossed.js`. It reads before the next call into the module.

use std::{borrow::Cow, cell::RefCell};

use orderhook_core::{Event, Payload, Provider, Reading, event::Table};

/// The answer to a refused delivery, in the place of an address.
pub(crate) const REFUSED: usize = 0;
/// The answer to a delivery without an event.
pub(crate) const NOTHING: usize = 1;

/// The bytes of a table's text that are kept for the next delivery.
const KEPT_BYTES: usize = 1 << 16;

thread_local! {
    static CROSSED: RefCell<Crossed> = RefCell::default();
}

#[derive(Default)]
struct Crossed {
    tables: Vec<Table>,
    /// The payloads that are not a part of the body.
    payloads: Vec<String>,
    places: Vec<usize>,
}

/// Makes the tables of what was read. Returns the address of their places. A provider whose
/// deliveries may carry several events always gets a list.
pub(crate) fn cross(reading: Reading<'_>, provider: &Provider) -> usize {
    // Taken out, so that a call that ends in a trap leaves nothing borrowed.
    let mut crossed = CROSSED.take();
    crossed.payloads.clear();
    crossed.places.clear();
    match reading {
        Reading::Event(event) => {
            crossed.places.extend([1, usize::from(provider.is_fan_out())]);
            crossed.event(0, event);
        }
        Reading::Events(events) => {
            crossed.places.extend([events.len(), 1]);
            for (at, event) in events.into_iter().enumerate() {
                crossed.event(at, event);
            }
        }
        Reading::Test | Reading::Ignored => {
            CROSSED.set(crossed);
            return NOTHING;
        }
    }
    let address = crossed.places.as_ptr() as usize;
    CROSSED.set(crossed);
    address
}

impl Crossed {
    fn event(&mut self, at: usize, event: Event<'_>) {
        if self.tables.len() == at {
            self.tables.push(Table::default());
        }
        let Some(table) = self.tables.get_mut(at) else {
            return;
        };
        if table.text().len() > KEPT_BYTES {
            *table = Table::default();
        }
        table.fill(&event);
        let (ints, text) = (table.ints(), table.text());
        let is_of_body = matches!(event.data.payload, Payload::Text(Cow::Borrowed(_)));
        let payload = match event.data.payload {
            Payload::Text(Cow::Borrowed(text)) => Some(text),
            Payload::Text(Cow::Owned(text)) | Payload::Redacted(text) => {
                self.payloads.push(text);
                self.payloads.last().map(String::as_str)
            }
            _ => None,
        };
        let is_ascii = table.units() == text.len();
        self.places.extend_from_slice(&[
            ints.as_ptr() as usize,
            ints.len(),
            text.as_ptr() as usize,
            text.len(),
            payload.map_or(0, |text| text.as_ptr() as usize),
            payload.map_or(0, str::len),
            usize::from(is_ascii)
                | usize::from(payload.is_some_and(str::is_ascii)) << 1
                | usize::from(is_of_body) << 2,
        ]);
    }
}
