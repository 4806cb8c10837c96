//! HTTP message signatures (RFC 9421), over a digest of the body (RFC 9530).

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    delivery::Delivery,
    scheme::{
        Settings,
        asymmetric::Offer,
        definition::HttpSignature,
        grammar::{is_token, parse_seconds},
        refusal::Refusal,
    },
    time::UnixMillis,
};

const INPUT: &str = "signature-input";
const SIGNATURE: &str = "signature";
/// The header with the digest of the body, which every signature must cover.
pub(crate) const DIGEST: &str = "content-digest";

/// What a signature says of itself, before anything proves it.
#[derive(Debug)]
pub struct SignatureInput<'t> {
    /// The name by which the two headers tell it from others.
    pub label: &'t str,
    /// The components that it covers.
    pub components: Vec<&'t str>,
    /// The time of signing, in Unix seconds.
    pub created: Option<u64>,
    /// The time after which it does not hold.
    pub expires: Option<u64>,
}

const EXPECTED: &str = "a signature by RFC 9421 over all that this provider's signatures cover";

/// The components that are no headers.
pub(crate) const DERIVED: [&str; 6] =
    ["@method", "@authority", "@path", "@query", "@target-uri", "@scheme"];

/// The signatures of one delivery that are looked at, and the components of one.
const MAX_SIGNATURES: usize = 4;
const MAX_COMPONENTS: usize = 32;

/// A member of a dictionary (RFC 8941): its key, and its value as it was written.
type Member<'t> = (&'t str, &'t str);

impl HttpSignature {
    /// Returns what the first signature says of itself, by the header `Signature-Input`.
    #[must_use]
    pub fn input(input: &str) -> Option<SignatureInput<'_>> {
        let (label, input) = *members(input)?.first()?;
        let (components, Parameters { created, expires, .. }) = components(input)?;
        Some(SignatureInput { label, components, created, expires })
    }

    /// Returns the signatures that cover enough, and the digest of the body.
    pub(super) fn read<'d>(
        &self,
        delivery: &Delivery<'d>,
        now: UnixMillis,
        settings: &Settings,
    ) -> Result<(Vec<Offer<'d>>, Cow<'d, str>), Refusal> {
        let input = delivery.required(INPUT)?;
        let signature = delivery.required(SIGNATURE)?;
        let digest = delivery.required(DIGEST)?;
        let malformed = || Refusal::malformed(INPUT, EXPECTED);
        let inputs = members(&input).ok_or_else(malformed)?;
        let signatures =
            members(&signature).ok_or_else(|| Refusal::malformed(SIGNATURE, EXPECTED))?;
        let url = settings.url.as_deref().unwrap_or(delivery.url);
        let (mut offers, mut refusal) = (Vec::new(), None);
        for (label, input) in inputs.into_iter().take(MAX_SIGNATURES) {
            let signed = signatures.iter().find(|(signed, _)| *signed == label);
            let Some(read) = signed.and_then(|(_, tag)| self.offer(delivery, url, input, tag))
            else {
                continue;
            };
            match self.check_time(&read, now) {
                Ok(()) => offers.push(read.offer),
                Err(late) => refusal = Some(late),
            }
        }
        if offers.is_empty() {
            Err(refusal.unwrap_or_else(malformed))
        } else {
            Ok((offers, digest))
        }
    }

    /// Reads one signature; `None` if it does not cover enough, or covers what the delivery lacks.
    fn offer<'d>(
        &self,
        delivery: &Delivery<'d>,
        url: &str,
        input: &str,
        signature: &str,
    ) -> Option<Read<'d>> {
        let (components, parameters) = components(input)?;
        let has = |name: &str| components.contains(&name);
        let is_there = |name: &str| match name {
            "@query" => url.contains('?'),
            name => name.starts_with('@') || delivery.header(name).is_some(),
        };
        let needed = self.covers_if_present.iter().filter(|name| is_there(name));
        if !self.covers.iter().chain(needed).all(|name| has(name)) {
            return None;
        }
        let base = base(delivery, url, &components, input)?;
        let signature = signature.strip_prefix(':')?.strip_suffix(':')?;
        Some(Read {
            created: parameters.created,
            expires: parameters.expires,
            offer: Offer {
                algorithm: None,
                key_id: parameters.key_id.map(Into::into),
                content: vec![Cow::Owned(base.into_bytes())],
                signature: STANDARD.decode(signature).ok()?,
            },
        })
    }

    fn check_time(&self, read: &Read<'_>, now: UnixMillis) -> Result<(), Refusal> {
        let expected = "a signature with the time of signing, `created`, that has not expired";
        let malformed = || Refusal::malformed(INPUT, expected);
        if let Some(age) = self.age {
            age.check(read.created.ok_or_else(malformed)?, now)?;
        }
        if read.expires.is_some_and(|expires| expires < now.seconds()) {
            return Err(malformed());
        }
        Ok(())
    }
}

