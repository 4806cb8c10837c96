//! A writer of JSON objects: the counterpart of `json`. A property test reads its output with
//! `serde_json`.

/// The fields of an object that is being written, one after another. Names are not escaped, so they
/// must not hold characters that JSON escapes.
pub struct Fields<'j>(&'j mut String);

/// The bytes that suffice for most events without their payload.
const USUAL_BYTES: usize = 1536;

/// Returns an object as JSON text.
///
/// ```
/// use orderhook_core::json::write;
///
/// let json = write::object(|order| {
///  order.text("id", "A \"1\"");
///  order.number_or_null("items", Some(2));
///  order.object("status", |status| status.flag("final", true));
/// });
/// assert_eq!(json, r#"{"id":"A \"1\"","items":2,"status":{"final":true}}"#);
/// ```
#[must_use]
pub fn object(write: impl FnOnce(&mut Fields<'_>)) -> String {
    let mut json = String::with_capacity(USUAL_BYTES);
    braces(&mut json, write);
    json
}

/// Returns an array of objects as JSON text.
pub fn array<T>(of: impl IntoIterator<Item = T>, write: impl FnMut(T, &mut Fields<'_>)) -> String {
    let mut json = String::new();
    brackets(&mut json, of, write);
    json
}

impl Fields<'_> {
    /// Writes a text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        string(self.0, text);
    }

    /// Writes a text, or `null`.
    pub fn text_or_null(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.bare(name, "null"),
        }
    }

    /// Writes `true` or `false`.
    pub fn flag(&mut self, name: &str, flag: bool) {
        self.bare(name, if flag { "true" } else { "false" });
    }

    /// Writes a whole number, or `null`.
    pub fn number_or_null(&mut self, name: &str, number: Option<u32>) {
        match number {
            Some(number) => self.bare(name, &number.to_string()),
            None => self.bare(name, "null"),
        }
    }

    /// Writes an object.
    pub fn object(&mut self, name: &str, write: impl FnOnce(&mut Fields<'_>)) {
        self.name(name);
        braces(self.0, write);
    }

    /// Writes an object if there is a value, else `null`.
    pub fn object_or_null<T>(
        &mut self,
        name: &str,
        of: Option<T>,
        write: impl FnOnce(T, &mut Fields<'_>),
    ) {
        match of {
            Some(of) => self.object(name, |fields| write(of, fields)),
            None => self.bare(name, "null"),
        }
    }

    /// Writes an array of objects.
    pub fn objects<T>(
        &mut self,
        name: &str,
        of: impl IntoIterator<Item = T>,
        write: impl FnMut(T, &mut Fields<'_>),
    ) {
        self.name(name);
        brackets(self.0, of, write);
    }

    /// Writes an array of texts.
    pub fn texts<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        self.name(name);
        self.0.push('[');
        for (at, text) in texts.into_iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            string(self.0, text);
        }
        self.0.push(']');
    }

    fn bare(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.push_str(value);
    }

    fn name(&mut self, name: &str) {
        self.0.push_str(if self.0.as_bytes().last() == Some(&b'{') { "\"" } else { ",\"" });
        self.0.push_str(name);
        self.0.push_str("\":");
    }
}

fn braces(json: &mut String, write: impl FnOnce(&mut Fields<'_>)) {
    json.push('{');
    write(&mut Fields(json));
    json.push('}');
}

fn brackets<T>(
    json: &mut String,
    of: impl IntoIterator<Item = T>,
    mut write: impl FnMut(T, &mut Fields<'_>),
) {
    json.push('[');
    for (at, one) in of.into_iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        braces(json, |fields| write(one, fields));
    }
    json.push(']');
}

/// Writes a JSON string: runs of plain characters, with escapes between them.
fn string(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    while let Some((run, escaped, behind)) = split(rest) {
        json.push_str(run);
        escape(json, escaped);
        rest = behind;
    }
    json.push_str(rest);
    json.push('"');
}

/// Returns the text before the first byte that must be escaped, that byte, and the text after it.
fn split(text: &str) -> Option<(&str, u8, &str)> {
    let at = text.bytes().position(is_escaped)?;
    let (run, rest) = text.split_at_checked(at)?;
    // Only ASCII is escaped: one byte.
    Some((run, *rest.as_bytes().first()?, rest.get(1..)?))
}

// RFC 8259, section 7.
fn is_escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn escape(json: &mut String, byte: u8) {
    let short = match byte {
        b'"' => '"',
        b'\\' => '\\',
        0x08 => 'b',
        0x0c => 'f',
        b'\n' => 'n',
        b'\r' => 'r',
        b'\t' => 't',
        _ => {
            let digit = byte % 16;
            json.push_str(if byte < 16 { "\\u000" } else { "\\u001" });
            json.push(char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }));
            return;
        }
    };
    json.push('\\');
    json.push(short);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn written(text: &str, expected: &str) {
        assert_eq!(object(|fields| fields.text("a", text)), format!("{{\"a\":{expected}}}"));
    }

    #[test]
    fn a_text_is_escaped_where_json_requires_it() {
        written("", r#""""#);
        written("é 🚚 \u{7f}\u{2028}", "\"é 🚚 \u{7f}\u{2028}\"");
        written("\"\\/\u{8}\u{c}\n\r\t", r#""\"\\/\b\f\n\r\t""#);
        written("\0a\u{1f}\u{b}", r#""\u0000a\u001f\u000b""#);
    }

    #[test]
    fn fields_are_written_in_order() {
        let json = object(|fields| {
            fields.flag("a", true);
            fields.text_or_null("b", None);
            fields.number_or_null("c", Some(7));
            fields.object("d", |_| {});
            fields.objects("e", ["x", "y"], |text, fields| fields.text("f", text));
            fields.object_or_null("g", Some("z"), |text, fields| fields.text("h", text));
            fields.object_or_null("i", None::<()>, |(), _| {});
        });
        let expected =
            r#"{"a":true,"b":null,"c":7,"d":{},"e":[{"f":"x"},{"f":"y"}],"g":{"h":"z"},"i":null}"#;
        assert_eq!(json, expected);
        let json = object(|fields| {
            fields.texts("a", []);
            fields.texts("b", ["x", "\"", ""]);
        });
        assert_eq!(json, r#"{"a":[],"b":["x","\"",""]}"#);
        assert_eq!(array(["x"], |text, fields| fields.text("f", text)), r#"[{"f":"x"}]"#);
        assert_eq!(array([""; 0], |_, _| {}), "[]");
    }

    #[test]
    fn every_character_of_ascii_is_written_as_rfc_8259_has_it() {
        for byte in 0..0x80_u8 {
            let expected = match byte {
                b'"' => "\\\"".to_owned(),
                b'\\' => "\\\\".to_owned(),
                b'\n' => "\\n".to_owned(),
                b'\r' => "\\r".to_owned(),
                b'\t' => "\\t".to_owned(),
                0x08 => "\\b".to_owned(),
                0x0c => "\\f".to_owned(),
                0..0x20 => format!("\\u{byte:04x}"),
                _ => char::from(byte).to_string(),
            };
            let text = char::from(byte).to_string();
            written(&text, &format!("\"{expected}\""));
        }
    }
}
