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
    const TWO: &str = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
                       5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    let at = 2 * number as usize;
    text.push_str(TWO.get(at..at + 2).unwrap_or("00"));
}

/// Writes a number below 10.
pub(super) fn push_one(text: &mut String, number: u32) {
    text.push(char::from_digit(number, 10).unwrap_or('0'));
}
