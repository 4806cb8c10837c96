//! UP42's headers, read character by character: not how the core reads them.

use crate::Post;

/// The sender's list.
#[derive(Debug)]
pub struct List {
    /// The name that both headers begin with.
    pub label: String,
    /// The signed headers.
    pub names: Vec<String>,
    /// The time of signing, in Unix seconds.
    pub created: u64,
}

/// `label=("h1" "h2");created=1`.
#[must_use]
pub fn list(text: &str) -> Option<List> {
    let mut rest: Vec<char> = text.chars().rev().collect();
    let label = token(&mut rest)?;
    (rest.pop()? == '=' && rest.pop()? == '(').then_some(())?;
    let mut names: Vec<String> = Vec::new();
    loop {
        let blanks = blanks(&mut rest);
        match rest.pop()? {
            ')' => break,
            '"' if blanks > 0 || names.is_empty() => {
                let name = token(&mut rest)?;
                (rest.pop()? == '"').then_some(())?;
                names.push(name);
            }
            _ => return None,
        }
    }
    let lower: std::collections::HashSet<_> =
        names.iter().map(|name| name.to_ascii_lowercase()).collect();
    if names.is_empty() || names.len() > 32 || lower.len() < names.len() {
        return None;
    }
    let mut times = Vec::new();
    while let Some(semicolon) = rest.pop() {
        (semicolon == ';').then_some(())?;
        blanks(&mut rest);
        let (key, value) = parameter(&mut rest)?;
        if key == "created" {
            times.push(value);
        }
    }
    let [created] = times.as_slice() else {
        return None;
    };
    Some(List { label, names, created: seconds(created)? })
}

/// Parses Unix seconds: digits alone.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let mut sum = 0_u64;
    for c in text.chars() {
        let digit = u64::from(c.to_digit(10)?);
        sum = sum.checked_mul(10)?.checked_add(digit)?;
    }
    (!text.is_empty()).then_some(sum)
}

/// Returns the values of the listed headers, one after the other.
#[must_use]
pub fn content(list: &List, post: &Post) -> Option<String> {
    let values: Option<String> = list.names.iter().map(|name| post.header(name)).collect();
    values.filter(|values| !values.is_empty())
}

fn parameter(rest: &mut Vec<char>) -> Option<(String, String)> {
    let key = token(rest)?;
    if rest.last() != Some(&'=') {
        return Some((key, String::new()));
    }
    rest.pop();
    let mut value = String::new();
    if rest.last() == Some(&'"') {
        rest.pop();
        loop {
            match rest.pop()? {
                '"' => return Some((key, value)),
                c => value.push(c),
            }
        }
    }
    while let Some(c) = rest.pop_if(|c| *c != ';') {
        value.push(c);
    }
    Some((key, value))
}

fn blanks(rest: &mut Vec<char>) -> usize {
    let mut count = 0;
    while rest.pop_if(|c| *c == ' ').is_some() {
        count += 1;
    }
    count
}

/// Characters of a token (RFC 9110), but for `=`, which ends one.
fn token(rest: &mut Vec<char>) -> Option<String> {
    let mut token = String::new();
    while let Some(c) = rest.pop_if(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(*c))
    {
        token.push(c);
    }
    (!token.is_empty()).then_some(token)
}
