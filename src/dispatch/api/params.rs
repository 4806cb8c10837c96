use orderhook_core::{Phase, Status, dispatch::OPERATIONAL, is_name, percent::decode_query};

use super::problem::Problem;
use crate::{cursor::Cursor, moment, source::SOURCE_NAME};

/// The parameters of a query, each once.
pub(super) struct Params(Vec<(&'static str, String)>);

/// The characters that an id, a reference or a number may have.
const MAX_TEXT: usize = 1024;

/// Whether a text is the name of a source, or of the journal of operational events.
pub(super) fn is_source(text: &str) -> bool {
    is_name(text) || text == OPERATIONAL
}

impl Params {
    /// Parses a query that may have these parameters.
    pub(super) fn parse(query: &str, known: &[&'static str]) -> Result<Self, Problem> {
        let mut params: Vec<(&'static str, String)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode_query(name).ok_or(Problem::UNKNOWN_PARAMETER)?;
            let name = known.iter().find(|known| **known == name);
            let name = *name.ok_or(Problem::UNKNOWN_PARAMETER)?;
            if params.iter().any(|(known, _)| *known == name) {
                return Err(Problem::repeated_parameter(name));
            }
            let value =
                decode_query(value).ok_or_else(|| Problem::invalid_parameter(name, "UTF-8"))?;
            params.push((name, value.into_owned()));
        }
        Ok(Self(params))
    }

    pub(super) fn get(&self, name: &'static str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Returns a text.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Problem> {
        let expected = format!("1 to {MAX_TEXT} characters");
        let is_text = |text: &str| !text.is_empty() && text.chars().count() <= MAX_TEXT;
        self.checked(name, &expected, |text| is_text(text).then(|| text.to_owned()))
    }

    /// Returns the name of a source, or of the journal of operational events.
    pub(super) fn source(&self) -> Result<Option<String>, Problem> {
        self.checked("source", SOURCE_NAME, |text| is_source(text).then(|| text.to_owned()))
    }

    /// Returns one of some words.
    pub(super) fn word(
        &self,
        name: &'static str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, Problem> {
        let find = |text: &str| words.iter().find(|word| **word == text).copied();
        self.checked(name, &format!("one of {}", words.join(", ")), find)
    }

    /// Returns `true` or `false`.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, Problem> {
        Ok(self.word(name, &["true", "false"])?.map(|word| word == "true"))
    }

    /// Returns a cursor of a list.
    pub(super) fn cursor(&self, name: &'static str, list: &str) -> Result<Option<Cursor>, Problem> {
        let parse = |text| Cursor::parse(text, list).ok_or(Problem::INVALID_CURSOR);
        self.get(name).map(parse).transpose()
    }

    /// Returns a moment.
    pub(super) fn moment(&self, name: &'static str) -> Result<Option<i64>, Problem> {
        self.checked(name, "a moment in RFC 3339, as 2026-11-01T08:00:00Z", moment::parse)
    }

    /// Returns the number of entries of a page.
    pub(super) fn limit(&self, most: usize, usual: usize) -> Result<usize, Problem> {
        let expected = format!("a whole number from 1 to {most}");
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let parse =
            |text: &str| text.parse().ok().filter(|n| is_plain(text) && (1..=most).contains(n));
        Ok(self.checked("limit", &expected, parse)?.unwrap_or(usual))
    }

    /// Returns the statuses that `status` and `phase` leave; `None` if they leave all.
    pub(super) fn statuses(&self) -> Result<Option<Vec<String>>, Problem> {
        let words = Status::ALL.map(Status::as_str);
        let status = self.word("status", &words)?;
        let phase = self.word("phase", &Phase::ALL.map(Phase::as_str))?;
        if status.is_none() && phase.is_none() {
            return Ok(None);
        }
        let is_left = |candidate: &Status| {
            status.is_none_or(|status| status == candidate.as_str())
                && phase.is_none_or(|phase| phase == candidate.phase().as_str())
        };
        let left = Status::ALL.into_iter().filter(is_left);
        Ok(Some(left.map(|status| status.as_str().to_owned()).collect()))
    }

    /// Returns what `parse` makes of a value.
    pub(super) fn checked<T>(
        &self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        self.get(name)
            .map(|text| parse(text).ok_or_else(|| Problem::invalid_parameter(name, expected)))
            .transpose()
    }
}
