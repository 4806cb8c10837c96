//! Telephone numbers in a text.

use std::collections::BTreeSet;

/// The digits that a telephone number has at least. Zeros in front do not count.
const MIN_DIGITS: usize = 6;

/// The digits that a telephone number has at most (E.164).
const MAX_DIGITS: usize = 15;

/// Returns the telephone numbers in a text, each as its digits. A text may be read in several ways:
/// a `/` may be a part of a number or stand between two, and so may a space where there are more
/// digits than a number has.
pub(super) fn numbers(text: &str) -> BTreeSet<String> {
    let read =
        |joins: fn(char) -> bool| runs(text, joins).into_iter().filter_map(|run| number(&run));
    let mut numbers: BTreeSet<String> = read(is_in_number).collect();
    if numbers.iter().any(|number| number.len() > MAX_DIGITS) {
        numbers.extend(read(|c| is_in_number(c) && !c.is_whitespace()));
    }
    numbers.extend(read(may_join));
    numbers
}

/// Returns the number of a run: its digits without zeros in front.
pub(super) fn number(run: &[String]) -> Option<String> {
    let digits = run.concat();
    let digits = digits.trim_start_matches('0');
    (digits.len() >= MIN_DIGITS).then(|| digits.to_owned())
}

/// Returns the runs of digits in a text: groups of digits between which only characters stand that
/// join them.
pub(super) fn runs(text: &str, joins: impl Fn(char) -> bool) -> Vec<Vec<String>> {
    let (mut runs, mut run) = (Vec::new(), Vec::new());
    let mut group = String::new();
    for character in text.chars().chain([END]) {
        if character.is_ascii_digit() {
            group.push(character);
            continue;
        }
        if !group.is_empty() {
            run.push(std::mem::take(&mut group));
        }
        if !joins(character) && !run.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
    }
    runs
}

/// A character that ends a number.
const END: char = '\n';

/// Whether a character may stand between the digits of a number.
fn is_in_number(character: char) -> bool {
    let is_space = character.is_whitespace() && !character.is_control();
    let is_dash = matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}');
    is_space || is_dash || ".()".contains(character)
}

/// Whether a character may stand there, or between two numbers.
pub(super) fn may_join(character: char) -> bool {
    character == '/' || is_in_number(character)
}

/// Whether a number is the beginning of groups of digits, and ends with one of them.
pub(super) fn starts_with<'g>(groups: impl Iterator<Item = &'g String>, number: &str) -> bool {
    let mut left = number;
    let mut groups = groups.peekable();
    // A group of zeros says nothing: the number may begin with the next one.
    if groups.peek().is_none_or(|first| first.bytes().all(|digit| digit == b'0')) {
        return false;
    }
    let mut is_first = true;
    for group in groups {
        let digits = if is_first { group.trim_start_matches('0') } else { group };
        is_first = false;
        match left.strip_prefix(digits) {
            Some("") => return true,
            Some(rest) => left = rest,
            None => return false,
        }
    }
    false
}
