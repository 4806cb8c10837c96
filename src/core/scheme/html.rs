use zeroize::Zeroizing;

/// Decodes the HTML entities of a text once, as `WordPress` does with a secret: `&`, `<`, `>` and
/// both quotes, by name or by number.
pub(super) fn decoded(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        if let Some((character, end)) = entity(after) {
            out.push(character);
            rest = end;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// Returns the character of an entity, and the text after it. `text` begins after the `&`.
fn entity(text: &str) -> Option<(char, &str)> {
    let (name, end) = text.split_once(';')?;
    let number = |digits: &str, radix| {
        // `from_str_radix` would take a sign.
        let is_number = digits.chars().all(|digit| digit.is_digit(radix));
        u32::from_str_radix(digits, radix).ok().filter(|_| is_number)
    };
    let character = match (name, name.strip_prefix('#')) {
        ("amp", _) => '&',
        ("lt", _) => '<',
        ("gt", _) => '>',
        ("quot", _) => '"',
        (_, Some(digits)) => match digits.strip_prefix(['x', 'X']) {
            Some(digits) => match number(digits, 16)? {
                0x22 => '"',
                0x26 => '&',
                0x27 => '\'',
                _ => return None,
            },
            None => match number(digits, 10)? {
                34 => '"',
                38 => '&',
                39 => '\'',
                60 => '<',
                62 => '>',
                _ => return None,
            },
        },
        _ => return None,
    };
    Some((character, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_once() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a&amp;b", "a&b"),
            ("&amp;lt;", "&lt;"),
            ("&lt;&gt;&quot;&#039;&#39;&#x27;&#X0027;", "<>\"''''"),
            ("&#034;&#x22;&#060;&#062;&#038;&#x26;", "\"\"<>&&"),
            ("&", "&"),
            ("&&amp", "&&amp"),
            ("&apos;&nbsp;&#65;&#x3c;&#;&#x;&#+39;", "&apos;&nbsp;&#65;&#x3c;&#;&#x;&#+39;"),
            ("é&amp;é", "é&é"),
        ] {
            assert_eq!(*decoded(text), expected, "{text}");
        }
    }
}
