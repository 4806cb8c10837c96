//! A tolerant reader of JSON (RFC 8259). A field of another type than expected is absent; it is
//! never a reason to lose a delivery. The payload is passed on whole in any case.
//!
//! Values are found, not built: an [`Object`] borrows the text and knows where its values are. So
//! nesting costs no stack, numbers keep their digits, and the Worker carries no code to parse
//! floats. A property test compares the grammar with `serde_json`'s.

use std::borrow::Cow;

/// A JSON object: its keys, and where their values are in the text.
///
/// ```
/// use orderhook_core::json::Object;
///
/// let order = Object::parse(r#"{"id":17,"price":2.50,"final":true,"note":" ","id2":[1]}"#)?;
/// assert_eq!(order.text("id").as_deref(), Some("17"));
/// assert_eq!(order.text("price").as_deref(), Some("2.50"), "numbers keep their digits");
/// assert_eq!(order.flag("final"), Some(true));
/// assert_eq!(order.text("note"), None, "a blank text is absent");
/// assert_eq!(order.text("id2"), None, "so is a value of another type");
/// # Ok::<_, orderhook_core::json::JsonError>(())
/// ```
#[derive(Debug)]
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a str)>);

/// A reason why a text is not a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// It is not JSON.
    Syntax,
    /// It is JSON of another type, or an object of more than 10,000 keys.
    NotAnObject,
}

impl<'a> Object<'a> {
    /// Reads one object, with nothing before or after it. The whole text is checked against the
    /// grammar.
    ///
    /// # Errors
    ///
    /// Fails if the text is not JSON, is JSON of another type, or has more than 10,000 keys.
    pub fn parse(json: &'a str) -> Result<Self, JsonError> {
        let json = json.trim_matches(BLANKS);
        if let Some(inner) = json.strip_prefix('{') {
            return fields(inner).map(Self);
        }
        match value(json) {
            Some((_, "")) => Err(JsonError::NotAnObject),
            _ => Err(JsonError::Syntax),
        }
    }

    /// Returns the keys, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| &**key)
    }

    /// Returns a value's JSON text. A key that is given twice has no value: another reader might
    /// take the other one.
    #[must_use]
    pub fn raw(&self, key: &str) -> Option<&'a str> {
        let mut values = self.0.iter().filter(|(k, _)| k == key);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Returns a string, or a number as it was written: numbers never pass through a float. Returns
    /// `None` if the value is absent, blank or of another type.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        text(self.raw(key)?)
    }

    /// Returns an object in the object.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<Object<'a>> {
        Self::parse(self.raw(key)?).ok()
    }

    /// Returns the objects in an array, or a single object in the array's place. Entries of another
    /// type are left out.
    pub fn objects(&self, key: &str) -> impl Iterator<Item = Object<'a>> + use<'a> {
        let entries = self.raw(key).into_iter().flat_map(entries);
        entries.filter_map(|entry| Self::parse(entry).ok())
    }

    /// Returns `true` or `false`.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.raw(key)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Returns a whole number that is not negative, given as a number or as a string.
    #[must_use]
    pub fn whole(&self, key: &str) -> Option<u32> {
        self.text(key)?.parse().ok()
    }
}

/// Returns a JSON text's string, or its number as it was written. Returns `None` if it is blank or
/// of another type.
#[must_use]
pub fn text(json: &str) -> Option<Cow<'_, str>> {
    let text = match json.as_bytes().first()? {
        b'"' => unescape(json.strip_prefix('"')?.strip_suffix('"')?)?,
        b'-' | b'0'..=b'9' => Cow::Borrowed(json),
        _ => return None,
    };
    (!text.chars().all(is_blank)).then_some(text)
}

/// Whether a character counts as blank: white space by Unicode, or a byte order mark, which
/// JavaScript and JSON Schema count as white space.
#[must_use]
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Returns the JSON texts of an array's entries, or a value of another type alone. They are found
/// one by one: a body of brackets alone has hundreds of thousands.
pub fn entries(json: &str) -> impl Iterator<Item = &str> {
    let inner = json.strip_prefix('[');
    let mut rest = inner.or(Some(json));
    std::iter::from_fn(move || {
        let (entry, after) = value(rest?)?;
        rest = after.strip_prefix(',').filter(|_| inner.is_some());
        Some(entry)
    })
}

/// The characters that JSON takes for blanks between values.
pub const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// The keys that an object may have. Real bodies have less than a hundredth of it; an object of
/// keys alone would take twenty times its own size in memory.
const MAX_KEYS: usize = 10_000;

