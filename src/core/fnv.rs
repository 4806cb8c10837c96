/// Returns the FNV-1a hash of a text, to divide keys among places. Its values are in the names of
/// Durable Objects, so they never change. Anyone can find texts of the same hash.
///
/// ```
/// assert_eq!(orderhook_core::fnv1a("a"), 0xe40c_292c);
/// ```
#[must_use]
pub fn fnv1a(text: &str) -> u32 {
    let add = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_reference() {
        for (text, hash) in [
            ("", 0x811c_9dc5),
            ("a", 0xe40c_292c),
            ("b", 0xe70c_2de5),
            ("foobar", 0xbf9c_f968),
            ("chongo was here!\n", 0xd499_30d5),
        ] {
            assert_eq!(fnv1a(text), hash, "{text:?}");
        }
    }
}
