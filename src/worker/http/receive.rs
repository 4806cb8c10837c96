//! A request's way through the Worker.

use std::{borrow::Cow, rc::Rc};

use js_sys::Date;
use orderhook_core::{
    Body as _, Delivery, Handshake, Headers, Intake, Provider, Received, Refusal, Source, Token,
    TokenProof, intake,
};
use web_sys::Response;

use super::{Answer, health, route::Route, wanted::Wanted};
use crate::{
    activity,
    config::{Config, Configured},
    host::{self, Body, Failure, Host, NoBody, Ports, now},
    keys,
    log::{DeliveryLine, Outcome, Sample},
};

/// The maximum number of orderhook installations that an event may have passed. Without a maximum,
/// endpoints that lead to each other would post an event forever.
const MAX_HOPS: u32 = 5;

/// A request to the Worker.
pub(crate) struct Request {
    config: Rc<Config>,
    host: Host,
    raw: web_sys::Request,
    method: String,
    url: String,
    /// Milliseconds since 1970.
    started: f64,
}

/// The next step of a request.
pub(crate) enum Next {
    /// The request has its answer.
    Answer(Response),
    /// It is a delivery, whose body of at most so many bytes must be read.
    Read { most: u32 },
}

/// A delivery to a source that is ready, at the source's address. It is not yet authentic.
struct Admitted<'r> {
    configured: &'r Rc<Configured>,
    source: &'r Rc<Source>,
    token: Option<TokenProof>,
}

/// The details that are logged of a request beside its answer.
#[derive(Default)]
struct LogDetails {
    bytes: Option<usize>,
    recognized: Option<bool>,
    repeated: Option<u32>,
    cause: Option<String>,
}

impl Request {
    pub(crate) fn new(
        raw: web_sys::Request,
        host: Host,
        method: String,
        url: String,
        started: f64,
    ) -> Self {
        Self { config: Config::of(&host), host, raw, method, url, started }
    }

    /// Answers a request that is not a delivery or cannot be taken.
    pub(crate) fn open(&self) -> Next {
        #[cfg(feature = "panic-probe")]
        self.panic_if_asked("at once");
        let admitted = match self.admitted() {
            Ok(admitted) => admitted,
            Err(response) => return Next::Answer(response),
        };
        let refused =
            self.refused_by_headers(&admitted).or_else(|| self.refused_as_loop(&admitted));
        refused.map_or(Next::Read { most: self.config.limits.body }, Next::Answer)
    }

    /// Refuses a delivery whose event has passed too many installations. Nothing is lost: each of them
    /// has the event.
    fn refused_as_loop(&self, admitted: &Admitted<'_>) -> Option<Response> {
        if host::hops_of(&self.host, &self.raw) <= MAX_HOPS {
            return None;
        }
        let answer = Answer::TooManyHops { most: MAX_HOPS };
        Some(self.close(Some(admitted.configured), &answer, &LogDetails::default()))
    }