/// Returns the keys and values of an object. `inner` is the text after its `{`, and must end with
/// its `}`.
fn fields(inner: &str) -> Result<Vec<(Cow<'_, str>, &str)>, JsonError> {
    let mut fields = Vec::new();
    let mut rest = inner.trim_start_matches(BLANKS);
    if rest == "}" {
        return Ok(fields);
    }
    loop {
        let (field, after) = field(rest).ok_or(JsonError::Syntax)?;
        if fields.len() == MAX_KEYS {
            return Err(JsonError::NotAnObject);
        }
        fields.push(field);
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None if after == "}" => return Ok(fields),
            None => return Err(JsonError::Syntax),
        }
    }
}

/// Returns a key and its value, and the text after them.
fn field(text: &str) -> Option<((Cow<'_, str>, &str), &str)> {
    let (key, after) = value(text)?;
    // A key that is not a text (half of a surrogate pair) becomes an empty one.
    let key = unescape(key.strip_prefix('"')?.strip_suffix('"')?).unwrap_or_default();
    let (value, after) = value(after.strip_prefix(':')?)?;
    Some(((key, value), after))
}

/// Returns the first value's text and the text after it, both without blanks around them.
fn value(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(BLANKS);
    let (value, rest) = text.split_at_checked(skip_value(text.as_bytes(), 0)?)?;
    Some((value, rest.trim_start_matches(BLANKS)))
}

/// Returns the end of the value that begins at `at` or after blanks there; `None` if there is no
/// value. Open containers are kept in a list, so depth costs no stack.
fn skip_value(json: &[u8], mut at: usize) -> Option<usize> {
    let mut open = Vec::new();
    loop {
        at = skip_blanks(json, at);
        let first = *json.get(at)?;
        if let b'{' | b'[' = first {
            let closer = first + 2; // In ASCII, for both brackets.
            at = skip_blanks(json, at + 1);
            if json.get(at) != Some(&closer) {
                open.push(closer);
                at = skip_key(json, at, closer)?;
                continue;
            }
            at += 1;
        } else {
            at = skip_scalar(json, at, first)?;
        }
        loop {
            let Some(&closer) = open.last() else {
                return Some(at);
            };
            at = skip_blanks(json, at);
            let next = *json.get(at)?;
            at += 1;
            if next == b',' {
                at = skip_key(json, skip_blanks(json, at), closer)?;
                break;
            }
            if next != closer {
                return None;
            }
            open.pop();
        }
    }
}

/// Returns the position after the key and its colon in an object; `at` in an array, which has no
/// keys.
fn skip_key(json: &[u8], at: usize, closer: u8) -> Option<usize> {
    if closer == b']' {
        return Some(at);
    }
    let at = skip_blanks(json, skip_string(json, at)?);
    (json.get(at) == Some(&b':')).then_some(at + 1)
}

/// Returns the position of the first byte from `at` on that is not a blank.
#[must_use]
pub fn skip_blanks(json: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = json.get(at) {
        at += 1;
    }
    at
}

fn skip_scalar(json: &[u8], at: usize, first: u8) -> Option<usize> {
    let word = match first {
        b'"' => return skip_string(json, at),
        b't' => "true",
        b'f' => "false",
        b'n' => "null",
        _ => return skip_number(json, at),
    };
    json.get(at..)?.starts_with(word.as_bytes()).then_some(at + word.len())
}

/// Returns the position after the string that begins at `at`; `None` if no string begins there, or
/// it does not end.
#[must_use]
pub fn skip_string(json: &[u8], mut at: usize) -> Option<usize> {
    if json.get(at) != Some(&b'"') {
        return None;
    }
    loop {
        at = skip_plain(json, at + 1);
        match *json.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at = skip_escape(json, at + 1)?,
            0..0x20 => return None,
            _ => {}
        }
    }
}

/// Skips bytes that are written as they are, eight at a time: all but quotes, backslashes and
/// control bytes. It may stop up to seven bytes early.
fn skip_plain(json: &[u8], mut at: usize) -> usize {
    const fn every(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    // Sets the high bit of each byte below 0x80 that is less than `than`. A borrow may set it in
    // later bytes, too, but never where no byte is less, so zero means none.
    let less = |bytes: u64, than: u8| bytes.wrapping_sub(every(than)) & !bytes & every(0x80);
    while let Some(bytes) = json.get(at..).and_then(<[u8]>::first_chunk) {
        let bytes = u64::from_ne_bytes(*bytes);
        let quote = less(bytes ^ every(b'"'), 1);
        let backslash = less(bytes ^ every(b'\\'), 1);
        if less(bytes, b' ') | quote | backslash != 0 {
            break;
        }
        at += 8;
    }
    at
}

/// Returns the position of an escape's last byte. `at` is the first byte after the backslash.
fn skip_escape(json: &[u8], at: usize) -> Option<usize> {
    match *json.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at),
        b'u' => json.get(at + 1..at + 5)?.iter().all(u8::is_ascii_hexdigit).then_some(at + 4),
        _ => None,
    }
}