struct Read<'d> {
    created: Option<u64>,
    expires: Option<u64>,
    offer: Offer<'d>,
}

/// Returns the value of a derived component (RFC 9421, section 2.2). A delivery is a POST.
fn derived(name: &str, url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    if !["https", "http"].iter().any(|it| scheme.eq_ignore_ascii_case(it)) {
        return None;
    }
    let rest = rest.split('#').next()?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at_checked(end)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let default = if scheme == "https" { ":443" } else { ":80" };
    Some(match name {
        "@method" => "POST".to_owned(),
        "@authority" => authority.strip_suffix(default).unwrap_or(authority).to_ascii_lowercase(),
        "@path" if path.is_empty() => "/".to_owned(),
        "@path" => path.to_owned(),
        "@query" => ["?", query].concat(),
        "@target-uri" => url.to_owned(),
        "@scheme" => scheme.to_ascii_lowercase(),
        _ => return None,
    })
}

/// Reads a dictionary: no key stands twice.
fn members(text: &str) -> Option<Vec<Member<'_>>> {
    let mut found: Vec<Member<'_>> = Vec::new();
    for member in split(text, ',') {
        let (key, value) = member.trim().split_once('=')?;
        if !is_token(key) || found.iter().any(|(known, _)| *known == key) {
            return None;
        }
        found.push((key, value));
    }
    Some(found)
}

/// Returns the signature base (RFC 9421, section 2.5); `None` if the delivery lacks a component.
fn base(delivery: &Delivery<'_>, url: &str, components: &[&str], input: &str) -> Option<String> {
    let mut base = String::new();
    for name in components {
        let value = match name.strip_prefix('@') {
            Some(_) => Cow::Owned(derived(name, url)?),
            None => delivery.header(name)?,
        };
        for part in ["\"", name, "\": ", value.trim(), "\n"] {
            base.push_str(part);
        }
    }
    base.push_str("\"@signature-params\": ");
    base.push_str(input);
    Some(base)
}

/// Splits a text at a character that does not stand in quotes. A backslash in quotes escapes the
/// next character (RFC 8941, section 3.3.3).
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(|c: char| {
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = is_quoted && c == '\\' && !is_escaped;
        c == at && !is_quoted
    })
    .collect()
}

#[derive(Default)]
struct Parameters<'t> {
    created: Option<u64>,
    expires: Option<u64>,
    key_id: Option<&'t str>,
}

/// Reads `("@method" "date");created=1;keyid="k"`. Components have no parameters, and none stands
/// twice.
fn components(text: &str) -> Option<(Vec<&str>, Parameters<'_>)> {
    let (list, rest) = text.strip_prefix('(')?.split_once(')')?;
    let mut names = Vec::new();
    for name in list.split(' ').filter(|name| !name.is_empty()) {
        let name = name.strip_prefix('"')?.strip_suffix('"')?;
        let is_known = DERIVED.contains(&name) || is_token(name);
        let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        if !is_known || !is_lower || names.contains(&name) || names.len() == MAX_COMPONENTS {
            return None;
        }
        names.push(name);
    }
    Some((names, parameters(rest)?))
}

