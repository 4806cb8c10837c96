//! Signatures that a public key checks. The host computes; the core picks the keys and decides.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    delivery::Delivery,
    json::Json,
    scheme::{
        Settings, algorithm::Algorithm, definition::PublicKeyScheme, encoding::Encoding,
        key::Secret, public_key::PublicKey, refusal::Refusal,
    },
    time::UnixMillis,
};

/// A signature that was sent, and what it signs.
pub(crate) struct Offer<'d> {
    /// The algorithm; `None` where the key says it.
    pub(super) algorithm: Option<Algorithm>,
    /// The id of the key, if the sender names it.
    pub(super) key_id: Option<Box<str>>,
    pub(crate) content: Vec<Cow<'d, [u8]>>,
    pub(crate) signature: Vec<u8>,
}

impl Offer<'_> {
    /// Whether a key may have made the signature.
    pub(crate) fn may_be_by(&self, key: &PublicKey) -> bool {
        let is_named = match (&self.key_id, &key.id) {
            (Some(named), Some(id)) => named == id,
            // A key without an id is tried for any.
            _ => true,
        };
        let is_same = self.algorithm.is_none_or(|algorithm| algorithm == key.algorithm);
        is_named && is_same && key.algorithm.has_length(self.signature.len())
    }

    /// Returns the keys that may have made the signature, each with the place of its secret: first
    /// those that the sender names. Each costs a computation before anything is proved.
    pub(crate) fn keys<'s>(
        &self,
        secrets: &'s [Secret],
    ) -> impl Iterator<Item = (usize, &'s PublicKey)> {
        let all = secrets.iter().enumerate();
        let keys = all.flat_map(|(at, secret)| secret.keys().iter().map(move |key| (at, key)));
        let may = keys.filter(|(_, key)| self.may_be_by(key));
        let (named, others) = (may.clone(), may);
        named.filter(|(_, key)| key.id.is_some()).chain(others.filter(|(_, key)| key.id.is_none()))
    }
}

const EXPECTED: &str = "a signature in its encoding";
const JWS: &str = "a detached JWS with the due `alg`: `<header>..<signature>`";

impl PublicKeyScheme {
    /// Returns the time of signing, in Unix seconds; `None` if none is signed or can be read.
    #[must_use]
    pub fn signed_at(&self, delivery: &Delivery<'_>) -> Option<u64> {
        let (stamp, _) = self.signed.age.as_ref()?;
        let found = self.signed.fields.find(delivery.body);
        let text = self.signed.tags.text(delivery, &found).unwrap_or_default();
        let (_, seconds) = self.signed.stamp(stamp, &text, delivery).ok()?;
        Some(seconds)
    }

    pub(super) fn read<'d>(
        &'d self,
        delivery: &Delivery<'d>,
        now: UnixMillis,
        settings: &Settings,
    ) -> Result<Offer<'d>, Refusal> {
        let signed = &self.signed;
        let found = signed.fields.find(delivery.body);
        let text = signed.tags.text(delivery, &found)?;
        if self.is_jws {
            return self.jws(&text, delivery).ok_or_else(|| signed.tags.malformed(JWS));
        }
        let timestamp = signed.timestamp(&text, delivery, &found, now)?;
        let content = signed.content(delivery, &found, &timestamp, settings)?;
        let encoding = signed.tags.encodings.first().copied().unwrap_or(Encoding::Base64);
        let signatures = signed.tags.texts(&text);
        let mut decoded = signatures.into_iter().filter_map(|text| encoding.decode_any(text));
        let signature = decoded.find(|signature| self.algorithm.has_length(signature.len()));
        let key_id = match &self.key_id {
            Some(names) => Some(names.value(delivery)?.into()),
            None => None,
        };
        Ok(Offer {
            algorithm: Some(self.algorithm),
            key_id,
            content,
            signature: signature.ok_or_else(|| signed.tags.malformed(EXPECTED))?,
        })
    }

    /// Reads a detached JWS. With `b64` false (RFC 7797), the body is signed as it is.
    fn jws<'d>(&self, text: &str, delivery: &Delivery<'d>) -> Option<Offer<'d>> {
        let (header, signature) = text.split_once("..")?;
        let json = String::from_utf8(URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let json = Json::parse(&json).ok()?;
        let fields = json.object()?;
        if fields.get("alg")?.text()? != self.algorithm.jws() {
            return None;
        }
        // A parameter that is critical and not known must be refused.
        let known = |it: &Json<'_>| it.text() == Some("b64");
        let critical = fields.get("crit").map(|list| list.list().unwrap_or_default());
        let is_raw = fields.get("b64").and_then(Json::flag) == Some(false);
        if critical.is_some_and(|it| it.is_empty() || !it.iter().all(known))
            || is_raw && critical.is_none()
        {
            return None;
        }
        let start = Cow::Owned([header.as_bytes(), b"."].concat());
        let body = if is_raw {
            Cow::Borrowed(delivery.body)
        } else {
            Cow::Owned(Encoding::Base64Url.encode(delivery.body).into_bytes())
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.algorithm.has_length(signature.len()).then_some(Offer {
            algorithm: Some(self.algorithm),
            key_id: fields.get("kid").and_then(Json::text).map(Into::into),
            content: vec![start, body],
            signature,
        })
    }
}
