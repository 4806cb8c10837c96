//! Writes the members that an API shows of an order.

use super::{
    order_state::{Line, OrderState},
    parcel::Parcel,
};
use crate::{
    event::{Reason, Status},
    json::write::Fields,
};

impl OrderState {
    /// Writes the order's own members, from `id` to `tracking_numbers`. Its `time` is the one since
    /// which it has its status.
    pub fn write(&self, order: &mut Fields<'_>) {
        let (shown, since) = (self.shown(), self.since());
        order.text("id", self.order());
        order.text_or_null("reference", self.reference());
        order.text("status", self.status().as_str());
        order.text("phase", self.phase().as_str());
        order.text_or_null("reason", shown.and_then(|step| step.reason).map(Reason::as_str));
        order.flag("final", self.is_final());
        order.flag("test", self.is_test());
        let time = since.map(|step| step.time.in_millis());
        order.text_or_null("time", time.as_deref());
        order.text_or_null("time_source", since.map(|step| step.time_source.as_str()));
        order.text_or_null("carrier", self.carrier());
        order.texts("tracking_numbers", self.parcels().iter().map(Parcel::tracking_number));
    }
}

impl Parcel {
    /// Writes the parcel's members.
    pub fn write(&self, parcel: &mut Fields<'_>) {
        let status = self.shown().map_or(Status::Unknown, |step| step.now);
        parcel.text("tracking_number", self.tracking_number());
        parcel.text_or_null("tracking_url", self.tracking_url());
        parcel.text_or_null("carrier", self.carrier());
        parcel.text("status", status.as_str());
        parcel.text("phase", status.phase().as_str());
        let time = self.since().map(|step| step.time.in_millis());
        parcel.text_or_null("time", time.as_deref());
    }
}

impl Line {
    /// Writes the line's members, under their names in an event.
    pub fn write(&self, line: &mut Fields<'_>) {
        line.text_or_null("sku", self.sku.as_deref());
        line.text_or_null("name", self.name.as_deref());
        line.number_or_null("quantity", self.quantity);
        line.object_or_null("status", self.status, |now, status| {
            status.text("now", now.as_str());
            status.flag("final", self.is_final);
            status.text_or_null("provider_now", self.word.as_deref());
        });
        line.text_or_null("tracking_number", self.tracking_number.as_deref());
    }
}
