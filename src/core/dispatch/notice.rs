//! Operational events: what the people who run orderhook are told. They hold no data of customers.

use crate::{
    json::write::{self, Fields},
    time::UnixMillis,
};

/// The name of the journal that keeps operational events. No source can have it.
pub const OPERATIONAL: &str = "_operational";

/// A source has had no accepted delivery for longer than usual.
pub const SOURCE_SILENT: &str = "orderhook.operational.source_silent.v1";
/// A source suddenly refuses deliveries.
pub const SOURCE_REFUSING: &str = "orderhook.operational.source_refusing.v1";
/// An endpoint was disabled by a rule.
pub const ENDPOINT_DISABLED: &str = "orderhook.operational.endpoint_disabled.v1";
/// There are dead letters.
pub const DEAD_LETTERS: &str = "orderhook.operational.dead_letters.v1";

/// The types of operational events.
pub const OPERATIONAL_TYPES: [&str; 4] =
    [SOURCE_SILENT, SOURCE_REFUSING, ENDPOINT_DISABLED, DEAD_LETTERS];

/// The attribute `source` of an operational event.
pub(super) const ADDRESS: &str = "/operational";

/// The bytes that a reason may have in an event.
const MAX_REASON: usize = 200;

/// Something that an operational event tells. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A source has had no accepted delivery for longer than usual.
    SourceSilent {
        /// The source's name.
        source: String,
        /// When it had the last one.
        since: i64,
        /// The milliseconds of its longest pause before.
        longest_pause: i64,
    },
    /// A source suddenly refuses deliveries.
    SourceRefusing {
        /// The source's name.
        source: String,
        /// Since when they were counted.
        since: i64,
        /// How many were refused, by code.
        refused: Vec<(String, i64)>,
        /// How many there were, accepted ones included.
        deliveries: i64,
    },
    /// An endpoint was disabled by a rule.
    EndpointDisabled {
        /// The endpoint's id.
        endpoint: String,
        /// When it was disabled.
        at: i64,
        /// Why.
        reason: String,
    },
    /// There are dead letters.
    DeadLetters {
        /// How many.
        count: i64,
        /// When the oldest was kept.
        since: i64,
    },
}

impl Notice {
    /// Returns the event's type.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SourceSilent { .. } => SOURCE_SILENT,
            Self::SourceRefusing { .. } => SOURCE_REFUSING,
            Self::EndpointDisabled { .. } => ENDPOINT_DISABLED,
            Self::DeadLetters { .. } => DEAD_LETTERS,
        }
    }

    /// Returns the event's id. It is the same whenever the same thing is told, so a journal keeps it
    /// once.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::SourceSilent { source, since, .. } => id("source_silent", source, *since),
            Self::SourceRefusing { source, since, .. } => id("source_refusing", source, *since),
            Self::EndpointDisabled { endpoint, at, .. } => id("endpoint_disabled", endpoint, *at),
            Self::DeadLetters { since, .. } => id("dead_letters", "all", *since),
        }
    }

    /// Returns the event as JSON text. `now` is the current moment.
    ///
    /// ```
    /// use orderhook_core::dispatch::{Notice, Taken};
    ///
    /// let notice = Notice::DeadLetters { count: 2, since: 1_778_320_800_000 };
    /// let event = Taken::read(&notice.event(1_778_320_900_000))?;
    /// assert_eq!(event.id, "dead_letters:all:2026-05-09T10:00:00.000Z");
    /// # Ok::<_, orderhook_core::dispatch::NotAnEvent>(())
    /// ```
    #[must_use]
    pub fn event(&self, now: i64) -> String {
        write::object(|event| {
            event.text("specversion", "1.0");
            event.text("id", &self.id());
            event.text("source", ADDRESS);
            event.text("type", self.kind());
            if let Some(subject) = self.subject() {
                event.text("subject", subject);
            }
            event.text("time", &moment(now));
            event.text("datacontenttype", "application/json");
            event.object("data", |data| {
                data.text("text", &self.text());
                self.write(data);
            });
        })
    }

    fn subject(&self) -> Option<&str> {
        match self {
            Self::SourceSilent { source, .. } | Self::SourceRefusing { source, .. } => Some(source),
            Self::EndpointDisabled { endpoint, .. } => Some(endpoint),
            Self::DeadLetters { .. } => None,
        }
    }

    /// Returns a sentence for people.
    fn text(&self) -> String {
        match self {
            Self::SourceSilent { source, since, longest_pause } => format!(
                "The source {source} has had no accepted delivery since {}. Its longest pause before \
                 was {}.",
                moment(*since),
                duration(*longest_pause)
            ),
            Self::SourceRefusing { source, refused, deliveries, .. } => {
                let count: i64 = refused.iter().map(|(_, count)| count).sum();
                let codes = refused.iter().map(|(code, count)| format!("{count} {code}"));
                let codes = codes.collect::<Vec<_>>().join(", ");
                format!("The source {source} refused {count} of {deliveries} deliveries: {codes}.")
            }
            Self::EndpointDisabled { endpoint, reason, .. } => {
                format!("The endpoint {endpoint} was disabled: {}.", cut(reason))
            }
            Self::DeadLetters { count: 1, since } => {
                format!("There is a dead letter, since {}.", moment(*since))
            }
            Self::DeadLetters { count, since } => {
                format!("There are {count} dead letters, the first since {}.", moment(*since))
            }
        }
    }

    /// Writes the members that programs read.
    fn write(&self, data: &mut Fields<'_>) {
        match self {
            Self::SourceSilent { source, since, longest_pause } => {
                data.text("source", source);
                data.text("since", &moment(*since));
                data.number_or_null("longest_pause_seconds", Some(number(longest_pause / 1000)));
            }
            Self::SourceRefusing { source, since, refused, deliveries } => {
                data.text("source", source);
                data.text("since", &moment(*since));
                data.number_or_null("deliveries", Some(number(*deliveries)));
                data.objects("refused", refused, |(code, count), of_code| {
                    of_code.text("code", code);
                    of_code.number_or_null("count", Some(number(*count)));
                });
            }
            Self::EndpointDisabled { endpoint, at, reason } => {
                data.text("endpoint", endpoint);
                data.text("since", &moment(*at));
                data.text("reason", cut(reason));
            }
            Self::DeadLetters { count, since } => {
                data.number_or_null("count", Some(number(*count)));
                data.text("since", &moment(*since));
            }
        }
    }
}

/// Returns whether a type is one of [`OPERATIONAL_TYPES`].
pub(super) fn is_operational(kind: &str) -> bool {
    OPERATIONAL_TYPES.contains(&kind)
}

fn id(what: &str, subject: &str, at: i64) -> String {
    [what, subject, &moment(at)].join(":")
}

fn moment(at: i64) -> String {
    UnixMillis(at.try_into().unwrap_or_default()).text()
}

fn number(number: i64) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

/// Returns hours and minutes.
fn duration(ms: i64) -> String {
    let minutes = ms / 60_000;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn cut(text: &str) -> &str {
    let end = (0..=MAX_REASON.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
