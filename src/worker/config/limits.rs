use orderhook_core::json::Object;

/// The bounds that have a variable of their own.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// `MAX_BODY_BYTES`
    pub(crate) body: u32,
    /// `DEDUP_TTL_SECONDS`
    pub(crate) dedup_ttl: u32,
    /// `DEADLINE_MS`: the milliseconds that KV, the claim and the queue have for one delivery.
    pub(crate) deadline: u32,
}

/// The shortest deadline, whatever a provider wants. A shorter one would always pass.
const SHORTEST_MS: u32 = 500;

impl Default for Limits {
    fn default() -> Self {
        Self { body: 1 << 20, dedup_ttl: 7 * 24 * 60 * 60, deadline: 4000 }
    }
}

impl Limits {
    pub(super) fn read(settings: &Object<'_>, problems: &mut Vec<String>) -> Self {
        let usual = Self::default();
        let mut bound = |name, default, least, most| {
            let Some(given) = settings.get(name) else {
                return default;
            };
            let value = given.whole().and_then(|value| u32::try_from(value).ok());
            value.filter(|value| (least..=most).contains(value)).unwrap_or_else(|| {
                problems.push(format!(
                    "`{name}` is not a number from {least} to {most}: {default} is used"
                ));
                default
            })
        };
        Self {
            // The body, its copy and the event share 64 MiB with all other requests.
            body: bound("MAX_BODY_BYTES", usual.body, 1, 4 << 20),
            dedup_ttl: bound("DEDUP_TTL_SECONDS", usual.dedup_ttl, 60, 365 * 24 * 60 * 60),
            // A shorter deadline would fail every time, though nothing is wrong.
            deadline: bound("DEADLINE_MS", usual.deadline, 100, 60_000),
        }
    }

    /// Returns the bounds for a provider that gives up after some seconds: it is to have its answer
    /// a second earlier.
    pub(crate) fn within(self, seconds: Option<u32>) -> Self {
        let most = seconds.map_or(u32::MAX, |seconds| seconds.saturating_mul(1000));
        Self { deadline: self.deadline.min(most.saturating_sub(1000).max(SHORTEST_MS)), ..self }
    }
}
