//! Shows the request of a delivery, as its next attempt would send it.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use orderhook_core::dispatch::{Taken, Verdict, Written};
use serde::Serialize;

use super::{caller::Caller, view};
use crate::{
    config::Config,
    deliver::{headers, proof_headers},
    endpoint::Endpoint,
    journal::Sent,
    moment,
    seal::Sealed,
};

/// A request. One member of the three bodies has a value, unless there is no body.
#[derive(Serialize, Default)]
pub(super) struct SentRequest {
    method: &'static str,
    /// Null if the key that the URL is sealed with is not there.
    url: Option<String>,
    headers: BTreeMap<&'static str, String>,
    body: Option<String>,
    body_base64: Option<String>,
    /// The key of a body that is in KV.
    body_ref: Option<String>,
}

/// Makes the request again, of the event and the endpoint as they are now. It has no signature.
pub(super) async fn request(caller: &Caller<'_>, endpoint: &Endpoint, sent: &Sent) -> SentRequest {
    let keys = &Config::of(caller.host).seal_keys;
    let sealed = Sealed::unseal(keys, &endpoint.id, &endpoint.sealed).await;
    let access = caller.visitor.holder.access;
    let url = sealed.as_ref().map(|sealed| view::url(endpoint, sealed, access));
    let mut request = SentRequest { method: "POST", url, ..SentRequest::default() };
    let verdict = sent.verdict.as_deref().and_then(Verdict::parse);
    let mut kind = None;
    match endpoint.format.write(&sent.event, verdict) {
        Written::Body(content) => {
            kind = Some(content.kind);
            match String::from_utf8(content.body.into_owned()) {
                Ok(text) => request.body = Some(text),
                Err(error) => request.body_base64 = Some(STANDARD.encode(error.as_bytes())),
            }
        }
        Written::Stored(key) => request.body_ref = Some(key),
        Written::Nothing => {}
    }
    let secrets = sealed.map_or(0, |sealed| sealed.active(moment::now()).len());
    let event = Taken::read(&sent.event).ok();
    request.headers.extend(headers(kind, event.as_ref().map_or(0, |event| event.hops)));
    if let Some(event) = event.filter(|_| endpoint.format.is_signed()) {
        request.headers.extend(proof_headers(&event, sent.again, secrets));
    }
    request
}
