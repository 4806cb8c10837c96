use crate::scheme::{
    encoding::{Encoding, TAG_BYTES},
    mac::sha256,
};

/// Whether a `Digest` (`SHA-256=<base64>`, RFC 3230) or `Content-Digest` (`sha-256=:<base64>:`, RFC
/// 9530) header holds the SHA-256 of the body, which `hash` returns; `None` if the header has no
/// SHA-256. Members for other algorithms are ignored.
pub(crate) fn holds(header: &str, hash: &mut dyn FnMut() -> [u8; TAG_BYTES]) -> Option<bool> {
    let (mut hashed, mut holds) = (None, true);
    for member in header.split(',') {
        if let Some(text) = sha256_member(member) {
            let hash = *hashed.get_or_insert_with(&mut *hash);
            holds &= Encoding::Base64.decode(text) == Some(hash);
        }
    }
    hashed.map(|_| holds)
}

/// Returns a `Digest` header's value for `body`.
pub(crate) fn of(body: &[u8]) -> String {
    ["SHA-256=", &Encoding::Base64.encode(&sha256(body))].concat()
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
    fn both_header_forms_are_read() {
        for header in [
            format!("SHA-256={HASH}"),
            format!("sha-256=:{HASH}:"),
            format!("Sha-256=:{HASH}: , sha-512=:AAAA:"),
            format!("md5=x,SHA-256={HASH}"),
            of(BODY),
        ] {
            assert_eq!(holds(&header, &mut || sha256(BODY)), Some(true), "{header}");
        }
    }

    #[test]
    fn the_hash_of_another_body_is_refused() {
        for header in [
            format!("SHA-256={HASH}="),
            format!("SHA-256=:{HASH}"),
            format!("SHA-256={HASH},SHA-256=AAAA"),
            format!("SHA-256={}", &HASH[1..]),
            "sha-256=".to_owned(),
        ] {
            assert_eq!(holds(&header, &mut || sha256(BODY)), Some(false), "{header}");
        }
        assert_eq!(holds(&of(BODY), &mut || sha256(b"{\"hello\": \"world\"}")), Some(false));
    }

    #[test]
    fn a_header_without_a_sha_256_is_ignored() {
        for header in ["", HASH, &format!("SHA-512={HASH}"), &format!("SHA-256 ={HASH}")] {
            assert_eq!(holds(header, &mut || sha256(BODY)), None, "{header}");
        }
    }
}
