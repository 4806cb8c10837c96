//! How much an order's state may hold.

/// The events that an order's state remembers one by one, beside the last that may take it out of a
/// final status.
pub const MAX_STEPS: usize = 32;
/// The parcels that an order's state keeps apart.
pub const MAX_PARCELS: usize = 32;
/// The lines that an order's state keeps.
pub const MAX_ITEMS: usize = 50;
/// The customers that an order's state names.
pub const MAX_CUSTOMERS: usize = 8;
/// The bytes of an order's state as JSON.
pub const MAX_STATE_BYTES: usize = 96 * 1024;

/// The events that each parcel remembers.
pub(super) const MAX_STEPS_OF_PARCEL: usize = 3;
/// The bytes of a text, as JSON.
pub(super) const MAX_TEXT: usize = 128;
/// The bytes of a provider's word, as JSON.
pub(super) const MAX_WORD: usize = 64;
/// The bytes of a URL, as JSON.
pub(super) const MAX_URL: usize = 512;

/// Returns the longest beginning of a text that has at most `max` bytes as JSON.
pub(super) fn cut(text: &str, max: usize) -> String {
    let mut bytes = 0;
    text.chars()
        .take_while(|character| {
            bytes += json_bytes(*character);
            bytes <= max
        })
        .collect()
}

/// Returns a text if it has at most `max` bytes as JSON. A part of a number or of a URL would be
/// worse than none.
pub(super) fn whole(text: &str, max: usize) -> Option<String> {
    (text.chars().map(json_bytes).sum::<usize>() <= max).then(|| text.to_owned())
}

fn json_bytes(character: char) -> usize {
    match character {
        '"' | '\\' => 2,
        '\0'..' ' => 6,
        _ => character.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::write;

    #[test]
    fn a_cut_text_fits_as_json() {
        for text in ["plain", "é🚚é🚚", "\0\0\0", "\"\"\"\"", "a\u{1f}\\b"] {
            for max in 0..20 {
                let cut = cut(text, max);
                assert!(text.starts_with(&cut));
                let json = write::object(|fields| fields.text("a", &cut));
                assert!(json.len() <= max + r#"{"a":""}"#.len(), "{json}");
                let is_whole = cut == text;
                assert_eq!(whole(text, max).is_some(), is_whole, "{text} {max}");
            }
        }
    }
}
