//! Chance, from a seed: the same for a seed in every run.

/// Marsaglia's xorshift.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds are far apart, and none is 0.
        let mut chance = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            chance.next();
        }
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 16
    }

    /// Returns a number below another.
    #[allow(clippy::cast_possible_truncation)] // It is below a length.
    pub(crate) fn below(&mut self, number: usize) -> usize {
        (self.next() % number.max(1) as u64) as usize
    }

    /// Whether it is one of so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    #[track_caller]
    pub(crate) fn of<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        let at = self.below(all.len());
        all.get(at).copied().expect("something to take")
    }
}
