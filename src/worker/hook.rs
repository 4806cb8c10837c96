//! A delivery's way through the Worker.

use std::{borrow::Cow, rc::Rc};

use js_sys::Date;
use orderhook_core::{
    Delivery, Headers, Intake, Prepared, Reading, Source, Token, TokenProof, UnixMillis, take,
};
use web_sys::{Request, Response};

use crate::{
    answer::Answer,
    config::{Config, Configured},
    failure::Failure,
    health,
    io::{self, Body, Host, NoBody},
    log::{DeliveryLine, Outcome, Sample},
    native,
    ports::{Ports, Stored},
    route::Route,
};

/// A request, and what it is answered with.
pub(crate) struct Hook {
    config: Rc<Config>,
    host: Host,
    request: Request,
    /// The method, a blank and the URL.
    head: String,
    /// Milliseconds since 1970.
    started: f64,
}

/// How a request goes on.
pub(crate) enum Next {
    /// It has its answer.
    Answer(Response),
    /// It is a delivery, to be waited for.
    Deliver(Admitted),
}

/// A delivery to a source that is ready, at the address that is its own: not yet authentic.
pub(crate) struct Admitted {
    /// Where its source stands in the configuration.
    source: usize,
    token: Option<TokenProof>,
}

/// What is logged of a delivery beside its answer.
#[derive(Default)]
struct Note {
    bytes: Option<usize>,
    recognized: Option<bool>,
    repeated: Option<u32>,
    cause: Option<String>,
}

impl Hook {
    pub(crate) fn new(request: Request, host: Host) -> Self {
        let (config, head) = (Config::of(&host), io::head(&request));
        Self { config, host, request, head, started: Date::now() }
    }

    fn method(&self) -> &str {
        self.head.split_once(' ').map_or("", |(method, _)| method)
    }

    fn url(&self) -> &str {
        self.head.split_once(' ').map_or("", |(_, url)| url)
    }

    /// Answers what is no delivery, and what is none that can be taken.
    pub(crate) fn open(&self) -> Next {
        #[cfg(feature = "panic-probe")]
        self.panic_if_asked("at once");
        let method = self.method();
        Next::Answer(match (Route::of(self.url()), method) {
            (Route::Hook { source, token }, _) => match self.admit(source, token) {
                Ok(admitted) => return Next::Deliver(admitted),
                Err(response) => response,
            },
            (Route::Health, "GET" | "HEAD") => {
                let authorization = self.request.headers().get("authorization").ok().flatten();
                health::response(&self.config, authorization.as_deref(), method == "HEAD")
            }
            (Route::Health, _) => {
                Answer::MethodNotAllowed { allow: "GET, HEAD" }.response(false, None)
            }
            (Route::Nowhere, _) => self.nowhere(),
        })
    }

    /// Address, then method, then configuration.
    fn admit(&self, name: &str, offered: Option<&str>) -> Result<Admitted, Response> {
        let Some(source) = self.config.source(name) else {
            std::hint::black_box(self.config.unmatchable.check(offered.unwrap_or("")));
            return Err(self.nowhere());
        };
        let configured = self.configured(source);
        let Ok(token) = prove(configured, &self.config.unmatchable, offered) else {
            return Err(self.nowhere());
        };
        let answer = match (self.method(), &configured.source) {
            ("POST", Some(_)) => return Ok(Admitted { source, token }),
            ("GET" | "HEAD", Some(source)) => {
                Answer::Ready { source: source.name(), provider: source.provider().name }
            }
            ("POST" | "GET" | "HEAD", None) => Answer::SourceNotConfigured,
            _ => Answer::MethodNotAllowed { allow: "GET, HEAD, POST" },
        };
        let cause = (!configured.problems.is_empty()).then(|| configured.problems.join("; "));
        Err(self.close(Some(configured), &answer, &Note { cause, ..Note::default() }))
    }

    /// Answers every address that is not a source's in the same way. Anyone can post to one, so that
    /// only a sample of these lines is logged.
    fn nowhere(&self) -> Response {
        thread_local! {
            static SAMPLE: Sample = Sample::default();
        }
        if self.method() != "POST" {
            return Answer::NotFound.response(self.method() == "HEAD", None);
        }
        match SAMPLE.with(|sample| sample.take(self.started)) {
            Some(repeated) => {
                let repeated = (repeated > 0).then_some(repeated);
                self.close(None, &Answer::NotFound, &Note { repeated, ..Note::default() })
            }
            None => Answer::NotFound.response(false, None),
        }
    }

    #[allow(clippy::indexing_slicing)] // It was found there.
    fn configured(&self, source: usize) -> &Configured {
        &self.config.sources[source]
    }

    /// Takes a delivery.
    pub(crate) async fn deliver(&self, Admitted { source: number, token }: Admitted) -> Response {
        #[cfg(feature = "panic-probe")]
        self.panic_if_asked("before");
        let configured = self.configured(number);
        let of = Some(configured);
        let body = match io::body(&self.host, &self.request, self.config.limits.body).await {
            Ok(body) => body,
            Err(reason) => return self.without_body(configured, reason),
        };
        #[cfg(feature = "panic-probe")]
        self.panic_if_asked("after");
        let Some(source) = &configured.source else {
            return self.close(of, &Answer::SourceNotConfigured, &Note::default());
        };
        let mut note = Note { bytes: Some(body.bytes.len()), ..Note::default() };
        let headers = RequestHeaders::of(number, source, &self.request);
        let intake = self.take(configured, source, &headers, body, token).await;
        let answer = note.take(&intake, source);
        self.close(of, &answer, &note)
    }

