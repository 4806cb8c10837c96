/// What an event means to its order, at the moment when it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is the newest and says something new. The order shows it.
    Fresh,
    /// It says what the order already shows.
    Repeat,
    /// It is older than what the order shows, and says nothing new.
    Stale,
    /// It is older than what the order shows, and fills a gap.
    OutOfOrder,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 4] = [Self::Fresh, Self::Repeat, Self::Stale, Self::OutOfOrder];

    /// Returns the word that events carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Repeat => "repeat",
            Self::Stale => "stale",
            Self::OutOfOrder => "out_of_order",
        }
    }

    /// Returns the verdict of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }
}
