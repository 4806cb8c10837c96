//! Changes signed headers and the signed URL back to what the sender may have signed.

use crate::{
    cause::{Cause, Causes},
    edit::Edit,
    variant::joined,
};
use orderhook_core::{Delivery, HttpSignature, Part, Scheme};

/// Returns the names of what a signature covers: headers in lower case, and components that begin
/// with `@`.
pub(crate) fn names(delivery: &Delivery<'_>, scheme: &Scheme) -> Vec<String> {
    match scheme {
        Scheme::PublicKey(scheme) => {
            let name = |part: &Part| match part {
                Part::Header(names) => Some(names.first().to_owned()),
                Part::Url | Part::Path => Some("@target-uri".to_owned()),
                _ => None,
            };
            scheme.signed.content.iter().filter_map(name).collect()
        }
        Scheme::HttpSignature(_) => {
            let input = delivery.header("signature-input").unwrap_or_default();
            let stated = HttpSignature::input(&input);
            let components = stated.map(|stated| stated.components).unwrap_or_default();
            components.into_iter().map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the changes that proxies and frameworks make, turned back.
pub(crate) fn edits(delivery: &Delivery<'_>, scheme: &Scheme) -> Vec<Edit> {
    let names = names(delivery, scheme);
    let mut found = Vec::new();
    if names.iter().any(|name| name.starts_with('@')) {
        urls(delivery, &mut found);
    }
    // The digest is compared with the body: it was not changed on its own.
    for name in names.iter().filter(|name| !name.starts_with('@') && *name != "content-digest") {
        let Some(value) = delivery.header(name) else {
            continue;
        };
        for other in values(&value).into_iter().filter(|other| *other != *value) {
            let header = Some([name.clone(), other]);
            found.push(Edit { causes: CHANGED, about: name.clone(), header, url: None });
        }
    }
    found
}

const CHANGED: Causes = Causes::of(Cause::CoveredHeader);

/// Returns a header's value as it may have been: without parameters, with those of a character set,
/// without what was appended to it, and in lower case.
fn values(value: &str) -> [String; 6] {
    let before = |mark| value.split(mark).next().unwrap_or_default().trim().to_owned();
    [
        before(';'),
        joined(&[value, "; charset=utf-8"]),
        joined(&[value, ";charset=utf-8"]),
        joined(&[value, "; charset=UTF-8"]),
        before(','),
        value.to_ascii_lowercase(),
    ]
}

/// Adds the URL as it may have been: with the other scheme, under the host that a header names, with
/// or without a slash at the path's end, and without its query.
fn urls(delivery: &Delivery<'_>, found: &mut Vec<Edit>) {
    let (scheme, rest) = delivery.url.split_once("://").unwrap_or(("https", delivery.url));
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, target) = rest.split_at_checked(at).unwrap_or_default();
    let (path, query) =
        target.split_at_checked(target.find('?').unwrap_or(target.len())).unwrap_or_default();
    let mut add = |about: &str, parts: &[&str]| {
        let url = Some(joined(parts));
        if url.as_deref() != Some(delivery.url) {
            found.push(Edit { causes: CHANGED, about: about.to_owned(), header: None, url });
        }
    };
    let other = if scheme == "https" { "http" } else { "https" };
    add("@scheme", &[other, "://", rest]);
    for header in ["x-forwarded-host", "x-original-host", "host"] {
        if let Some(host) = delivery.header(header) {
            add("@authority", &[scheme, "://", host.trim(), target]);
            add("@authority", &[other, "://", host.trim(), target]);
        }
    }
    match path.strip_suffix('/') {
        Some(path) => add("@path", &[scheme, "://", host, path, query]),
        None => add("@path", &[scheme, "://", host, path, "/", query]),
    }
    if !query.is_empty() {
        add("@query", &[scheme, "://", host, path]);
    }
}
