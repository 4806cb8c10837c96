//! Whether signed content can be cut into its parts in one way only. Otherwise an attacker who has
//! seen a signed delivery could move bytes from one part to another.

use crate::scheme::part::Part;

/// A reason why content can be cut in another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ambiguity {
    /// Another part that the sender writes comes after the body.
    BodyNotLast,
    /// No text stands between two parts that the sender writes.
    Touch,
    /// The text after the time begins with a digit.
    Digit,
}

/// Returns the place of the first part that can be cut in another way, and why.
///
/// A header and a field are followed by a text, which `Signed::content` refuses in their values. A
/// time is digits or ends with its zone, so that no time is the beginning of another one that a
/// text follows. The body is the last part that the sender writes.
pub(crate) fn ambiguity(content: &[Part]) -> Option<(usize, Ambiguity)> {
    let last = content.iter().rposition(is_the_senders).unwrap_or(0);
    content.iter().take(last).enumerate().find_map(|(at, part)| {
        if !is_the_senders(part) {
            return None;
        }
        let found = match (part, content.get(at + 1)) {
            (Part::Body, _) => Ambiguity::BodyNotLast,
            (Part::Timestamp, Some(Part::Literal(text)))
                if text.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                Ambiguity::Digit
            }
            (_, Some(Part::Literal(text))) if !text.is_empty() => return None,
            _ => Ambiguity::Touch,
        };
        Some((at, found))
    })
}

/// Whether the sender writes the part: the others are the definition's and the source's.
fn is_the_senders(part: &Part) -> bool {
    matches!(part, Part::Header(_) | Part::Field(_) | Part::Timestamp | Part::Body)
}