    /// Returns the delivery that the request is, or the answer to any other request.
    fn admitted(&self) -> Result<Admitted<'_>, Response> {
        let method = self.method.as_str();
        Err(match (Route::of(&self.url), method) {
            (Route::Hook { source, token }, _) => return self.admit(source, token),
            (Route::Health, "GET" | "HEAD") => {
                let authorization = self.raw.headers().get("authorization").ok().flatten();
                health::response(&self.config, authorization.as_deref(), method == "HEAD")
            }
            (Route::Health, _) => {
                let answer = Answer::MethodNotAllowed { allow: "GET, HEAD" };
                answer.response(false, None, &Wanted::default())
            }
            (Route::Nowhere, _) => self.nowhere(),
        })
    }

    /// Checks the address, then the method, then the configuration.
    fn admit(&self, name: &str, offered: Option<&str>) -> Result<Admitted<'_>, Response> {
        let Some(configured) = self.config.source(name) else {
            std::hint::black_box(self.config.unmatchable.check(offered.unwrap_or("")));
            return Err(self.nowhere());
        };
        let Ok(token) = prove(configured, &self.config.unmatchable, offered) else {
            return Err(self.nowhere());
        };
        if let Some(response) = self.echo(configured.provider.as_deref()) {
            return Err(response);
        }
        let answer = match (self.method.as_str(), &configured.source) {
            ("POST", Some(source)) => return Ok(Admitted { configured, source, token }),
            ("GET" | "HEAD", Some(source)) => ready(source),
            ("POST" | "GET" | "HEAD", None) => Answer::SourceNotConfigured,
            _ => Answer::MethodNotAllowed { allow: "GET, HEAD, POST" },
        };
        let cause = (!configured.problems.is_empty()).then(|| configured.problems.join("; "));
        Err(self.close(Some(configured), &answer, &LogDetails { cause, ..LogDetails::default() }))
    }

    /// Answers a GET whose query the provider wants to have back. It may ask before the source has
    /// its secret.
    fn echo(&self, provider: Option<&Provider>) -> Option<Response> {
        let provider = provider.filter(|_| self.method == "GET")?;
        let echo = |handshake: &Handshake| handshake.echo(&self.url);
        let (content_type, body) = provider.handshakes.iter().find_map(echo)?;
        let response = host::answer(200, &body, None, 0, false, None, None);
        Wanted::of_any(Some(provider)).dress(&response, Some(content_type), false);
        Some(response)
    }

    /// Refuses a delivery for its headers, before its body is read. A provider's probe may have no
    /// signature, so where there are probes, the body is read.
    fn refused_by_headers(&self, admitted: &Admitted<'_>) -> Option<Response> {
        let Admitted { configured, source, token } = admitted;
        let is_probe = |handshake| matches!(handshake, &Handshake::Post { .. });
        if source.provider().handshakes.iter().any(is_probe) {
            return None;
        }
        let refusal = source.check_headers(&self.headers(configured), &self.url, *token, now());
        let answer = Answer::Refused(refusal.err()?);
        Some(self.close(Some(configured), &answer, &LogDetails::default()))
    }

    fn headers<'r>(&'r self, configured: &'r Configured) -> KnownHeaders<'r> {
        KnownHeaders { known: &configured.headers, request: self }
    }

    /// Answers every address that is not a source's in the same way. Anyone can post to one, so
    /// only a sample of these lines is logged.
    fn nowhere(&self) -> Response {
        thread_local! {
            static SAMPLE: Sample = Sample::default();
        }
        if self.method != "POST" {
            return Answer::NotFound.response(self.method == "HEAD", None, &Wanted::default());
        }
        let Some(repeated) = SAMPLE.with(|sample| sample.take(self.started)) else {
            return Answer::NotFound.response(false, None, &Wanted::default());
        };
        let repeated = (repeated > 0).then_some(repeated);
        self.close(None, &Answer::NotFound, &LogDetails { repeated, ..LogDetails::default() })
    }

    /// Takes a delivery whose body was read.
    pub(crate) async fn deliver(&self, body: Result<Body, NoBody>) -> Response {
        let Admitted { configured, source, token } = match self.admitted() {
            Ok(admitted) => admitted,
            Err(response) => return response,
        };
        #[cfg(feature = "panic-probe")]
        self.panic_if_asked("after");
        let body = match body {
            Ok(body) => body,
            Err(reason) => return self.without_body(configured, reason),
        };
        let mut details = LogDetails { bytes: Some(body.length()), ..LogDetails::default() };
        let (headers, url) = (self.headers(configured), self.url.as_str());
        let provider = source.provider();
        let delivery = Delivery { headers: &headers, url, body: body.bytes() };
        if let Some(handshake) = provider.handshakes.iter().find(|it| it.is(&delivery)) {
            let wanted = Wanted::of_handshake(provider, handshake);
            return self.close_as(&wanted, Some(configured), &ready(source), &details);
        }
        let limits = self.config.limits.within(provider.answer.within);
        let ports = Ports::new(&self.host, limits, configured.strict);
        let keyed = self.keyed(source, delivery, token).await;
        let source = match &keyed {
            Ok(keyed) => keyed,
            Err(Failure(cause)) => {
                details.cause = Some(cause.clone());
                let answer = Answer::Refused(Refusal::Unverifiable);
                return self.close(Some(configured), &answer, &details);
            }
        };
        let received = Received { headers: &headers, url, body };
        let mut intake = intake(source, received, token, now(), &ports).await;
        if matches!(intake, Intake::Refused(Refusal::SignatureMismatch)) && keys::doubt(source) {
            details.cause = Some(keys::MAY_HAVE_CHANGED.to_owned());
            intake = Intake::Refused(Refusal::Unverifiable);
        }
        let answer = details.note(&intake, source);
        details.cause = details.cause.or(ports.unclaimed().map(|Failure(text)| text));
        self.close(Some(configured), &answer, &details)
    }

    /// Returns the source with the keys that it fetches. They are fetched only for a delivery whose
    /// headers are well formed.
    async fn keyed(
        &self,
        source: &Rc<Source>,
        delivery: Delivery<'_>,
        token: Option<TokenProof>,
    ) -> Result<Rc<Source>, Failure> {
        if source.jwks().is_none() || source.challenge(delivery, token, now()).is_err() {
            return Ok(Rc::clone(source));
        }
        keys::keyed(&self.host, source, |source| source.knows_key(delivery, now())).await
    }

    /// Answers a delivery whose body was not read.
    fn without_body(&self, configured: &Rc<Configured>, reason: NoBody) -> Response {
        let most = self.config.limits.body;
        let (answer, details) = match reason {
            NoBody::TooLarge { bytes } => {
                configured.too_large.set(configured.too_large.get() + 1);
                (
                    Answer::BodyTooLarge { most },
                    LogDetails { bytes: Some(bytes), ..LogDetails::default() },
                )
            }
            NoBody::Overloaded => (Answer::Overloaded, LogDetails::default()),
            NoBody::Unreadable(Failure(cause)) => {
                (Answer::BodyUnreadable, LogDetails { cause: Some(cause), ..LogDetails::default() })
            }
        };
        self.close(Some(configured), &answer, &details)
    }

    /// Panics if the header says so: at once, or after the body was read. The header can also make
    /// the host throw where nothing catches it. That ends the instance as well, but without a trap.
    #[cfg(feature = "panic-probe")]
    fn panic_if_asked(&self, when: &str) {
        let asked = self.raw.headers().get("x-panic-probe").ok().flatten();
        if asked.as_deref() == Some("host") {
            throws("");
        }
        assert!(asked.as_deref() != Some(when), "asked for: {when}");
    }

    /// Answers, and logs what was posted.
    fn close(
        &self,
        of: Option<&Rc<Configured>>,
        answer: &Answer<'_>,
        details: &LogDetails,
    ) -> Response {
        let provider = of.and_then(|configured| configured.provider.as_deref());
        let wanted = match self.method.as_str() {
            "POST" if answer.is_success() => Wanted::of_taken(provider),
            _ => Wanted::of_any(provider),
        };
        self.close_as(&wanted, of, answer, details)
    }

    /// Answers as the provider wants it, and logs what was posted.
    fn close_as(
        &self,
        wanted: &Wanted<'_>,
        of: Option<&Rc<Configured>>,
        answer: &Answer<'_>,
        details: &LogDetails,
    ) -> Response {
        let line = (self.method == "POST").then(|| self.line(of, answer, details));
        if let (Some(line), Some(source), true) = (&line, of, self.config.is_counted) {
            activity::count(&self.host, source, answer.code(), line.ms);
        }
        answer.response(self.method == "HEAD", line.as_ref(), wanted)
    }

    fn line<'l>(
        &self,
        of: Option<&'l Rc<Configured>>,
        answer: &'l Answer<'_>,
        details: &'l LogDetails,
    ) -> DeliveryLine<'l> {
        let ms = Date::now() - self.started;
        DeliveryLine {
            at: "delivery",
            source: of.map(|configured| configured.name.as_str()),
            provider: of.and_then(|configured| configured.provider_name.as_deref()),
            outcome: outcome(answer),
            code: answer.code(),
            id: answer.id(),
            bytes: details.bytes,
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            ms: ms as u32, // Saturates, as it should.
            recognized: details.recognized,
            repeated: details.repeated,
            cause: details.cause.as_deref(),
        }
    }
}

