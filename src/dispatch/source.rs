/// Whether a text may be a source's name.
pub(crate) fn is_source(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(is_allowed)
}

/// Returns the source of a journal.
pub(crate) fn of_journal(journal: &str) -> &str {
    journal.split('.').next().unwrap_or(journal)
}
