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
