use super::{
    step::{Step, in_order},
    taken::Taken,
    verdict::Verdict,
};
use crate::{
    event::{Reason, Status},
    json::write,
};

/// One event of an order, as the order's page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The event's id.
    pub id: String,
    /// When the journal took it.
    pub taken_at: String,
    /// The verdict that it got then.
    pub verdict: Verdict,
    /// What happened, and when.
    pub step: Step,
    /// The provider's name for what happened.
    pub provider_event: Option<String>,
    /// The provider's word for the new status.
    pub provider_now: Option<String>,
}

impl Entry {
    /// Makes the entry of an event; `None` if the event says nothing of an order.
    #[must_use]
    pub fn new(event: &Taken, verdict: Verdict, taken_at: &str) -> Option<Self> {
        let report = event.report.as_ref()?;
        Some(Self {
            id: event.id.clone(),
            taken_at: taken_at.to_owned(),
            verdict,
            step: Step::of(event, report),
            provider_event: report.provider_event.clone(),
            provider_now: report.provider_now.clone(),
        })
    }

    /// Writes the entry's members.
    pub fn write(&self, entry: &mut write::Fields<'_>) {
        let Self { step, .. } = self;
        entry.text("id", &self.id);
        entry.text("verdict", self.verdict.as_str());
        entry.text("time", &step.time.in_millis());
        entry.text("time_source", step.time_source.as_str());
        entry.text("taken_at", &self.taken_at);
        entry.text("status", step.now.as_str());
        entry.text("phase", step.now.phase().as_str());
        entry.text_or_null("was", step.was.map(Status::as_str));
        entry.text_or_null("reason", step.reason.map(Reason::as_str));
        entry.flag("final", step.is_final);
        entry.text_or_null("tracking_number", step.parcel.as_deref());
        entry.text_or_null("provider_event", self.provider_event.as_deref());
        entry.text_or_null("provider_now", self.provider_now.as_deref());
    }
}

/// Sorts the entries of an order by time. At equal times, the event whose `was` is the other's
/// `now` comes after it; otherwise, the one that was received later comes later.
#[must_use]
pub fn timeline(entries: Vec<Entry>) -> Vec<Entry> {
    in_order(entries, |entry| &entry.step)
}
