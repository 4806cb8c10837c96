/// What a source may be named.
pub(crate) const SOURCE_NAME: &str = "1 to 32 of a-z, 0-9 and -";

/// Returns the source of a journal.
pub(crate) fn of_journal(journal: &str) -> &str {
    journal.split('.').next().unwrap_or(journal)
}

/// Adds the source's name to a record of a journal: a JSON object that has members.
pub(crate) fn named(journal: &str, record: &str) -> String {
    let rest = record.strip_prefix('{').unwrap_or_default();
    format!(r#"{{"source":"{}",{rest}"#, of_journal(journal))
}