fn skip_number(json: &[u8], mut at: usize) -> Option<usize> {
    if json.get(at) == Some(&b'-') {
        at += 1;
    }
    // A leading zero is the only digit.
    at = if json.get(at) == Some(&b'0') { at + 1 } else { skip_digits(json, at)? };
    if json.get(at) == Some(&b'.') {
        at = skip_digits(json, at + 1)?;
    }
    if let Some(b'e' | b'E') = json.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = json.get(at) {
            at += 1;
        }
        at = skip_digits(json, at)?;
    }
    Some(at)
}

/// Skips one digit or more.
fn skip_digits(json: &[u8], at: usize) -> Option<usize> {
    let digits = json.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then_some(at + digits)
}

/// Returns the text between a string's quotes; `None` if it holds half of a surrogate pair.
fn unescape(inner: &str) -> Option<Cow<'_, str>> {
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let (mut out, mut rest) = (String::with_capacity(inner.len()), inner);
    while let Some((plain, after)) = rest.split_once('\\') {
        let (character, after) = escape(after)?;
        out.push_str(plain);
        out.push(character);
        rest = after;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// Returns the character of an escape, and the text after it. `text` begins after the backslash.
#[must_use]
pub fn escape(text: &str) -> Option<(char, &str)> {
    let (first, rest) = text.split_at_checked(1)?;
    let character = match first {
        "b" => '\u{8}',
        "f" => '\u{c}',
        "n" => '\n',
        "r" => '\r',
        "t" => '\t',
        "u" => return unicode(rest),
        other => other.chars().next()?,
    };
    Some((character, rest))
}

fn unicode(text: &str) -> Option<(char, &str)> {
    let (first, rest) = hex(text)?;
    let Some(high) = first.checked_sub(0xd800).filter(|high| *high < 0x400) else {
        return Some((char::from_u32(first)?, rest));
    };
    let (second, rest) = hex(rest.strip_prefix("\\u")?)?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    Some((char::from_u32(0x1_0000 + (high << 10) + low)?, rest))
}

fn hex(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(json: &str, expected: Option<&str>) {
        assert_eq!(text(json).as_deref(), expected, "{json}");
        let object = format!(r#"{{"a":1,"field":{json}}}"#);
        let object = Object::parse(&object).expect(json);
        assert_eq!(object.text("field").as_deref(), expected, "{json}");
    }

    #[test]
    fn a_blank_text_is_absent() {
        for json in [r#""""#, r#"" ""#, r#""\t\u00a0""#, "\"\u{feff}\"", r#""\ufeff \ufeff""#] {
            assert_eq!(text(json), None, "{json}");
        }
        assert_eq!(text("\"\u{feff}a\"").as_deref(), Some("\u{feff}a"));
    }

    #[test]
    fn a_string_ends_at_its_quote_at_every_offset() {
        for length in 0..40 {
            // These differ in one bit from a quote, a backslash or a control byte.
            for plain in ["a", "!", "#", "[", "]", "\u{7f}", "\u{a2}", "\u{dc}", "\u{1f642}"] {
                let plain = plain.repeat(length);
                let end = Some(plain.len() + 2);
                assert_eq!(skip_string(format!("\"{plain}\"aaaaaaaaa").as_bytes(), 0), end);
                let escaped = format!("\"{plain}\\\"\"\"");
                assert_eq!(skip_string(escaped.as_bytes(), 0), end.map(|end| end + 2));
                for broken in ["\n\"", "\u{1f}\"", "\0aaaaaaaaa\"", "\\x\"", ""] {
                    assert_eq!(skip_string(format!("\"{plain}{broken}").as_bytes(), 0), None);
                }
            }
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        for number in ["0", "-1.50", "25.5", "1e400", "123456789012345678901234567890.10"] {
            read(number, Some(number));
        }
    }

    #[test]
    fn strings_are_unescaped() {
        read(r#""plain""#, Some("plain"));
        read(r#""a \"quoted\" caf\u00e9 \ud83d\ude00""#, Some("a \"quoted\" café 😀"));
    }

    #[test]
    fn a_value_of_another_type_is_absent() {
        for json in ["null", "true", "{}", "[1]", r#""""#, r#""  ""#, r#""\ud800""#] {
            read(json, None);
        }
    }

    #[test]
    fn a_key_given_twice_has_no_value() {
        let object = Object::parse(r#"{"a":1,"b":2,"\u0061":1}"#).expect("object");
        assert_eq!((object.text("a"), object.text("b").as_deref()), (None, Some("2")));
    }

    #[test]
    fn a_single_object_counts_as_a_list() {
        let count = |list: &str| {
            let json = format!(r#"{{"list":{list}}}"#);
            Object::parse(&json).expect(list).objects("list").count()
        };
        assert_eq!(count(r#"[{"a":1},{}]"#), 2);
        assert_eq!(count(r#"[{},"x",null,[{}],{}]"#), 2);
        assert_eq!(count("{}"), 1);
        assert_eq!((count("null"), count("[]")), (0, 0));
    }

    #[test]
    fn another_type_and_invalid_json_are_distinct_errors() {
        for json in ["[]", "1", "null", r#""{}""#] {
            assert_eq!(Object::parse(json).err(), Some(JsonError::NotAnObject), "{json}");
        }
        for json in ["", "{", "{}x", "{'a':1}", "{\"a\":01}", "\u{feff}{}", "{\"a\":\"\n\"}"] {
            assert_eq!(Object::parse(json).err(), Some(JsonError::Syntax), "{json}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        let object = Object::parse(&deep).expect("object");
        assert!(object.text("a").is_none());
        assert_eq!(object.objects("a").count(), 0);
    }

    #[test]
    fn a_surrogate_pair_is_a_high_and_a_low_one() {
        for (escaped, expected) in [
            (r"\ud7ff", Some('\u{d7ff}')),
            (r"\ue000", Some('\u{e000}')),
            (r"\ud800\udc00", Some('\u{10000}')),
            (r"\ud801\udc01", Some('\u{10401}')),
            (r"\udbff\udfff", Some('\u{10ffff}')),
            (r"\ud800", None),
            (r"\udbff", None),
            (r"\udc00", None),
            (r"\udfff", None),
            (r"\ud800\ud800", None),
            (r"\ud800\udbff", None),
            (r"\ud800\ue000", None),
            (r"\udc00\udc00", None),
            (r"\ud800udc00", None),
            (r"\ud800\n", None),
        ] {
            let rest = escaped.strip_prefix('\\').expect("a backslash");
            assert_eq!(escape(rest).map(|(character, _)| character), expected, "{escaped}");
        }
    }

    #[test]
    fn an_object_has_at_most_10000_keys() {
        let object = |keys: usize| {
            let json = format!("{{{}\"z\":1}}", "\"a\":1,".repeat(keys - 1));
            Object::parse(&json).map(|object| object.keys().count())
        };
        assert_eq!(object(10_000).ok(), Some(10_000));
        assert_eq!(object(10_001).err(), Some(JsonError::NotAnObject));
    }

    #[track_caller]
    fn is_value(json: &str, expected: bool) {
        let object = format!(r#"{{"a":{json}}}"#);
        let raw = Object::parse(&object).map(|object| object.raw("a") == Some(json.trim()));
        assert_eq!(raw, if expected { Ok(true) } else { Err(JsonError::Syntax) }, "{json}");
    }

    #[test]
    fn values_are_held_to_the_grammar() {
        for json in [
            "0 -0 1 -1 10 1.5 0.5 -0.0e-0 1e5 1E+5 1e-05 0e1 20.25E10 true false null",
            r#""" "\"" "\\" "\/\b\f\n\r\t" "\u0041" "\uABCD\uabcd" "\ud800""#,
            r#"[] {} [[]] [{},[]] [1,2] {"b":1} {"b":{},"c":[]} {"":""}"#,
        ] {
            json.split(' ').for_each(|json| is_value(json, true));
        }
        for json in [" [ 1 , 2 ] ", "\t{ \"b\" : [ ] , \"c\" :\n{ } }\r"] {
            is_value(json, true);
        }
        for json in [
            "- 01 -01 1. 1.e5 .5 +1 1e 1e+ 1e- --1 0x1 1a -a 1.5.5 1e5e5 00",
            "tru truee nul nulll fals True t f n a",
            r#"" "\" "\x" "\u" "\u12" "\u123" "\u123g" 'a' "a""#,
            r#"[ ] { } [1,] [,1] [,] [1 2] [1 [1] ] [1} {"b":1] {"b":1,} {"b"} {"b":} {1:2} {b:1} {,}"#,
            r#"{"b":1"c":2} {"b",1} {"b":1:2} [1:2] ["b":1] [] ] {}} [[] {"b":{}"#,
        ] {
            let valid = ["\"a\"", "[1]", "[]"];
            json.split(' ')
                .filter(|json| !valid.contains(json))
                .for_each(|json| is_value(json, false));
        }
    }
}
