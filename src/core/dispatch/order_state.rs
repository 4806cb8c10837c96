use std::collections::BTreeSet;

use super::{
    bounds::{MAX_CUSTOMERS, MAX_ITEMS, MAX_PARCELS, MAX_STEPS, MAX_TEXT, MAX_WORD, cut, whole},
    fact::{Fact, Stamp, keep},
    moment::Moment,
    parcel::{Parcel, ParcelNews, news},
    step::{Step, word},
    taken::{ItemReport, Report},
    track::Track,
};
use crate::event::{Direction, Phase, Status};

/// What is known of an order. The same events give the same state, whatever order they come in, as
/// long as no two of them happened at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderState {
    pub(super) order: String,
    pub(super) is_test: bool,
    pub(super) events: u32,
    pub(super) first_seen: Moment,
    pub(super) last_seen: Moment,
    pub(super) track: Track,
    pub(super) parcels: Vec<Parcel>,
    pub(super) reference: Option<Fact<String>>,
    pub(super) carrier: Option<Fact<String>>,
    pub(super) estimated_delivery: Option<Fact<Moment>>,
    pub(super) direction: Option<Fact<Direction>>,
    pub(super) items: Option<Fact<Vec<Line>>>,
    pub(super) customers: BTreeSet<String>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The stock-keeping unit.
    pub sku: Option<String>,
    /// The product's name.
    pub name: Option<String>,
    /// The number of pieces.
    pub quantity: Option<u32>,
    /// The status of this line.
    pub status: Option<Status>,
    /// Whether no other status follows.
    pub is_final: bool,
    /// The provider's word for it, where it is [`Status::Unknown`].
    pub word: Option<String>,
    /// The number of the parcel that it is in.
    pub tracking_number: Option<String>,
}

impl OrderState {
    /// Returns the state of an order without events.
    pub(super) fn new(order: &str, is_test: bool, first: &Step) -> Self {
        Self {
            order: order.to_owned(),
            is_test,
            events: 0,
            first_seen: first.received.clone(),
            last_seen: first.received.clone(),
            track: Track::default(),
            parcels: Vec::new(),
            reference: None,
            carrier: None,
            estimated_delivery: None,
            direction: None,
            items: None,
            customers: BTreeSet::new(),
        }
    }

    /// Adds an event. Returns whether it changes anything other than the order's own status.
    pub(super) fn add(&mut self, step: Step, report: &Report) -> bool {
        self.events = self.events.saturating_add(1);
        self.first_seen = self.first_seen.clone().min(step.received.clone());
        self.last_seen = self.last_seen.clone().max(step.received.clone());
        let by = Stamp::of(&step);
        let mut changes = self.learn(report, &by);
        for news in news(report, &step) {
            changes |= self.add_parcel(news, &by);
        }
        self.track.add(step, MAX_STEPS);
        changes
    }

    /// Keeps the values that an event has beside its status. Returns whether any of them is new.
    fn learn(&mut self, report: &Report, by: &Stamp) -> bool {
        let mut changes = false;
        if let Some(reference) = &report.reference {
            changes |= keep(&mut self.reference, cut(reference, MAX_TEXT), by);
        }
        if let Some(carrier) = &report.carrier {
            changes |= keep(&mut self.carrier, cut(carrier, MAX_WORD), by);
        }
        if let Some(moment) = &report.estimated_delivery {
            changes |= keep(&mut self.estimated_delivery, moment.clone(), by);
        }
        if let Some(direction) = report.direction {
            changes |= keep(&mut self.direction, direction, by);
        }
        if !report.items.is_empty() {
            let lines = report.items.iter().take(MAX_ITEMS).map(Line::of).collect();
            changes |= keep(&mut self.items, lines, by);
        }
        self.customers.extend(report.customers.iter().cloned());
        while self.customers.len() > MAX_CUSTOMERS {
            self.customers.pop_last();
        }
        changes
    }

