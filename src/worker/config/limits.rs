use orderhook_core::json::Object;

/// The bounds that have a variable of their own.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// `MAX_BODY_BYTES`
    pub(crate) body: u32,
    /// `DEDUP_TTL_SECONDS`
    pub(crate) dedup_ttl: u32,
    /// `QUEUE_DEADLINE_MS`
    pub(crate) queue_deadline: u32,
    /// `KV_DEADLINE_MS`
    pub(crate) kv_deadline: u32,
    /// `CLAIM_DEADLINE_MS`
    pub(crate) claim_deadline: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            dedup_ttl: 7 * 24 * 60 * 60,
            queue_deadline: 5000,
            kv_deadline: 2000,
            claim_deadline: 2000,
        }
    }
}

impl Limits {
    pub(super) fn read(settings: &Object<'_>, problems: &mut Vec<String>) -> Self {
        let usual = Self::default();
        let mut bound = |name, default, least, most| {
            if settings.raw(name).is_none() {
                return default;
            }
            settings.whole(name).filter(|value| (least..=most).contains(value)).unwrap_or_else(
                || {
                    problems.push(format!(
                        "`{name}` is not a number from {least} to {most}: {default} is used"
                    ));
                    default
                },
            )
        };
        Self {
            // The body, its copy and the event share 64 MiB with all other requests.
            body: bound("MAX_BODY_BYTES", usual.body, 1, 4 << 20),
            dedup_ttl: bound("DEDUP_TTL_SECONDS", usual.dedup_ttl, 60, 365 * 24 * 60 * 60),
            // A shorter deadline would fail every time, though nothing is wrong.
            queue_deadline: bound("QUEUE_DEADLINE_MS", usual.queue_deadline, 100, 60_000),
            kv_deadline: bound("KV_DEADLINE_MS", usual.kv_deadline, 100, 60_000),
            claim_deadline: bound("CLAIM_DEADLINE_MS", usual.claim_deadline, 100, 60_000),
        }
    }
}
