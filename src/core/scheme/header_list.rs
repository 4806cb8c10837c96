use std::borrow::Cow;

use crate::{
    delivery::Delivery,
    scheme::{
        definition::HeaderList,
        digest_header as digest,
        encoding::{Encoding, TAG_BYTES},
        grammar::{is_token, parse_seconds},
        mac::sha256,
        refusal::Refusal,
    },
    time::UnixMillis,
};

const INPUT: &str = "`label=(\"header\" …);created=<unix seconds>`";
const LISTED: &str = "a list of headers that are all present and not all empty";
const SIGNATURE: &str = "`label=<tag>`, with the label of `signature-input` and the tag in 44 characters of standard base64";

/// The names that a list may have; UP42's have three. The signed text is never longer than the
/// headers, even if an attacker's list is.
const MAX_NAMES: usize = 32;

/// The header list of one delivery, read but not yet verified.
pub struct Listed<'a> {
    /// The tag that was sent.
    pub tag: [u8; TAG_BYTES],
    /// The signed text.
    pub content: String,
    /// The values of those headers that are digests of the body.
    pub digests: Digests<'a>,
}

/// The values of signed headers that are digests of the body.
pub struct Digests<'a>(Vec<Cow<'a, str>>);

impl HeaderList {
    /// Reads both headers, compares the time of signing with `now`, and collects the listed
    /// headers.
    pub(crate) fn read<'a>(
        &self,
        delivery: &Delivery<'a>,
        now: UnixMillis,
    ) -> Result<Listed<'a>, Refusal> {
        let input = delivery.required(&self.input)?;
        let signature = delivery.required(&self.signature)?;
        let Input { label, names, created } = parse_input(&input, &self.created)
            .ok_or_else(|| Refusal::malformed(&self.input, INPUT))?;
        let tag = parse_signature(&signature, label)
            .ok_or_else(|| Refusal::malformed(&self.signature, SIGNATURE))?;
        self.age.check(created, now)?;
        let (content, digests) =
            collect(delivery, &names).ok_or_else(|| Refusal::malformed(&self.input, LISTED))?;
        Ok(Listed { tag, content, digests })
    }
}

impl<'a> Digests<'a> {
    /// Takes the only one.
    pub(super) fn one(digest: Cow<'a, str>) -> Self {
        Self(vec![digest])
    }

    /// Whether a SHA-256 of the body is among the signed headers. A digest by another algorithm is
    /// ignored.
    ///
    /// # Errors
    ///
    /// Fails if a signed SHA-256 is not the body's.
    pub fn cover(&self, body: &[u8]) -> Result<bool, Refusal> {
        self.cover_hash(&mut || sha256(body))
    }

    /// Does the same as [`cover`](Self::cover) for a body whose SHA-256 `hash` returns.
    pub(crate) fn cover_hash(
        &self,
        hash: &mut dyn FnMut() -> [u8; TAG_BYTES],
    ) -> Result<bool, Refusal> {
        let (mut covers, mut holds) = (false, true);
        for header in &self.0 {
            if let Some(is_held) = digest::holds(header, hash) {
                covers = true;
                holds &= is_held;
            }
        }
        if holds { Ok(covers) } else { Err(Refusal::DigestMismatch) }
    }
}

/// Returns the values of the listed headers, joined, and those that are digests. Returns `None` if
/// a header is missing, or if all are empty: the tag would be a constant.
#[must_use]
pub fn collect<'a>(delivery: &Delivery<'a>, names: &[&str]) -> Option<(String, Digests<'a>)> {
    let mut content = String::new();
    let mut digests = Vec::new();
    for name in names {
        let value = delivery.header(name)?;
        content.push_str(&value);
        if name.eq_ignore_ascii_case("digest") || name.eq_ignore_ascii_case("content-digest") {
            digests.push(value);
        }
    }
    (!content.is_empty()).then_some((content, Digests(digests)))
}

/// The parsed header that lists the signed headers.
pub struct Input<'a> {
    /// The label, which the signature has too.
    pub label: &'a str,
    /// The names of the signed headers, in order.
    pub names: Vec<&'a str>,
    /// The time of signing, in Unix seconds.
    pub created: u64,
}

/// Reads the header that lists the signed headers. `created` is the parameter with the time of
/// signing.
#[must_use]
pub fn parse_input<'a>(text: &'a str, created: &str) -> Option<Input<'a>> {
    let (label, rest) = parse_label(text)?;
    let (names, rest) = parse_names(rest.strip_prefix('(')?)?;
    let created = parse_parameters(rest, created)?;
    Some(Input { label, names, created })
}

/// Reads the tag from `label=<tag>`, or `label=:<tag>:`.
#[must_use]
pub fn parse_signature(text: &str, label: &str) -> Option<[u8; TAG_BYTES]> {
    let (found, tag) = parse_label(text)?;
    if found != label {
        return None;
    }
    let colons = tag.strip_prefix(':').and_then(|tag| tag.strip_suffix(':'));
    Encoding::Base64.decode(colons.unwrap_or(tag))
}

/// Returns a label, and the text after its `=`.
fn parse_label(text: &str) -> Option<(&str, &str)> {
    let (label, rest) = text.split_once('=')?;
    is_token(label).then_some((label, rest))
}

/// Reads `"h1" "h2")`: returns the names, and the text after the bracket. A name may be given once
/// (RFC 9421).
fn parse_names(mut text: &str) -> Option<(Vec<&str>, &str)> {
    let mut names = Vec::new();
    loop {
        text = text.trim_start_matches(' ');
        if let Some(rest) = text.strip_prefix(')') {
            return (!names.is_empty()).then_some((names, rest));
        }
        let (name, rest) = text.strip_prefix('"')?.split_once('"')?;
        let again = names.iter().any(|known: &&str| known.eq_ignore_ascii_case(name));
        if !is_token(name) || !rest.starts_with([' ', ')']) || again || names.len() == MAX_NAMES {
            return None;
        }
        names.push(name);
        text = rest;
    }
}

