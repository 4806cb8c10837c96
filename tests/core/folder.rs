//! The deliveries of `providers/<name>`, and new ones that are made of them and proved anew.

use std::{fs, path::PathBuf, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use orderhook_core::{
    Answer, Delivery, Place, Provider, Question, Reading, Scheme, Settings, Signed, Source, Token,
    UnixMillis, UtcOffset,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{catalogue::provider, sender::tag};

/// A delivery whose body is JSON.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    headers: Vec<(String, String)>,
    url: String,
    body: Value,
    /// The moment of its receipt.
    pub(crate) now: UnixMillis,
}

impl Sent {
    /// Returns the texts and numbers of the body and the headers, by their places: JSON Pointers,
    /// and names of headers.
    pub(crate) fn leaves(&self) -> Vec<(String, String)> {
        let headers = self.headers.iter().cloned();
        leaves(&self.body).into_iter().chain(headers).collect()
    }

    /// Puts a text into a place, as a number if one was there.
    pub(crate) fn put(&mut self, place: &str, text: &str) {
        if let Some((_, value)) = self.headers.iter_mut().find(|(name, _)| name == place) {
            text.clone_into(value);
            return;
        }
        let value = self.body.pointer_mut(place).expect("a place");
        let number = value.is_number().then(|| text.parse::<u64>().ok()).flatten();
        *value = number.map_or_else(|| text.into(), Value::from);
    }
}

fn leaves(body: &Value) -> Vec<(String, String)> {
    let inner: Vec<_> = match body {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        Value::String(text) => return vec![(String::new(), text.clone())],
        Value::Number(number) => return vec![(String::new(), number.to_string())],
        Value::Bool(_) | Value::Null => Vec::new(),
    };
    let named = |(key, value)| {
        leaves(value).into_iter().map(move |(place, text)| (format!("/{key}{place}"), text))
    };
    inner.into_iter().flat_map(named).collect()
}

/// A provider's folder, and an account that takes its deliveries.
pub(crate) struct Folder {
    pub(crate) name: &'static str,
    pub(crate) provider: Arc<Provider>,
    source: Source,
    secret: Option<String>,
    token: Option<String>,
    url: Option<String>,
}

fn path(name: &str, file: &str) -> PathBuf {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../providers"));
    root.join(name).join(file)
}

fn events(name: &str) -> Value {
    let text = fs::read_to_string(path(name, "events.json")).expect("events.json");
    serde_json::from_str(&text).expect("JSON")
}

impl Folder {
    pub(crate) fn of(name: &'static str) -> Self {
        let account = events(name);
        let text = |key: &str| account.get(key).and_then(Value::as_str).map(str::to_owned);
        let (secret, token, url) = (text("secret"), text("token"), text("url"));
        let provider = provider(name);
        let settings = Settings {
            utc_offset: text("utc_offset").map(|it| UtcOffset::parse(&it).expect("an offset")),
            url: url.clone().map(Into::into),
            ..Settings::default()
        };
        let secrets = secret.iter().map(|it| provider.scheme.secret(it).expect("a secret"));
        let of_url = token.as_deref().map(|it| Token::new(it).expect("a token"));
        let source = Source::new(name, Arc::clone(&provider), secrets.collect(), of_url, settings);
        Self { name, provider, source: source.expect("an account"), secret, token, url }
    }

    /// Returns the deliveries to this account that have a JSON body.
    pub(crate) fn deliveries(&self) -> Vec<Sent> {
        let events = events(self.name);
        let all = events["deliveries"].as_object().expect("deliveries");
        let own = all.iter().filter(|(_, sample)| sample.get("account").is_none());
        own.filter_map(|(name, sample)| {
            let file = path(self.name, &format!("deliveries/{name}.http"));
            let now = UnixMillis(sample["now"].as_u64().expect("a moment"));
            sent(&fs::read_to_string(file).ok()?, now)
        })
        .collect()
    }

    /// Returns the events that a delivery becomes, with a proof of its own.
    pub(crate) fn read(&self, sent: &Sent, now: UnixMillis) -> Vec<Value> {
        let (headers, body) = self.proved(sent, now);
        let headers = headers.as_slice();
        let delivery = Delivery { headers: &headers, url: &sent.url, body: body.as_bytes() };
        let proof = self.source.token().zip(self.token.as_deref());
        let proof = proof.and_then(|(token, text)| token.check(text));
        let challenge = self.source.challenge(delivery, proof, now).expect(self.name);
        // No private key is at hand: this host takes each signature for right.
        let verified = challenge.answer(|question| match question {
            Question::Signature(_) => Answer::Holds(true),
            Question::Sha256(_) => Answer::Unanswered,
        });
        let events = match verified.expect(self.name).read(now) {
            Reading::Event(event) => vec![event],
            Reading::Events(events) => events,
            Reading::Test | Reading::Ignored => Vec::new(),
        };
        events.iter().map(|it| serde_json::from_str(&it.to_json()).expect("JSON")).collect()
    }

    /// Returns a delivery's headers and body, proved as the provider would.
    fn proved(&self, sent: &Sent, now: UnixMillis) -> (Vec<(String, String)>, String) {
        let (mut headers, mut body) = (sent.headers.clone(), sent.body.to_string());
        let mut replace = |name: &str, value: String| {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.to_owned(), value));
        };
        match &self.provider.scheme {
            Scheme::HttpSignature(_) => {
                let digest = STANDARD.encode(Sha256::digest(body.as_bytes()));
                replace("content-digest", format!("sha-256=:{digest}:"));
            }
            Scheme::Signed(Signed { tags, .. }) if matches!(tags.place, Place::Field(_)) => {
                body = self.tagged(sent.body.clone());
            }
            scheme => {
                let given = sent.headers.as_slice();
                let url = self.url.as_deref().unwrap_or_default();
                let delivery = Delivery { headers: &given, url, body: body.as_bytes() };
                let secret = self.secret.as_deref().map(|it| scheme.secret(it).expect("a secret"));
                // Others have their proof in the body or in the address, or a host checks it.
                let made = secret.map(|secret| scheme.sign(&secret, &delivery, now));
                for (name, value) in made.and_then(Result::ok).unwrap_or_default() {
                    replace(name, value);
                }
            }
        }
        (headers, body)
    }

    /// Returns a body with its signature in it.
    fn tagged(&self, mut body: Value) -> String {
        let Scheme::Signed(scheme) = &self.provider.scheme else {
            panic!("a scheme that signs");
        };
        let Place::Field(field) = &scheme.tags.place else {
            panic!("a signature in the body");
        };
        let text = body.to_string();
        let headers: &[(&str, &str)] = &[];
        let url = self.url.as_deref().unwrap_or_default();
        let delivery = Delivery { headers: &headers, url, body: text.as_bytes() };
        let (stamp, _) = scheme.age.as_ref().expect("a time of signing");
        let (time, _) = scheme.stamp(stamp, "", &delivery).expect("a time");
        let parts = scheme.parts(&delivery, &time).expect("the signed parts");
        let parts: Vec<_> = parts.iter().map(|part| &**part).collect();
        let tag = tag(self.secret.as_deref().expect("a secret").as_bytes(), &parts);
        *body.pointer_mut(field.pointer()).expect("a place") = hex::encode(tag).into();
        body.to_string()
    }
}

/// Reads a POST as a file holds it; `None` if it is another request, or has another body.
fn sent(file: &str, now: UnixMillis) -> Option<Sent> {
    let file = file.replace("\r\n", "\n");
    let (head, body) = file.split_once("\n\n")?;
    let mut lines = head.lines();
    let target = lines.next()?.strip_prefix("POST ")?.split(' ').next()?;
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let host = headers.iter().find(|(name, _)| name == "Host").map_or("", |(_, host)| host);
    let url = format!("https://{host}{target}");
    let body = serde_json::from_str(body).ok()?;
    Some(Sent { headers, url, body, now })
}
