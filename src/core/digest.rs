use crate::{mac::sha256, tag::Encoding};

/// Whether a `Digest` (`SHA-256=<base64>`, RFC 3230) or `Content-Digest`
/// (`sha-256=:<base64>:`, RFC 9530) header holds the SHA-256 of `body`. Members for other
/// algorithms are passed over.
pub(crate) fn holds(header: &str, body: &[u8]) -> bool {
    let hash = sha256(body);
    let mut members = header.split(',').filter_map(sha256_member).peekable();
    members.peek().is_some() && members.all(|text| Encoding::Base64.decode(text) == Some(hash))
}

/// A `Digest` header's value for `body`.
pub(crate) fn of(body: &[u8]) -> String {
    format!("SHA-256={}", Encoding::Base64.encode(&sha256(body)))
}

fn sha256_member(member: &str) -> Option<&str> {
    let (algorithm, value) = member.trim().split_once('=')?;
    if !algorithm.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let colons = value.strip_prefix(':').and_then(|v| v.strip_suffix(':'));
    Some(colons.unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 9530, appendix B.1: {"hello": "world"} with a line feed.
    const BODY: &[u8] = b"{\"hello\": \"world\"}\n";
    const HASH: &str = "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=";

    #[test]
    fn both_forms_are_read() {
        for header in [
            format!("SHA-256={HASH}"),
            format!("sha-256=:{HASH}:"),
            format!("Sha-256=:{HASH}: , sha-512=:AAAA:"),
            format!("md5=x,SHA-256={HASH}"),
            of(BODY),
        ] {
            assert!(holds(&header, BODY), "{header}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for header in [
            String::new(),
            HASH.to_owned(),
            format!("SHA-512={HASH}"),
            format!("SHA-256={HASH}="),
            format!("SHA-256=:{HASH}"),
            format!("SHA-256 ={HASH}"),
            format!("SHA-256={HASH},SHA-256=AAAA"),
            format!("SHA-256={}", &HASH[1..]),
        ] {
            assert!(!holds(&header, BODY), "{header}");
        }
        assert!(!holds(&of(BODY), b"{\"hello\": \"world\"}"));
    }
}