fn parameters(text: &str) -> Option<Parameters<'_>> {
    let mut found = Parameters::default();
    let mut parts = split(text, ';').into_iter();
    // The text begins with a semicolon, unless it is empty.
    if !parts.next()?.is_empty() {
        return None;
    }
    for part in parts {
        let (key, value) = part.trim_start_matches(' ').split_once('=')?;
        let is_first = match key {
            "created" => found.created.replace(parse_seconds(value)?).is_none(),
            "expires" => found.expires.replace(parse_seconds(value)?).is_none(),
            "keyid" => {
                let id = value.strip_prefix('"')?.strip_suffix('"')?;
                found.key_id.replace(id).is_none()
            }
            _ => true,
        };
        if !is_first {
            return None;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::definition::Age;

    const NOW: UnixMillis = UnixMillis(1_618_884_473_000);
    const URL: &str = "https://example.com/foo?param=Value&Pet=dog";

    /// RFC 9421, appendix B.2: the test request.
    const REQUEST: [(&str, &str); 5] = [
        ("Host", "example.com"),
        ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("Content-Type", "application/json"),
        (
            "Content-Digest",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        ),
        ("Content-Length", "18"),
    ];

    fn read(covers: &[&str], input: &str, signature: &str) -> Result<(String, Vec<u8>), Refusal> {
        let scheme = HttpSignature {
            covers: covers.iter().map(|name| (*name).into()).collect(),
            covers_if_present: vec!["@query".into(), "x-agent".into()],
            age: Some(Age { past: 300, future: 300 }),
        };
        let mut headers = REQUEST.to_vec();
        headers.extend([("Signature-Input", input), ("Signature", signature)]);
        let headers = headers.as_slice();
        let delivery = Delivery { headers: &headers, url: URL, body: b"{\"hello\": \"world\"}" };
        let (mut offers, _) = scheme.read(&delivery, NOW, &Settings::default())?;
        assert_eq!(offers.len(), 1, "{input}");
        let offer = offers.swap_remove(0);
        let base = offer.content.concat();
        Ok((String::from_utf8(base).expect("UTF-8"), offer.signature))
    }

    /// RFC 9421, appendix B.2.6. It does not cover the query, which this scheme asks for.
    const INPUT_B26: &str = r#"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;
    const TAG: &str = ":wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";

    #[test]
    fn the_signature_base_is_that_of_the_rfc() {
        let input = INPUT_B26.replace("\"date\"", "\"date\" \"@query\"");
        let (base, signature) =
            read(&["@method", "@path"], &input, &format!("sig-b26={TAG}")).expect("a signature");
        let expected = [
            "\"date\": Tue, 20 Apr 2021 02:07:55 GMT",
            "\"@query\": ?param=Value&Pet=dog",
            "\"@method\": POST",
            "\"@path\": /foo",
            "\"@authority\": example.com",
            "\"content-type\": application/json",
            "\"content-length\": 18",
            &format!("\"@signature-params\": {}", &input["sig-b26=".len()..]),
        ];
        assert_eq!(base, expected.join("\n"));
        assert_eq!(signature.len(), 64);
    }

    #[test]
    fn a_signature_that_covers_too_little_counts_for_nothing() {
        let malformed = Err(Refusal::malformed(INPUT, EXPECTED));
        let tag = format!("s={TAG}");
        let with = |list: &str| read(&["@method"], &format!("s=({list});created=1618884473"), &tag);
        assert!(with("\"@method\" \"@query\"").is_ok());
        for list in [
            "",
            "\"@query\"",
            // The URL has a query.
            "\"@method\"",
            "\"@method\" \"@query\" \"@query\"",
            "\"@method\" \"@query\" \"x-absent\"",
            "\"@method\" \"@query\" \"@status\"",
            "\"@method\" \"@query\" \"Date\"",
            "\"@method\" \"@query\";req",
            "@method \"@query\"",
        ] {
            assert_eq!(with(list), malformed, "{list}");
        }
        let input = "s=(\"@method\" \"@query\");created=1618884473";
        for bad in ["", "t=:AAAA:", "s=AAAA", "s=:AAAA", "s=:!:"] {
            assert!(read(&["@method"], input, bad).is_err(), "{bad}");
        }
        // Another signature beside it may hold.
        let two = format!("t=(\"date\");created=1, {input}");
        assert!(read(&["@method"], &two, &format!("t=:AAAA:, {tag}")).is_ok());
    }

    /// A component of the request is there in any delivery, and a header only where it was sent.
    #[test]
    fn what_is_covered_where_it_is_present_must_be_covered_there() {
        let with = |list: &str, sent: Option<&str>| {
            let scheme = HttpSignature {
                covers: vec![],
                covers_if_present: vec!["@method".into(), "x-agent".into()],
                age: None,
            };
            let (input, signature) = (format!("s=({list})"), format!("s={TAG}"));
            let mut headers = REQUEST.to_vec();
            headers.extend([("Signature-Input", &*input), ("Signature", &*signature)]);
            headers.extend(sent.map(|name| (name, "agent/1")));
            let headers = headers.as_slice();
            let delivery = Delivery { headers: &headers, url: URL, body: b"" };
            scheme.read(&delivery, NOW, &Settings::default()).is_ok()
        };
        assert!(with("\"@method\"", None));
        assert!(!with("\"date\"", None));
        assert!(!with("\"@method\"", Some("X-Agent")));
        assert!(with("\"@method\" \"x-agent\"", Some("X-Agent")));
    }

    /// RFC 9421, appendix B.2.6.
    #[test]
    fn a_signature_says_what_it_covers_and_when_it_was_made() {
        let input = HttpSignature::input(INPUT_B26).expect("an input");
        let covered = ["date", "@method", "@path", "@authority", "content-type", "content-length"];
        assert_eq!((input.label, input.components), ("sig-b26", covered.to_vec()));
        assert_eq!((input.created, input.expires), (Some(1_618_884_473), None));
        let two = r#"a=("date");expires=7, b=("@path");created=8"#;
        let first = HttpSignature::input(two).expect("an input");
        assert_eq!((first.label, first.created, first.expires), ("a", None, Some(7)));
        assert!(HttpSignature::input("").is_none());
    }

    #[test]
    fn a_quoted_comma_does_not_split_a_member() {
        let keys =
            |text| members(text).map(|all| all.into_iter().map(|(key, _)| key).collect::<Vec<_>>());
        let quoted = r#"a=("date");nonce="1, b=2;(", c=("@path");keyid=") d=3,""#;
        assert_eq!(keys(quoted), Some(vec!["a", "c"]));
        let escaped = r#"a=("date");nonce="1\", b=2", c=1;nonce="\\", d=1;nonce="\\\", e=1""#;
        assert_eq!(keys(escaped), Some(vec!["a", "c", "d"]));
        assert_eq!(keys("a=1,b=2 ,\tc=3"), Some(vec!["a", "b", "c"]));
        // Of two members of one name, it would be open which one is signed.
        for bad in ["a=1, a=2", "a=1, b", "a b=1", "=1", "a=1,", "(a)=1"] {
            assert_eq!(keys(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_time_of_signing_is_bounded() {
        let tag = format!("s={TAG}");
        let with = |parameters: &str| {
            read(&["@method"], &format!("s=(\"@method\" \"@query\"){parameters}"), &tag).map(drop)
        };
        assert_eq!(with(";created=1618884473;expires=1618884473;nonce=\"a;b\";alg=\"x\""), Ok(()));
        assert_eq!(with(r#";nonce="a\";created=0;";created=1618884473"#), Ok(()));
        let late = Err(Refusal::TimestampOutOfTolerance { past: 300, future: 300 });
        for created in ["1618884172", "1618884774", "0", "18446744073709551615"] {
            assert_eq!(with(&format!(";created={created}")), late, "{created}");
        }
        for bad in [
            "",
            ";created",
            ";created=",
            ";created=-1",
            ";created=1618884473;created=1618884473",
            ";created=1618884473;expires=1618884472",
            ";created=1618884473;keyid=k",
            "created=1618884473",
        ] {
            assert!(with(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn derived_components_are_of_the_url() {
        for (name, url, expected) in [
            ("@authority", "https://Example.COM:443/a", "example.com"),
            ("@authority", "https://example.com:8443", "example.com:8443"),
            ("@authority", "http://example.com:80?x", "example.com"),
            ("@path", "https://example.com", "/"),
            ("@path", "https://example.com?x=1", "/"),
            ("@path", "https://example.com/a%20b/?x#f", "/a%20b/"),
            ("@query", "https://example.com/a", "?"),
            ("@query", "https://example.com/a?", "?"),
            ("@query", "https://example.com/a?x=1?y", "?x=1?y"),
            ("@scheme", "https://example.com", "https"),
            ("@target-uri", "https://example.com/a?b", "https://example.com/a?b"),
        ] {
            assert_eq!(derived(name, url).as_deref(), Some(expected), "{name} {url}");
        }
        for url in ["/hooks/a", "/hooks/a?u=https://example.com/a", "ftp://example.com/a"] {
            assert_eq!(derived("@path", url), None, "{url}");
        }
    }
}
