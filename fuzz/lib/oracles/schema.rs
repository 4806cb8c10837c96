//! The package's JSON Schema of an event, as far as it uses the language. An unknown keyword or
//! pattern is a panic, so that no part of the schema is passed over.

use std::sync::LazyLock;

use serde_json::Value;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../pkg/event.schema.json"))
        .expect("the schema is JSON")
});

/// Panics if the event breaks the schema.
#[track_caller]
pub fn check(event: &Value) {
    if let Err(wrong) = valid(&SCHEMA, event, "$") {
        panic!("not as the schema says: {wrong}\n{event:#}");
    }
}

fn valid(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        if !holds(schema, keyword, rule, value, at)? {
            return Err(format!("{at}: `{keyword}` is {rule}"));
        }
    }
    Ok(())
}

fn holds(
    schema: &Value,
    keyword: &str,
    rule: &Value,
    value: &Value,
    at: &str,
) -> Result<bool, String> {
    let rules = || rule.as_array().expect("a list of schemas");
    let failing = || -> Vec<String> {
        rules().iter().filter_map(|rule| valid(rule, value, at).err()).collect()
    };
    Ok(match keyword {
        "$schema" | "$id" | "$defs" | "title" | "description" | "examples" => true,
        "$ref" => {
            let name = rule.as_str().and_then(|path| path.strip_prefix("#/$defs/"));
            valid(&SCHEMA["$defs"][name.expect("a reference into $defs")], value, at)?;
            true
        }
        "type" => match rule {
            Value::Array(kinds) => kinds.iter().any(|kind| is_a(kind, value)),
            kind => is_a(kind, value),
        },
        "const" => rule == value,
        "enum" => rules().contains(value),
        "allOf" => {
            for rule in rules() {
                valid(rule, value, at)?;
            }
            true
        }
        "anyOf" | "oneOf" => {
            let wrong = failing();
            let passing = rules().len() - wrong.len();
            if passing == 0 {
                return Err(format!("{at}: none of `{keyword}`: {}", wrong.join("; ")));
            }
            passing == 1 || keyword == "anyOf"
        }
        "required" => {
            rules().iter().all(|name| value.get(name.as_str().expect("a name")).is_some())
        }
        "properties" => {
            for (name, rule) in rule.as_object().expect("schemas by name") {
                if let Some(value) = value.get(name) {
                    valid(rule, value, &format!("{at}.{name}"))?;
                }
            }
            true
        }
        "items" => {
            for (index, entry) in value.as_array().into_iter().flatten().enumerate() {
                valid(rule, entry, &format!("{at}[{index}]"))?;
            }
            true
        }
        "minimum" => value.as_u64().is_none_or(|number| number >= number_of(rule)),
        "maximum" => value.as_u64().is_none_or(|number| number <= number_of(rule)),
        "minLength" => length(value).is_none_or(|length| length >= number_of(rule)),
        "maxLength" => length(value).is_none_or(|length| length <= number_of(rule)),
        "pattern" => value.as_str().is_none_or(|text| matches(rule, text)),
        "format" => {
            assert_eq!(rule, "date-time", "a format that nobody knows");
            // Of its own schema, beside the pattern that wants `Z`.
            assert!(schema.get("pattern").is_some());
            value.as_str().is_none_or(is_moment)
        }
        other => panic!("the schema uses `{other}`, which is not known here"),
    })
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a type's name") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("the schema uses the type `{other}`, which is not known here"),
    }
}

fn number_of(rule: &Value) -> u64 {
    rule.as_u64().expect("a whole number")
}

/// In characters, as JSON Schema counts.
fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}

/// Returns whether a text matches a pattern, each written in Rust. In ECMAScript `\s` includes the
/// byte order mark, and `.` excludes line ends.
fn matches(pattern: &Value, text: &str) -> bool {
    match pattern.as_str().expect("a pattern") {
        "Z$" => text.ends_with('Z'),
        r"\S" => !text.chars().all(is_ecma_blank),
        "^/hooks/[a-z0-9-]{1,32}$" => text.strip_prefix("/hooks/").is_some_and(is_name),
        "^payload:[a-z0-9-]{1,32}:[0-9a-f]{64}$" => text
            .strip_prefix("payload:")
            .and_then(|text| text.split_once(':'))
            .is_some_and(|(name, hash)| is_name(name) && is_hash(hash)),
        "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$" => {
            let digits = text.trim_end_matches('=');
            let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
            text.len().is_multiple_of(4)
                && text.len() - digits.len() <= 2
                && digits.bytes().all(is_digit)
        }
        other => panic!("the schema uses the pattern `{other}`, which is not known here"),
    }
}

fn is_ecma_blank(c: char) -> bool {
    c == '\u{feff}' || c != '\u{85}' && c.is_whitespace()
}

/// Returns whether it is a SHA-256 in lower-case hex.
#[must_use]
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_name(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Returns whether it is `YYYY-MM-DDTHH:MM:SS[.d…]Z`, of an existing day.
fn is_moment(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00:00").and_then(|s| s.strip_suffix('Z'))
    else {
        return false;
    };
    let decimals = rest.is_empty()
        || rest.strip_prefix('.').is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b == b'0'));
    let number = |from: usize, to: usize| text[from..to].parse::<u16>().expect("digits");
    let byte = |from: usize| u8::try_from(number(from, from + 2)).expect("two digits");
    let month = time::Month::try_from(byte(5));
    let date = month.map(|m| time::Date::from_calendar_date(i32::from(number(0, 4)), m, byte(8)));
    decimals
        && matches!(date, Ok(Ok(_)))
        && time::Time::from_hms(byte(11), byte(14), byte(17)).is_ok()
}