    /// Answers a delivery whose body was not read.
    fn without_body(&self, configured: &Configured, reason: NoBody) -> Response {
        let most = self.config.limits.body;
        let (answer, note) = match reason {
            NoBody::TooLarge { bytes } => {
                configured.too_large.set(configured.too_large.get() + 1);
                (Answer::BodyTooLarge { most }, Note { bytes: Some(bytes), ..Note::default() })
            }
            NoBody::Overloaded => (Answer::Overloaded, Note::default()),
            NoBody::Unreadable(Failure(cause)) => {
                (Answer::BodyUnreadable, Note { cause: Some(cause), ..Note::default() })
            }
        };
        self.close(Some(configured), &answer, &note)
    }

    /// Takes a delivery's body the rest of the way.
    async fn take(
        &self,
        configured: &Configured,
        source: &Source,
        headers: &RequestHeaders<'_>,
        body: Body,
        token: Option<TokenProof>,
    ) -> Intake<Failure, Failure> {
        let now = now();
        let delivery = Delivery { headers, url: self.url(), body: &body.bytes };
        let event = match native::verify(source, delivery, token, now).await {
            Ok(verified) => match verified.read(source, now) {
                Reading::Event(event) => event,
                Reading::Test => return Intake::Ready,
            },
            Err(refusal) => return Intake::Refused(refusal),
        };
        let ports = |stored| Ports::new(&self.host, self.config.limits, configured.strict, stored);
        match Prepared::new(source, event).without_body() {
            // The host's copy is the only one while KV and the queue are waited for.
            Ok(prepared) => {
                let ports = ports(Stored::Host(body.into_host()));
                take(source, prepared, now, &ports, &ports).await
            }
            Err(prepared) => {
                let ports = ports(Stored::Module(&body.bytes));
                take(source, prepared, now, &ports, &ports).await
            }
        }
    }

    /// Panics where the header says so: at once, before the body is waited for, or after. Or has
    /// the host throw where nothing is caught, which ends the instance as well, but traps nowhere.
    #[cfg(feature = "panic-probe")]
    fn panic_if_asked(&self, when: &str) {
        let asked = self.request.headers().get("x-panic-probe").ok().flatten();
        if asked.as_deref() == Some("host") {
            io::values(&self.request, usize::MAX);
        }
        assert!(asked.as_deref() != Some(when), "asked for: {when}");
    }

    /// Answers, and logs what was posted.
    fn close(&self, of: Option<&Configured>, answer: &Answer<'_>, note: &Note) -> Response {
        let line = (self.method() == "POST").then(|| self.line(of, answer, note));
        answer.response(self.method() == "HEAD", line.as_ref())
    }

    fn line<'l>(
        &self,
        of: Option<&'l Configured>,
        answer: &'l Answer<'_>,
        note: &'l Note,
    ) -> DeliveryLine<'l> {
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
            repeated: note.repeated,
            cause: note.cause.as_deref(),
        }
    }
}

/// Whether the address is the source's: with its token where it has one, else with none. The
/// time it takes is that of an unknown source.
fn prove(
    configured: &Configured,
    unmatchable: &Token,
    offered: Option<&str>,
) -> Result<Option<TokenProof>, ()> {
    match (&configured.token, offered) {
        (Some(token), offered) => token.check(offered.unwrap_or("")).map(Some).ok_or(()),
        // It may be its token that is not right. A 404 would be the provider's last try.
        (None, _) if configured.source.is_none() => Ok(None),
        (None, Some(offered)) => unmatchable.check(offered).map(Some).ok_or(()),
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
            Intake::Held { id, ms } => Answer::CopyInProgress { id, ms: *ms },
            Intake::Unsafe { id, error: Failure(text), unseen } => {
                let unseen = unseen.iter().map(|Failure(text)| format!("; {text}"));
                self.cause = Some(text.clone() + &unseen.collect::<String>());
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
        Answer::CopyInProgress { .. } => Outcome::Held,
        Answer::SourceNotConfigured | Answer::Overloaded | Answer::QueueUnavailable { .. } => {
            Outcome::Failed
        }
        _ => Outcome::Refused,
    }
}

fn now() -> UnixMillis {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    UnixMillis(Date::now() as u64) // A whole number, and not negative since 1970.
}

/// A request's headers: those that its provider needs, which were read in one crossing, and the
/// others, which a sender may list.
struct RequestHeaders<'r> {
    values: Vec<(&'static str, Option<String>)>,
    request: &'r Request,
}

impl<'r> RequestHeaders<'r> {
    /// Those that the source of this number reads.
    fn of(number: usize, source: &Source, request: &'r Request) -> Self {
        let names = source.provider().headers();
        if names.is_empty() {
            return Self { values: Vec::new(), request };
        }
        let values = io::values(request, number);
        let value = |value: &str| (value != "\0").then(|| value.to_owned());
        Self { values: names.into_iter().zip(values.split('\n').map(value)).collect(), request }
    }
}

impl Headers for RequestHeaders<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some((_, value)) = self.values.iter().find(|(known, _)| *known == name) {
            return value.as_deref().map(Cow::Borrowed);
        }
        self.request.headers().get(name).ok().flatten().map(Cow::Owned)
    }
}
