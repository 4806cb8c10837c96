use super::{Content, Written};
use crate::{dispatch::verdict::Verdict, json::write};

/// Writes the event as it is, with the verdict as the extension `orderhookverdict`.
pub(super) fn write(event: &str, verdict: Option<Verdict>) -> Written<'_> {
    let rest = verdict.and_then(|_| event.trim_start().strip_prefix('{'));
    let body = match (verdict, rest) {
        (Some(verdict), Some(rest)) => {
            let named = write::object(|event| event.text("orderhookverdict", verdict.as_str()));
            let separator = if rest.trim_start().starts_with('}') { "" } else { "," };
            [named.trim_end_matches('}'), separator, rest].concat().into_bytes().into()
        }
        _ => event.as_bytes().into(),
    };
    Written::Body(Content { kind: "application/cloudevents+json", body })
}
