//! Any delivery to any provider of the catalogue: its events are what every event is, and its
//! order's texts are those at the places of the definition.

use arbitrary::Arbitrary;
use orderhook_core::UnixMillis;

use crate::{
    Post,
    account::{SOURCE, catalogue, zone},
    oracles::{
        event::{self, Origin},
        place,
    },
};

/// An unverified delivery to a provider.
#[derive(Arbitrary, Debug)]
pub struct Case {
    provider: u8,
    zone: u8,
    post: Post,
}

/// Panics if the reading breaks a rule.
pub fn check(case: &Case) {
    let (provider, definition) = catalogue(case.provider);
    let (post, now) = (&case.post, UnixMillis(1_731_587_954_120));
    post.deliver(|delivered| {
        let reading = provider.normalize(SOURCE, zone(case.zone), &delivered, now);
        if let orderhook_core::Reading::Event(event) = &reading
            && let Ok(content) = &event.data.content
        {
            place::check(&definition, &content.order, &post.body);
        }
        event::check_reading(reading, &Origin::of(&definition, SOURCE, &post.body));
    });
}
