//! Numbers of a fixed count of digits.

/// Reads a number of exactly `digits` digits: returns it, and the text after it.
pub(super) fn number(text: &[u8], digits: usize) -> Option<(u32, &[u8])> {
    let (number, rest) = text.split_at_checked(digits)?;
    let number = number.iter().try_fold(0, |number, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        Some(number * 10 + digit)
    })?;
    Some((number, rest))
}

/// Writes a number below 100 as two digits.
pub(super) fn push(text: &mut String, number: u32) {
    push_one(text, number / 10);
    push_one(text, number % 10);
}

/// Writes a number below 10.
pub(super) fn push_one(text: &mut String, number: u32) {
    text.push(char::from_digit(number, 10).unwrap_or('0'));
}
