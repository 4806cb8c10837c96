//! A delivery's way through the Worker.

use std::borrow::Cow;

use js_sys::Date;
use orderhook_core::{Delivery, Headers, Intake, Source, Token, TokenProof, UnixMillis, intake};
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};

use crate::{
    answer::Answer,
    config::{Config, Configured},
    io::{self, Failure},
    log::{DeliveryLine, Outcome},
    ports::Ports,
};

/// A request to `/hooks/…`.
pub(crate) struct Hook<'a> {
    pub(crate) config: &'a Config,
    pub(crate) env: &'a JsValue,
    pub(crate) request: &'a Request,
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    /// Milliseconds since 1970.
    pub(crate) started: f64,
}

/// What is logged of a delivery beside its answer.
#[derive(Default)]
struct Note {
    bytes: Option<usize>,
    recognized: Option<bool>,
    cause: Option<String>,
}

impl Hook<'_> {
    /// Answers it.
    pub(crate) async fn take(&self, name: &str, token: Option<&str>) -> Response {
        let Some(configured) = self.config.source(name) else {
            Token::refuse(token.unwrap_or(""));
            return self.nowhere();
        };
        let Ok(proof) = admit(configured, token) else {
            return self.nowhere();
        };
        if !matches!(self.method, "POST" | "GET" | "HEAD") {
            return Answer::MethodNotAllowed { allow: "GET, HEAD, POST" }.response(false);
        }
        let Some(source) = &configured.source else {
            let cause = Some(configured.problems.join("; "));
            let note = Note { cause, ..Note::default() };
            return self.close(Some(configured), &Answer::SourceNotConfigured, &note);
        };
        if self.method == "POST" {
            return self.deliver(configured, source, proof).await;
        }
        let provider = source.provider().name;
        self.close(
            Some(configured),
            &Answer::Ready { source: source.name(), provider },
            &Note::default(),
        )
    }

    /// The one answer to every address that is not a source's.
    pub(crate) fn nowhere(&self) -> Response {
        self.close(None, &Answer::NotFound, &Note::default())
    }

    async fn deliver(
        &self,
        configured: &Configured,
        source: &Source,
        proof: Option<TokenProof>,
    ) -> Response {
        #[cfg(feature = "panic-probe")]
        self.panic_if_asked("before");
        let of = Some(configured);
        let most = self.config.limits.body;
        let body = match io::body(self.request, most).await {
            Ok(Some(body)) => body,
            Ok(None) => return self.close(of, &Answer::BodyTooLarge { most }, &Note::default()),
            Err(Failure(cause)) => {
                let note = Note { cause: Some(cause), ..Note::default() };
                return self.close(of, &Answer::BodyUnreadable, &note);
            }
        };
        #[cfg(feature = "panic-probe")]
        self.panic_if_asked("after");
        let headers = RequestHeaders(self.request.headers());
        let delivery = Delivery { headers: &headers, url: self.url, body: &body };
        let ports = Ports { env: self.env, limits: self.config.limits };
        let intake = intake(source, delivery, proof, now(), &ports, &ports).await;
        let mut note = Note { bytes: Some(body.len()), ..Note::default() };
        let answer = note.take(&intake, source);
        self.close(of, &answer, &note)
    }

    /// Panics where the header says so: before the body has been waited for, or after.
    #[cfg(feature = "panic-probe")]
    fn panic_if_asked(&self, when: &str) {
        let asked = self.request.headers().get("x-panic-probe").ok().flatten();
        assert!(asked.as_deref() != Some(when), "asked for, {when} the body");
    }

    /// Answers, and logs what was posted.
    fn close(&self, of: Option<&Configured>, answer: &Answer<'_>, note: &Note) -> Response {
        if self.method == "POST" {
            self.log(of, answer, note);
        }
        answer.response(self.method == "HEAD")
    }

    fn log(&self, of: Option<&Configured>, answer: &Answer<'_>, note: &Note) {
        let ms = Date::now() - self.started;
        DeliveryLine {
            at: "delivery",
            source: of.map(|configured| configured.name.as_str()),
            provider: of.and_then(|configured| Some(configured.provider?.name)),
            outcome: outcome(answer),
            code: answer.code(),
            id: answer.id(),
            bytes: note.bytes,
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            ms: ms as u32, // Saturates, as it should.
            recognized: note.recognized,
            cause: note.cause.as_deref(),
        }
        .write();
    }
}

/// Whether the address is the source's: with its token where it has one, else with none. The
/// time it takes is that of an unknown source.
fn admit(configured: &Configured, offered: Option<&str>) -> Result<Option<TokenProof>, ()> {
    match (&configured.token, offered) {
        (Some(token), offered) => token.check(offered.unwrap_or("")).map(Some).ok_or(()),
        // It may be its token that is not right. A 404 would be the provider's last try.
        (None, _) if configured.source.is_none() => Ok(None),
        (None, Some(offered)) => {
            Token::refuse(offered);
            Err(())
        }
        (None, None) => Ok(None),
    }
}

impl Note {
    /// What to answer, and what to note of it.
    fn take<'i>(&mut self, intake: &'i Intake<Failure, Failure>, source: &'i Source) -> Answer<'i> {
        match intake {
            Intake::Accepted { id, recognized, unseen } => {
                self.recognized = (!recognized).then_some(false);
                self.cause = unseen.as_ref().map(|Failure(text)| text.clone());
                Answer::Accepted { id }
            }
            Intake::Duplicate { id } => Answer::Duplicate { id },
            Intake::Ready => {
                Answer::Ready { source: source.name(), provider: source.provider().name }
            }
            Intake::Refused(refusal) => Answer::Refused(*refusal),
            Intake::Unsafe { id, error: Failure(text) } => {
                self.cause = Some(text.clone());
                Answer::QueueUnavailable { id }
            }
        }
    }
}

fn outcome(answer: &Answer<'_>) -> Outcome {
    match answer {
        Answer::Accepted { .. } => Outcome::Accepted,
        Answer::Duplicate { .. } => Outcome::Duplicate,
        Answer::Ready { .. } => Outcome::Ready,
        Answer::SourceNotConfigured | Answer::QueueUnavailable { .. } => Outcome::Failed,
        _ => Outcome::Refused,
    }
}

fn now() -> UnixMillis {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    UnixMillis(Date::now() as u64) // A whole number, and not negative since 1970.
}

struct RequestHeaders(web_sys::Headers);

impl Headers for RequestHeaders {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.get(name).ok().flatten().map(Cow::Owned)
    }
}
