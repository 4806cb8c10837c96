//! Lists deliveries, shows one, and begins them again.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    body,
    caller::{Caller, available},
    endpoints,
    events::types,
    list::{LIMIT, List, MAX_LIMIT},
    params::{Params, is_source},
    problem::Problem,
    reply::Reply,
    sent,
};
use crate::{
    cursor::Cursor,
    endpoint::State,
    host,
    journal::{CodeFilter, DeliveriesQuery, Question, Replayed, Retried, Sent, Step, Wanted},
    json, moment, registry,
    registry::Action,
    source::{self, SOURCE_NAME},
};

/// The states of a delivery.
const STATES: [&str; 5] = ["due", "leased", "done", "dead", "held"];

/// The steps that one request takes.
const MAX_STEPS: usize = 100;

/// The name of a replay's cursors.
const REPLAY: &str = "replay";

/// Where a delivery is kept. It is the delivery's id.
struct Place {
    journal: String,
    endpoint: String,
    seq: i64,
}

impl Place {
    fn text(&self) -> String {
        let Self { journal, endpoint, seq } = self;
        ["dlv_", &URL_SAFE_NO_PAD.encode(format!("{journal} {endpoint} {seq}"))].concat()
    }

    fn parse(text: &str) -> Option<Self> {
        let text = URL_SAFE_NO_PAD.decode(text.strip_prefix("dlv_")?).ok()?;
        let text = String::from_utf8(text).ok()?;
        let mut parts = text.split(' ').map(str::to_owned);
        let place = Self {
            journal: parts.next()?,
            endpoint: parts.next()?,
            seq: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(place)
    }

    /// Parses the id of a delivery that may exist. Asking a journal of another name would make it.
    fn of(caller: &Caller<'_>, id: &str) -> Result<Self, Problem> {
        let place = Self::parse(id);
        let is_known = |place: &Self| caller.visitor.journals.contains(&place.journal);
        place.filter(is_known).ok_or(Problem::DELIVERY_NOT_FOUND)
    }
}

/// Answers `GET /v1/endpoints/{id}/deliveries`.
pub(super) async fn list(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    #[derive(Serialize)]
    struct Body {
        deliveries: Vec<Value>,
        next: Option<String>,
    }
    let known = ["source", "state", "code", "type", "since", "until", "limit", "cursor"];
    let params = Params::parse(caller.query, &known)?;
    let state = params.word("state", &STATES)?.map(str::to_owned);
    let code = params.checked("code", CODE, code)?;
    let kind = params.word("type", &types())?.map(str::to_owned);
    let limit = params.limit(MAX_LIMIT, LIMIT)?;
    let mut list = List::of(caller, &params, "deliveries", true, limit)?;
    list.journals = caller.journals_of_deliveries(params.source()?.as_deref())?;
    let endpoint = endpoints::read(caller, id).await?.id;
    let question = |part, _: &str| {
        let (endpoint, state, kind) = (endpoint.clone(), state.clone(), kind.clone());
        Question::Deliveries(DeliveriesQuery { part, endpoint, state, code, kind })
    };
    let answer = list.ask(caller, question).await?;
    let deliveries = answer.named().filter_map(|(journal, record)| {
        let record: Map<String, Value> = serde_json::from_str(record.get()).ok()?;
        Some(named(journal, record))
    });
    let deliveries = deliveries.collect();
    Ok(Reply::Json(json::text(&Body { deliveries, next: answer.next })))
}

/// What the parameter `code` takes.
const CODE: &str = "a status, as 404, a class of them, as 5xx, or `none`";

/// Reads the last answers that are asked for.
fn code(text: &str) -> Option<CodeFilter> {
    if text == "none" {
        return Some(CodeFilter::Unanswered);
    }
    let (first, last) = match text.strip_suffix("xx") {
        Some(class) => (format!("{class}00"), format!("{class}99")),
        None => (text.to_owned(), text.to_owned()),
    };
    let read = |text: &str| {
        let is_status = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|code| is_status && (100..=999).contains(code))
    };
    Some(CodeFilter::Between(read(&first)?, read(&last)?))
}

/// Adds the id and the source to what a journal says of a delivery.
fn named(journal: &str, mut delivery: Map<String, Value>) -> Value {
    let seq = delivery.remove("seq").and_then(|seq| seq.as_i64()).unwrap_or_default();
    let endpoint = delivery.get("endpoint").and_then(Value::as_str).unwrap_or_default();
    let place = Place { journal: journal.to_owned(), endpoint: endpoint.to_owned(), seq };
    delivery.insert("id".into(), place.text().into());
    delivery.insert("source".into(), source::of_journal(journal).into());
    Value::Object(delivery)
}

/// Answers `GET /v1/deliveries/{id}`.
pub(super) async fn one(caller: &Caller<'_>, id: &str) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let Place { journal, endpoint, seq } = Place::of(caller, id)?;
    let question = Question::Delivery { endpoint: endpoint.clone(), seq };
    let questions = [(journal.clone(), question)];
    let answer = host::ask_each(caller.host, &questions).await.pop().ok_or(Problem::INTERNAL)?;
    let whole: Option<Map<String, Value>> =
        serde_json::from_str(&available(&journal, answer)?).map_err(|_| Problem::INTERNAL)?;
    let mut whole = whole.ok_or(Problem::DELIVERY_NOT_FOUND)?;
    if let Some(Value::Object(delivery)) = whole.remove("delivery") {
        whole.insert("delivery".into(), named(&journal, delivery));
    }
    let sent = whole.remove("sent").and_then(|sent| serde_json::from_value::<Sent>(sent).ok());
    let endpoint = endpoints::find(caller, endpoint).await?.ok_or(Problem::DELIVERY_NOT_FOUND)?;
    let request = sent::request(caller, &endpoint, &sent.ok_or(Problem::INTERNAL)?).await;
    whole.insert("request".into(), serde_json::to_value(request).unwrap_or_default());
    Ok(Reply::Json(json::text(&whole)))
}