    fn add_parcel(&mut self, news: ParcelNews<'_>, by: &Stamp) -> bool {
        let is_known = |parcel: &Parcel| parcel.number == news.number;
        let at = self.parcels.iter().position(is_known).unwrap_or_else(|| {
            self.parcels.push(Parcel::new(news.number, &news.step));
            self.parcels.len() - 1
        });
        let changes = self.parcels.get_mut(at).is_some_and(|parcel| parcel.add(news, by));
        self.parcels.sort_by(|a, b| (&a.first, &a.number).cmp(&(&b.first, &b.number)));
        if self.parcels.len() > MAX_PARCELS {
            self.drop_oldest_parcel();
        }
        changes
    }

    fn drop_oldest_parcel(&mut self) {
        let parcels = self.parcels.iter().enumerate();
        let shown = parcels.filter_map(|(at, parcel)| Some((at, parcel.shown()?)));
        let oldest = shown.min_by(|(_, a), (_, b)| a.by_time(b)).map(|(at, _)| at);
        self.parcels.remove(oldest.unwrap_or(0));
    }

    /// Returns the order's id at its provider, as [`order_key`](super::order_key) bounds it.
    #[must_use]
    pub fn order(&self) -> &str {
        &self.order
    }

    /// Whether the provider marks all of its events as tests.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.is_test
    }

    /// Returns the step that the order shows: the newest. Every state has one.
    #[must_use]
    pub fn shown(&self) -> Option<&Step> {
        self.track.shown()
    }

    /// Returns the step since which the order has the status that it shows. If many events have
    /// repeated it, that is the earliest of those remembered.
    #[must_use]
    pub fn since(&self) -> Option<&Step> {
        self.track.since()
    }

    /// Returns the status that the order shows.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shown().map_or(Status::Unknown, |step| step.now)
    }

    /// Returns the phase that the order shows.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.status().phase()
    }

    /// Whether no other status follows.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.shown().is_some_and(|step| step.is_final)
    }

    /// Returns the number of events.
    #[must_use]
    pub fn events(&self) -> u32 {
        self.events
    }

    /// Returns the earliest receipt of its events.
    #[must_use]
    pub fn first_seen(&self) -> &Moment {
        &self.first_seen
    }

    /// Returns the latest receipt of its events.
    #[must_use]
    pub fn last_seen(&self) -> &Moment {
        &self.last_seen
    }

    /// Returns the order's parcels, in the order of the events that named them first.
    #[must_use]
    pub fn parcels(&self) -> &[Parcel] {
        &self.parcels
    }

    /// Returns the name that people use for the order.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_ref().map(|reference| &*reference.value)
    }

    /// Returns the carrier that the newest event with one names.
    #[must_use]
    pub fn carrier(&self) -> Option<&str> {
        self.carrier.as_ref().map(|carrier| &*carrier.value)
    }

    /// Returns when the order is expected.
    #[must_use]
    pub fn estimated_delivery(&self) -> Option<&Moment> {
        self.estimated_delivery.as_ref().map(|moment| &moment.value)
    }

    /// Returns the direction of the order.
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        self.direction.as_ref().map(|direction| direction.value)
    }

    /// Returns the order's lines, as the newest event that has some lists them.
    #[must_use]
    pub fn items(&self) -> &[Line] {
        self.items.as_ref().map(|items| &*items.value).unwrap_or_default()
    }

    /// Returns the keys of the order's customers, as [`customer_keys`](super::customer_keys) makes
    /// them.
    #[must_use]
    pub fn customers(&self) -> &BTreeSet<String> {
        &self.customers
    }
}

impl Line {
    fn of(item: &ItemReport) -> Self {
        let cut = |text: &Option<String>, max| text.as_deref().map(|text| cut(text, max));
        let now = item.status.map(|(now, _)| now);
        Self {
            sku: cut(&item.sku, MAX_WORD),
            name: cut(&item.name, MAX_TEXT),
            quantity: item.quantity,
            status: now,
            is_final: item.status.is_some_and(|(_, is_final)| is_final),
            word: now.and_then(|now| word(now, item.provider_now.as_deref())),
            tracking_number: item.tracking_number.as_deref().and_then(|n| whole(n, MAX_TEXT)),
        }
    }
}
