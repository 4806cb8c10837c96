/// What a source may be named.
pub(crate) const SOURCE_NAME: &str = "1 to 32 of a-z, 0-9 and -";

/// Returns the source of a journal.
pub(crate) fn of_journal(journal: &str) -> &str {
    journal.split('.').next().unwrap_or(journal)
}