/// Answers `POST /v1/deliveries/{id}/retry`.
pub(super) async fn retry(caller: &Caller<'_>, id: &str) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let Place { journal, endpoint, seq } = Place::of(caller, id)?;
    log_audit(caller, Action::DeliveryRetried, id).await?;
    match step(caller, &journal, Step::Retry { endpoint, seq }).await? {
        Retried::Begun => Ok(Reply::Empty),
        Retried::Inactive => Err(Problem::ENDPOINT_INACTIVE),
        Retried::NotFound => Err(Problem::DELIVERY_NOT_FOUND),
    }
}

async fn log_audit(caller: &Caller<'_>, action: Action, target: &str) -> Result<(), Problem> {
    let (actor, target) = (caller.actor(), Some(target.to_owned()));
    caller.registry(&registry::Question::Log { actor, action, target }).await
}

async fn step<T: serde::de::DeserializeOwned>(
    caller: &Caller<'_>,
    journal: &str,
    step: Step,
) -> Result<T, Problem> {
    let steps = [(journal.to_owned(), step)];
    let answer = host::deliver(caller.host, &steps, false).await.pop().ok_or(Problem::INTERNAL)?;
    serde_json::from_str(&available(journal, answer)?).map_err(|_| Problem::INTERNAL)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default, deserialize_with = "body::given")]
    source: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    since: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    until: Option<String>,
    #[serde(default, deserialize_with = "body::given")]
    filter: Option<Map<String, Value>>,
    #[serde(default)]
    failed_only: bool,
    #[serde(default, deserialize_with = "body::given")]
    cursor: Option<String>,
}

#[derive(Serialize)]
struct Replay {
    deliveries: i64,
    complete: bool,
    /// Where another request goes on.
    cursor: Option<String>,
    #[serde(skip)]
    steps: usize,
}

/// Answers `POST /v1/endpoints/{id}/replay`.
pub(super) async fn replay(caller: &Caller<'_>, id: String) -> Result<Reply, Problem> {
    Params::parse(caller.query, &[])?;
    let expected = "an object of `source`, `since`, `until`, `filter`, `failed_only` and `cursor`, or \
        an empty one";
    let asked: Asked = body::read(caller.request, expected).await?;
    if asked.source.as_deref().is_some_and(|source| !is_source(source)) {
        return Err(Problem::invalid_body(format!("`source` takes {SOURCE_NAME}")));
    }
    let (since, until) = (moment_of(asked.since, "since")?, moment_of(asked.until, "until")?);
    let filter = asked.filter.map(endpoints::read_filter).transpose()?;
    let begins = Begins::of(asked.cursor.as_deref())?;
    let mut journals = caller.journals_of_deliveries(asked.source.as_deref())?;
    journals.retain(|journal| begins.is_left(journal));
    let endpoint = endpoints::read(caller, id).await?;
    if endpoint.state != State::Active {
        return Err(Problem::ENDPOINT_INACTIVE);
    }
    let endpoint = endpoint.id;
    log_audit(caller, Action::EndpointReplayed, &endpoint).await?;
    // A journal that does not know the endpoint yet would replay nothing.
    endpoints::give(caller, &journals).await?;
    let failed_only = asked.failed_only;
    let wanted = Wanted { endpoint, since, until, filter, failed_only, after: 0 };
    let mut replay = Replay { deliveries: 0, complete: true, cursor: None, steps: 0 };
    for journal in &journals {
        let after = begins.after(journal);
        replay.in_journal(caller, journal, Wanted { after, ..wanted.clone() }).await?;
        if !replay.complete {
            break;
        }
    }
    Ok(Reply::Json(json::text(&replay)))
}

/// The journal and the position at which a replay goes on. Journals are replayed in the order of
/// their names.
struct Begins(Option<(String, i64)>);

impl Begins {
    fn of(cursor: Option<&str>) -> Result<Self, Problem> {
        let Some(cursor) = cursor else {
            return Ok(Self(None));
        };
        let place =
            Cursor::parse(cursor, REPLAY).and_then(|mut cursor| cursor.positions.pop_first());
        Ok(Self(Some(place.ok_or(Problem::INVALID_CURSOR)?)))
    }

    fn is_left(&self, journal: &str) -> bool {
        self.0.as_ref().is_none_or(|(first, _)| journal >= first.as_str())
    }

    fn after(&self, journal: &str) -> i64 {
        self.0.as_ref().filter(|(first, _)| first == journal).map_or(0, |(_, after)| *after)
    }
}

fn moment_of(text: Option<String>, name: &str) -> Result<Option<i64>, Problem> {
    let invalid = || Problem::invalid_body(format!("`{name}` is a moment in RFC 3339"));
    text.map(|text| moment::parse(&text).ok_or_else(invalid)).transpose()
}

impl Replay {
    async fn in_journal(
        &mut self,
        caller: &Caller<'_>,
        journal: &str,
        mut wanted: Wanted,
    ) -> Result<(), Problem> {
        while self.steps < MAX_STEPS {
            let Replayed { deliveries, next } =
                step(caller, journal, Step::Replay(wanted.clone())).await?;
            self.steps += 1;
            self.deliveries += deliveries;
            match next {
                Some(next) => wanted.after = next,
                None => return Ok(()),
            }
        }
        let positions = [(journal.to_owned(), wanted.after)].into();
        self.cursor = Some(Cursor { list: REPLAY.to_owned(), positions }.text());
        self.complete = false;
        Ok(())
    }
}
