use crate::host::{self, Batch, Host};

/// The messages of a batch, by their places, and which of them are kept.
pub(crate) struct Messages<'a> {
    pub(crate) host: &'a Host,
    pub(crate) batch: &'a Batch,
    all: Vec<Message>,
}

struct Message {
    id: String,
    /// How often it was handed over, this time included.
    attempts: u32,
    is_kept: bool,
}

impl<'a> Messages<'a> {
    /// Reads a batch. No message is kept yet.
    pub(crate) fn of(host: &'a Host, batch: &'a Batch) -> Self {
        let ids = host::ids_of(batch).into_iter();
        let all = ids.zip(host::attempts_of(batch));
        let all = all.map(|(id, attempts)| Message { id, attempts, is_kept: false }).collect();
        Self { host, batch, all }
    }

    /// Returns the place of each message.
    pub(crate) fn places(&self) -> std::ops::Range<usize> {
        0..self.all.len()
    }

    /// Notes that the messages at places are kept.
    pub(crate) fn keep(&mut self, places: &[usize]) {
        for place in places {
            if let Some(message) = self.all.get_mut(*place) {
                message.is_kept = true;
            }
        }
    }

    /// Returns the ids of the messages at places.
    pub(crate) fn ids(&self, places: &[usize]) -> Vec<&str> {
        self.at(places).map(|message| &*message.id).collect()
    }

    /// Returns how often the message at a place was handed over; 0 if there is none.
    pub(crate) fn attempts(&self, place: usize) -> u32 {
        self.all.get(place).map_or(0, |message| message.attempts)
    }

    /// Returns whether a message at one of the places was handed over before.
    pub(crate) fn came_before(&self, places: &[usize]) -> bool {
        self.at(places).any(|message| message.attempts > 1)
    }

    /// Decides on each message: by how often it was handed over, or by `None` if it is kept.
    pub(crate) fn decisions<T>(&self, decide: impl Fn(Option<u32>) -> T) -> Vec<T> {
        let attempts = |message: &Message| (!message.is_kept).then_some(message.attempts);
        self.all.iter().map(|message| decide(attempts(message))).collect()
    }

    fn at(&self, places: &[usize]) -> impl Iterator<Item = &Message> {
        places.iter().filter_map(|place| self.all.get(*place))
    }
}
