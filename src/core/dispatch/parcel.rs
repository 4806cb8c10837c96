use super::{
    bounds::{MAX_STEPS_OF_PARCEL, MAX_TEXT, MAX_URL, MAX_WORD, cut, whole},
    fact::{Fact, Stamp, keep},
    moment::Moment,
    step::{Step, word},
    taken::{ItemReport, Report},
    track::Track,
};

/// A parcel of an order. Its tracking number tells it from the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub(super) number: String,
    pub(super) first: Moment,
    pub(super) carrier: Option<Fact<String>>,
    pub(super) url: Option<Fact<String>>,
    pub(super) track: Track,
}

impl Parcel {
    /// Returns the carrier's tracking number.
    #[must_use]
    pub fn tracking_number(&self) -> &str {
        &self.number
    }

    /// Returns the carrier's name or code, in the provider's words.
    #[must_use]
    pub fn carrier(&self) -> Option<&str> {
        self.carrier.as_ref().map(|carrier| &*carrier.value)
    }

    /// Returns the carrier's tracking page.
    #[must_use]
    pub fn tracking_url(&self) -> Option<&str> {
        self.url.as_ref().map(|url| &*url.value)
    }

    /// Returns the step that the parcel shows: the newest.
    #[must_use]
    pub fn shown(&self) -> Option<&Step> {
        self.track.shown()
    }

    /// Returns the step since which the parcel has the status that it shows. If many events have
    /// repeated it, that is the earliest of those remembered.
    #[must_use]
    pub fn since(&self) -> Option<&Step> {
        self.track.since()
    }

    pub(super) fn new(number: &str, first: &Step) -> Self {
        Self {
            number: number.to_owned(),
            first: first.time.clone(),
            carrier: None,
            url: None,
            track: Track::default(),
        }
    }

    /// Adds what an event says of the parcel. Returns whether that changes what the parcel shows.
    pub(super) fn add(&mut self, news: ParcelNews<'_>, by: &Stamp) -> bool {
        let mut changes = match news.carrier {
            Some(carrier) => keep(&mut self.carrier, cut(carrier, MAX_WORD), by),
            None => false,
        };
        if let Some(url) = news.url.and_then(|url| whole(url, MAX_URL)) {
            changes |= keep(&mut self.url, url, by);
        }
        self.first = self.first.clone().min(news.step.time.clone());
        let before = self.track.shown().cloned();
        self.track.add(news.step, MAX_STEPS_OF_PARCEL);
        let after = self.track.shown();
        changes | !before.as_ref().zip(after).is_some_and(|(before, after)| before.says_same(after))
    }
}

/// What an event says of one parcel.
pub(super) struct ParcelNews<'r> {
    pub(super) number: &'r str,
    carrier: Option<&'r str>,
    url: Option<&'r str>,
    pub(super) step: Step,
}

/// Returns what an event says of each parcel that it names: the order's tracking number, and those
/// of its lines. `step` is the event's.
///
/// If all lines of a parcel have the same status, the parcel has it; otherwise, it has the order's.
pub(super) fn news<'r>(report: &'r Report, step: &Step) -> Vec<ParcelNews<'r>> {
    let mut all: Vec<ParcelNews<'r>> = Vec::new();
    let of_order = (report.tracking_number.as_deref(), report.tracking_url.as_deref());
    let of_items = report
        .items
        .iter()
        .map(|item| (item.tracking_number.as_deref(), item.tracking_url.as_deref()));
    for (number, url) in std::iter::once(of_order).chain(of_items) {
        let Some(number) = number.filter(|number| whole(number, MAX_TEXT).is_some()) else {
            continue;
        };
        if let Some(known) = all.iter_mut().find(|known| known.number == number) {
            known.url = known.url.or(url);
            continue;
        }
        let carrier = report.carrier.as_deref();
        let carrier = carrier.filter(|_| report.tracking_number.as_deref() == Some(number));
        all.push(ParcelNews { number, carrier, url, step: step_of(number, report, step) });
    }
    all
}

/// Returns the step of one parcel of an event.
fn step_of(number: &str, report: &Report, step: &Step) -> Step {
    let is_in = |item: &&ItemReport| item.tracking_number.as_deref() == Some(number);
    let step = Step { parcel: None, ..step.clone() };
    let mut items = report.items.iter().filter(is_in);
    let Some((item, (now, is_final))) = items.next().and_then(|item| Some((item, item.status?)))
    else {
        return step;
    };
    if (now, is_final) == (step.now, step.is_final)
        || items.any(|other| other.status != Some((now, is_final)))
    {
        return step;
    }
    let word = word(now, item.provider_now.as_deref());
    Step { now, is_final, word, was: None, reason: None, ..step }
}
