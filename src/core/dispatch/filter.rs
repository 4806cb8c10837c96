use std::fmt;

use super::{
    notice::{OPERATIONAL_TYPES, is_operational},
    taken::Taken,
    verdict::Verdict,
    words,
};
use crate::{
    event::{EVENT_TYPES, Phase, Status},
    json::{Json, Object},
    source::is_name,
};

/// The sources that a filter may name.
const MAX_SOURCES: usize = 64;

/// Selects events. An empty list selects all, except that operational events are selected only by
/// their types.
///
/// ```
/// use orderhook_core::{Phase, dispatch::Filter, json::Json};
///
/// let json = Json::parse(r#"{"sources":["shop"],"phases":["closed"],"test":false}"#)?;
/// let filter = Filter::read(&json)?;
/// assert_eq!((filter.phases, filter.test), (vec![Phase::Closed], Some(false)));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Names of sources.
    pub sources: Vec<String>,
    /// Types of events: of [`EVENT_TYPES`] and [`OPERATIONAL_TYPES`].
    pub types: Vec<&'static str>,
    /// Statuses.
    pub statuses: Vec<Status>,
    /// Phases.
    pub phases: Vec<Phase>,
    /// Verdicts.
    pub verdicts: Vec<Verdict>,
    /// `Some(true)` wants tests alone, `Some(false)` wants no tests, and `None` wants both.
    pub test: Option<bool>,
}

/// A reason why a value is not a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterError {
    /// It is not an object.
    NotAnObject,
    /// A filter has no member of this name, or the member is given twice.
    UnknownMember(String),
    /// A member has a value of another type, or an entry that is not one of its words.
    Invalid(&'static str),
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("a filter is an object"),
            Self::UnknownMember(name) => {
                write!(f, "a filter has no `{}`, or it stands twice", name.escape_debug())
            }
            Self::Invalid("test") => f.write_str("`test` is true, false or null"),
            Self::Invalid(member) => write!(f, "`{member}` is a list of known words"),
        }
    }
}

impl std::error::Error for FilterError {}

impl Filter {
    /// Reads a filter: an object of lists of words, and `test`. Absent members want everything.
    ///
    /// # Errors
    ///
    /// Fails if the value has an unknown member or an unknown word. Otherwise, a misspelled filter
    /// would let nothing through, or everything.
    pub fn read(json: &Json<'_>) -> Result<Self, FilterError> {
        const MEMBERS: [&str; 6] = ["sources", "types", "statuses", "phases", "verdicts", "test"];
        let object = json.object().ok_or(FilterError::NotAnObject)?;
        let is_known = |key: &&str| MEMBERS.contains(key) && object.get(key).is_some();
        if let Some(key) = object.keys().find(|key| !is_known(key)) {
            return Err(FilterError::UnknownMember(key.to_owned()));
        }
        let sources = words(object, "sources", |word| Some(word.to_owned()))?;
        let has_names = sources.iter().all(|name| is_name(name));
        if sources.len() > MAX_SOURCES || !has_names {
            return Err(FilterError::Invalid("sources"));
        }
        let kind = |word: &str| {
            EVENT_TYPES.into_iter().chain(OPERATIONAL_TYPES).find(|kind| *kind == word)
        };
        Ok(Self {
            sources,
            types: words(object, "types", kind)?,
            statuses: words(object, "statuses", words::status)?,
            phases: words(object, "phases", words::phase)?,
            verdicts: words(object, "verdicts", Verdict::parse)?,
            test: match object.get("test") {
                None | Some(Json::Null) => None,
                Some(test) => Some(test.flag().ok_or(FilterError::Invalid("test"))?),
            },
        })
    }

    /// Returns whether the filter selects an event. An event that says nothing of an order has
    /// neither status nor phase, and is not a test. An event without a verdict matches no list of
    /// verdicts. The source of an operational event is the one that it is about.
    #[must_use]
    pub fn wants(&self, event: &Taken, verdict: Option<Verdict>) -> bool {
        let report = event.report.as_ref();
        let status = report.map(|report| report.status);
        let is_test = report.is_some_and(|report| report.test);
        let source = event.told.as_ref().map_or(Some(&event.source), |told| told.source.as_ref());
        let is_asked_for = !is_operational(event.kind) || self.types.contains(&event.kind);
        is_asked_for
            && wants(&self.sources, source.cloned())
            && wants(&self.types, Some(event.kind))
            && wants(&self.statuses, status)
            && wants(&self.phases, status.map(Status::phase))
            && wants(&self.verdicts, verdict)
            && self.test.is_none_or(|test| test == is_test)
    }
}

fn wants<T: PartialEq>(list: &[T], value: Option<T>) -> bool {
    list.is_empty() || value.is_some_and(|value| list.contains(&value))
}

/// Reads a list of words, each once.
fn words<T: PartialEq>(
    object: &Object<'_>,
    member: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, FilterError> {
    let Some(json) = object.get(member) else {
        return Ok(Vec::new());
    };
    let mut values = Vec::new();
    for entry in json.list().ok_or(FilterError::Invalid(member))? {
        let value = entry.text().and_then(&read).ok_or(FilterError::Invalid(member))?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Ok(values)
}
