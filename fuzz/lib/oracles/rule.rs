//! What makes a delivery authentic, from each provider's own page. Nothing is decoded and compared
//! here: the right sender's headers are computed, and compared with the received ones.

use orderhook_core::Authenticity;

use super::header_list::{self, seconds};
use crate::{
    Post,
    account::{base64, digest, tag},
};

/// The providers whose rule is said here.
pub const PROVIDERS: [&str; 5] = ["gooten", "standard-webhooks", "up42", "wakilni", "wegocod"];

/// What the account knows, and when the delivery came.
pub struct Known<'a> {
    /// The secrets' keys.
    pub keys: &'a [&'static str],
    /// Whether it came with the source's token.
    pub is_proven: bool,
    /// The time of receipt, in Unix seconds.
    pub now: u64,
}

/// What proves the delivery, and the index of the secret that does.
pub type Verdict = Option<(Authenticity, Option<usize>)>;

/// The most tags of one header that are read.
const MAX_TAGS: usize = 64;

/// Returns the text that this provider signs; `None` if the headers do not contain it.
#[must_use]
pub fn content(provider: &str, post: &Post) -> Option<Vec<u8>> {
    match provider {
        "wakilni" | "wegocod" => Some(post.body.clone()),
        "standard-webhooks" => {
            let (id, at) = (post.header("webhook-id")?, post.header("webhook-timestamp")?);
            // Standard Webhooks, "Signature scheme": the id must not hold a full stop.
            if id.is_empty() || id.contains('.') {
                return None;
            }
            Some([id.as_bytes(), b".", at.as_bytes(), b".", &post.body].concat())
        }
        "up42" => {
            let list = header_list::list(&post.header("signature-input")?)?;
            header_list::content(&list, post).map(String::into_bytes)
        }
        _ => None,
    }
}

/// Returns whether a delivery to this provider's account is authentic.
#[must_use]
pub fn verdict(provider: &str, post: &Post, known: &Known<'_>) -> Verdict {
    if known.keys.is_empty() {
        return known.is_proven.then_some((Authenticity::UrlToken, None));
    }
    let content = content(provider, post)?;
    let by = |is_it: &dyn Fn(&[u8; 32]) -> bool| {
        known.keys.iter().position(|key| is_it(&tag(key.as_bytes(), &content)))
    };
    match provider {
        "wakilni" => {
            let sent = post.header("x-webhook-signature")?;
            Some((Authenticity::BodySigned, Some(by(&|tag| sent == base64(tag))?)))
        }
        "wegocod" => {
            let sent = post.header("x-webhook-signature")?;
            Some((Authenticity::BodySigned, Some(by(&|tag| sent == hex::encode(tag))?)))
        }
        "standard-webhooks" => {
            let at = seconds(&post.header("webhook-timestamp")?)?;
            let sent = post.header("webhook-signature")?;
            let tags = listed(&sent, "v1,");
            let index = by(&|tag| tags.contains(&base64(tag)))?;
            (at.abs_diff(known.now) <= 300).then_some((Authenticity::BodySigned, Some(index)))
        }
        "up42" => {
            let list = header_list::list(&post.header("signature-input")?)?;
            let sent = post.header("signature")?;
            let index = by(&|tag| is_labelled(&sent, &list.label, &base64(tag)))?;
            let authenticity = match covers(&list.names, post)? {
                true => Authenticity::BodySigned,
                false if known.is_proven => Authenticity::HeadersSigned,
                false => return None,
            };
            (known.now.abs_diff(list.created) < 300).then_some((authenticity, Some(index)))
        }
        _ => None,
    }
}

/// Returns the entries of a list, separated by blanks, that may be a tag, without their prefix:
/// those of a tag's length and letters, up to the most that are read.
#[must_use]
pub fn listed(header: &str, prefix: &str) -> Vec<String> {
    let entries = header.split(' ').map(|entry| entry.strip_suffix(',').unwrap_or(entry));
    let tags = entries.filter_map(|entry| entry.strip_prefix(prefix)).filter(|tag| is_tag(tag));
    tags.take(MAX_TAGS).map(str::to_owned).collect()
}

/// Returns whether it is 32 bytes in canonical standard base64.
#[must_use]
pub fn is_tag(text: &str) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    // The last digit has two bits to spare, which are 0.
    let last = |byte: u8| b"AEIMQUYcgkosw048".contains(&byte);
    match text.as_bytes() {
        [digits @ .., end, b'='] if digits.len() == 42 => digits.iter().all(letter) && last(*end),
        _ => false,
    }
}

fn is_labelled(sent: &str, label: &str, tag: &str) -> bool {
    sent == format!("{label}={tag}") || sent == format!("{label}=:{tag}:")
}

/// Returns whether a listed digest is the body's; `None` if one is not.
fn covers(names: &[String], post: &Post) -> Option<bool> {
    let right = digest(&post.body);
    let mut covers = false;
    for name in names {
        if !["digest", "content-digest"].contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        let value = post.header(name)?;
        for member in value.split(',').map(str::trim) {
            let algorithm: String = member.chars().take(8).collect();
            if !algorithm.eq_ignore_ascii_case("sha-256=") {
                continue;
            }
            let told = &member[8..];
            if told != right && told != format!(":{right}:") {
                return None;
            }
            covers = true;
        }
    }
    Some(covers)
}
