use orderhook_core::dispatch::OPERATIONAL;
use serde::de::DeserializeOwned;
use web_sys::Request;

use super::{
    address::Address,
    door::Visitor,
    problem::{Backend, Problem},
};
use crate::{
    host::{Failure, Host},
    registry::{self, Question},
    source,
};

/// A caller who may do what it asks for.
pub(super) struct Caller<'a> {
    pub(super) host: &'a Host,
    pub(super) request: &'a Request,
    pub(super) visitor: &'a Visitor,
    pub(super) address: Address<'a>,
    pub(super) query: &'a str,
}

/// The journals that a request without a source may ask: enough for a source of each built-in
/// provider. Their pages, of 64 KiB at least, are in memory at the same time.
const MAX_JOURNALS: usize = 96;

impl Caller<'_> {
    /// Returns the name of the caller's token, for the audit.
    pub(super) fn actor(&self) -> String {
        self.visitor.holder.name.clone()
    }

    /// Asks the registry.
    pub(super) async fn registry<T: DeserializeOwned>(
        &self,
        question: &Question,
    ) -> Result<T, Problem> {
        registry::ask(self.host, question)
            .await
            .map_err(|failure| Problem::unavailable(Backend::Registry, failure))
    }

    /// Returns the journals of a source, or of all sources.
    pub(super) fn journals(&self, source: Option<&str>) -> Result<Vec<String>, Problem> {
        let mut journals = self.journals_of_deliveries(source)?;
        journals.retain(|name| source.is_some() || name != OPERATIONAL);
        Ok(journals)
    }

    /// Returns the journals of a source; or those of all sources, and that of operational events.
    pub(super) fn journals_of_deliveries(
        &self,
        source: Option<&str>,
    ) -> Result<Vec<String>, Problem> {
        let is_of = |name: &&String| source.is_none_or(|of| of == source::of_journal(name));
        let journals: Vec<String> = self.visitor.journals.iter().filter(is_of).cloned().collect();
        let sources = journals.iter().filter(|name| *name != OPERATIONAL);
        let is_too_wide = source.is_none() && sources.count() > MAX_JOURNALS;
        if is_too_wide { Err(Problem::source_required(MAX_JOURNALS)) } else { Ok(journals) }
    }
}

/// Returns a journal's answer, or the problem that it could not be asked.
pub(super) fn available(journal: &str, answer: Result<String, Failure>) -> Result<String, Problem> {
    answer.map_err(|failure| Problem::unavailable(Backend::Journal(journal), failure))
}