/// Reads the time from `;created=1673235292;keyid="x"`. It must be given once; other parameters are
/// ignored.
fn parse_parameters(mut text: &str, created: &str) -> Option<u64> {
    let mut time = None;
    while !text.is_empty() {
        let (key, value, rest) = parse_parameter(text)?;
        if key == created && time.replace(parse_seconds(value)?).is_some() {
            return None;
        }
        text = rest;
    }
    time
}

fn parse_parameter(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.strip_prefix(';')?.trim_start_matches(' ');
    let end = text.find(['=', ';']).unwrap_or(text.len());
    let (key, rest) = text.split_at_checked(end)?;
    if !is_token(key) {
        return None;
    }
    let Some(rest) = rest.strip_prefix('=') else {
        return Some((key, "", rest));
    };
    let (value, rest) = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => rest.split_at_checked(rest.find(';').unwrap_or(rest.len()))?,
    };
    Some((key, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, Vec<&str>, u64)> {
        parse_input(text, "created").map(|i| (i.label.to_owned(), i.names, i.created))
    }

    #[test]
    fn an_input_is_read() {
        let expected = |names: &[&'static str]| Some(("up42-sig".to_owned(), names.to_vec(), 1));
        for text in [
            r#"up42-sig=("host" "date");created=1"#,
            r#"up42-sig=( "host"  "date" );created=1"#,
            r#"up42-sig=("host" "date"); created=1;keyid="a;b=c""#,
            r#"up42-sig=("host" "date");alg="x";created="1""#,
            r#"up42-sig=("host" "date");flag;created=1"#,
        ] {
            assert_eq!(read(text), expected(&["host", "date"]), "{text}");
        }
        assert_eq!(read(r#"up42-sig=("x-A");created=1"#), expected(&["x-A"]));
    }

    #[test]
    fn a_malformed_input_is_refused() {
        for text in [
            "",
            "up42-sig",
            "up42-sig=",
            "up42-sig=()",
            "up42-sig=();created=1",
            r#"=("host");created=1"#,
            r#"up42 sig=("host");created=1"#,
            r#"up42-sig=("host""#,
            r#"up42-sig=("host")"#,
            r#"up42-sig=("host");created"#,
            r#"up42-sig=("host");created="#,
            r#"up42-sig=("host");created=-1"#,
            r#"up42-sig=("host");created=+1"#,
            r#"up42-sig=("host");created=1.5"#,
            r#"up42-sig=("host");created=99999999999999999999"#,
            r#"up42-sig=("host");created=1;created=1"#,
            r#"up42-sig=("host");created=1;created=2"#,
            r#"up42-sig=("host");;created=1"#,
            r#"up42-sig=("host") created=1"#,
            r#"up42-sig=("host"sf);created=1"#,
            r#"up42-sig=("host";sf);created=1"#,
            r#"up42-sig=("ho st");created=1"#,
            r#"up42-sig=("");created=1"#,
            r#"up42-sig=("host"),b=("date");created=1"#,
            r#"up42-sig=("host" "date);created=1"#,
            r#"up42-sig=("host" "date" "Host");created=1"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_has_at_most_thirty_two_names() {
        let input = |count: usize| {
            let names: Vec<_> = (0..count).map(|n| format!("\"h{n}\"")).collect();
            format!("a=({});created=1", names.join(" "))
        };
        let names = |count| read(&input(count)).map(|(_, names, _)| names.len());
        assert_eq!((names(32), names(33)), (Some(32), None));
    }

    /// RFC 9530, appendix B.1, and RFC 3230, section 4.3.2, for the two ways to write a digest.
    #[test]
    fn a_digest_among_the_headers_covers_its_body_alone() {
        const BODY: &[u8] = b"{\"hello\": \"world\"}\n";
        let covers = |name: &str, value: &str, body: &[u8]| {
            let headers: &[(&str, &str)] = &[("host", "h"), (name, value)];
            let delivery = Delivery { headers: &headers, url: "", body };
            let (content, digests) = collect(&delivery, &["host", name]).expect("a list");
            assert_eq!(content, format!("h{value}"));
            digests.cover(body)
        };
        let hash = "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=";
        let (plain, field) = (format!("SHA-256={hash}"), format!("sha-256=:{hash}:"));
        for (name, value) in [("digest", &plain), ("Content-Digest", &field)] {
            assert_eq!(covers(name, value, BODY), Ok(true), "{name}");
            assert_eq!(covers(name, value, b"{}"), Err(Refusal::DigestMismatch), "{name}");
        }
        assert_eq!(covers("x-digest", &plain, BODY), Ok(false));
        assert_eq!(covers("digest", "md5=x", BODY), Ok(false));
    }

    #[test]
    fn the_signature_has_the_label_of_the_input() {
        let tag = "bWaawcUNTYLDq8bl+1kaMJ4ffz5fk6sK17scj0tRfoc=";
        for text in [format!("a={tag}"), format!("a=:{tag}:")] {
            assert!(parse_signature(&text, "a").is_some(), "{text}");
            assert!(parse_signature(&text, "b").is_none(), "{text}");
        }
        for text in ["", "a", "a=", "a=::", tag, &format!("a=:{tag}"), &format!("a= {tag}")] {
            assert!(parse_signature(text, "a").is_none(), "{text}");
        }
    }
}
