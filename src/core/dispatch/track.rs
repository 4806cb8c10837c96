use super::step::{Step, in_order};

/// The latest steps of an order or of a parcel, in their order.
///
/// It holds the last step that may take an order out of a final status, and the latest others. So
/// the same steps give the same track, whatever order they come in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Track(Vec<Step>);

impl Track {
    /// Adds a step, and keeps at most `max` others beside the last strong one.
    pub(super) fn add(&mut self, step: Step, max: usize) {
        let mut steps = std::mem::take(&mut self.0);
        match steps.iter_mut().find(|known| known.is_copy(&step)) {
            Some(known) => known.received = step.received.min(known.received.clone()),
            None => steps.push(step),
        }
        self.0 = in_order(steps, |step| step);
        while self.0.len() > max + 1 {
            let oldest = usize::from(self.last_strong() == Some(0));
            self.0.remove(oldest);
        }
    }

    /// Returns the step that an order shows: the last one. A step that has only its receipt never
    /// takes an order out of a final status.
    pub(super) fn shown(&self) -> Option<&Step> {
        let strong = self.last_strong().and_then(|at| self.0.get(at));
        strong.filter(|step| step.is_final).or(self.0.last())
    }

    /// Returns the earliest step since which the status is the one shown, of those remembered.
    pub(super) fn since(&self) -> Option<&Step> {
        let shown = self.shown()?;
        // Steps that could not take the order out of a final status were never shown.
        let counts = |step: &&Step| !shown.is_final || step.is_strong();
        let shown_before = self.0.iter().rev().filter(counts);
        shown_before.take_while(|step| step.has_status_of(shown)).last()
    }

    /// Whether a step is known, or one beside its place on the track has its status. Steps of other
    /// parcels do not count.
    ///
    /// The place of a step that has only its receipt says nothing once the order has a final status:
    /// then every step counts.
    pub(super) fn knows(&self, new: &Step) -> bool {
        let mut steps: Vec<_> = self.0.iter().filter(|step| step.may_share_parcel(new)).collect();
        let same = |step: Option<&&Step>| step.is_some_and(|step| step.has_status_of(new));
        if steps.iter().any(|step| step.is_copy(new)) {
            return true;
        }
        let is_after_end = !new.is_strong()
            && self.shown().is_some_and(|shown| shown.is_final && shown.by_time(new).is_lt());
        if is_after_end {
            return steps.iter().any(|step| step.has_status_of(new));
        }
        steps.push(new);
        let steps = in_order(steps, |step| step);
        let at = steps.iter().position(|step| step.is_copy(new)).unwrap_or(0);
        at.checked_sub(1).is_some_and(|before| same(steps.get(before))) || same(steps.get(at + 1))
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Makes a track of stored steps.
    pub(super) fn from_steps(steps: Vec<Step>) -> Self {
        Self(in_order(steps, |step| step))
    }

    fn last_strong(&self) -> Option<usize> {
        self.0.iter().rposition(Step::is_strong)
    }
}