#[cfg(feature = "panic-probe")]
#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    /// Throws if the text is not JSON.
    #[wasm_bindgen(js_namespace = JSON, js_name = parse)]
    fn throws(text: &str);
}

/// Checks the address: the token must match if the source has one, and be absent otherwise. It
/// takes the same time as for an unknown source.
fn prove(
    configured: &Configured,
    unmatchable: &Token,
    offered: Option<&str>,
) -> Result<Option<TokenProof>, ()> {
    match (&configured.token, offered) {
        (Some(token), offered) => token.check(offered.unwrap_or("")).map(Some).ok_or(()),
        // The token's setting may be what is wrong. The provider might never try again after a 404.
        (None, _) if configured.source.is_none() => Ok(None),
        (None, Some(offered)) => unmatchable.check(offered).map(Some).ok_or(()),
        (None, None) => Ok(None),
    }
}

impl LogDetails {
    /// Returns the answer, and notes the details to be logged beside it.
    fn note<'i>(&mut self, intake: &'i Intake<Failure, Failure>, source: &'i Source) -> Answer<'i> {
        match intake {
            Intake::Accepted { id, recognized, unseen } => {
                self.recognized = (!recognized).then_some(false);
                self.cause = unseen.as_ref().map(|Failure(text)| text.clone());
                Answer::Accepted { id }
            }
            Intake::Duplicate { id } => Answer::Duplicate { id },
            Intake::Ready => ready(source),
            Intake::Ignored => Answer::Ignored,
            Intake::Refused(refusal) => Answer::Refused(refusal.clone()),
            Intake::HeldByCopy { id, ms } => Answer::CopyInProgress { id, ms: *ms },
            Intake::Unsafe { id, error: Failure(text), unseen } => {
                let unseen = unseen.iter().map(|Failure(text)| format!("; {text}"));
                self.cause = Some(text.clone() + &unseen.collect::<String>());
                Answer::QueueUnavailable { id }
            }
        }
    }
}

fn ready(source: &Source) -> Answer<'_> {
    Answer::Ready { source: source.name(), provider: &source.provider().name }
}

fn outcome(answer: &Answer<'_>) -> Outcome {
    match answer {
        Answer::Accepted { .. } => Outcome::Accepted,
        Answer::Duplicate { .. } => Outcome::Duplicate,
        Answer::Ready { .. } => Outcome::Ready,
        Answer::Ignored => Outcome::Ignored,
        Answer::CopyInProgress { .. } => Outcome::Held,
        Answer::SourceNotConfigured
        | Answer::Overloaded
        | Answer::QueueUnavailable { .. }
        | Answer::Refused(Refusal::Unverifiable) => Outcome::Failed,
        _ => Outcome::Refused,
    }
}

/// The headers of a request. The host knows those that the provider needs by numbers.
struct KnownHeaders<'r> {
    known: &'r [(Box<str>, u32)],
    request: &'r Request,
}

impl Headers for KnownHeaders<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let known = self.known.iter().find(|(known, _)| **known == *name);
        let value = match known {
            Some((_, number)) => host::header(&self.request.host, &self.request.raw, *number),
            None => self.request.raw.headers().get(name).ok().flatten(),
        };
        value.map(Cow::Owned)
    }
}
