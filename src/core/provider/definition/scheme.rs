use super::{
    Checked,
    places::{Base, Places},
    table::{Key, Table, at_most, fail, list, listed},
    value::header_name,
};
use crate::{
    json::{Json, Object},
    scheme::{
        Age, Algorithm, Encoding, Field, Fields, Hash, HeaderList, HttpSignature, KeyFormat,
        Layout, MacKind, Names, Part, Place, PublicKeyScheme, Scheme, SentToken, Signed, Stamp,
        Tags, TimeForms,
        cut::{Ambiguity, ambiguity},
        http_signature::{DERIVED, DIGEST},
    },
};

const MAX_SCHEMES: usize = 4;
const MAX_PARTS: usize = 12;

/// The components of an HTTP signature.
const MAX_COMPONENTS: usize = 16;

/// The names of a header, and the prefixes of a tag or a token.
const MAX_NAMES: usize = 4;

/// The seconds that a signature may be old, or ahead.
const MAX_AGE: u32 = 600;

/// A scheme, with its name where there are several.
pub(super) struct Named {
    name: Option<Box<str>>,
    pub(super) scheme: Scheme,
    /// Whether the provider signs for all its customers with the same keys.
    pub(super) has_shared_keys: bool,
    /// The fields that are taken out of the payload.
    pub(super) redacted: Vec<Box<str>>,
}

impl Named {
    /// Whether a proof by this scheme always covers the body.
    pub(super) fn covers_body(&self) -> bool {
        self.scheme.covers_body()
    }
}

/// Reads every scheme of a definition.
pub(super) fn schemes(root: &Table<'_, '_>) -> Checked<Vec<Named>> {
    let is_alone = root.get("scheme").and_then(Json::list).is_none_or(|list| list.len() == 1);
    let mut schemes: Vec<Named> = Vec::new();
    let count = root.each_table("scheme", MAX_SCHEMES, &mut |key, object, _| {
        let named = named(key, object, is_alone)?;
        if schemes.iter().any(|known| known.name == named.name) {
            return Err(fail(&key.of("name"), &["another scheme has this name"]));
        }
        schemes.push(named);
        Ok(())
    })?;
    if count == 0 { Err(root.fail("scheme", &["missing"])) } else { Ok(schemes) }
}

/// Returns the place of the scheme of this name; of the first without one.
pub(super) fn pick(schemes: &[Named], name: Option<&str>) -> Checked<usize> {
    let is_wanted = |named: &Named| name.is_none_or(|name| named.name.as_deref() == Some(name));
    if let Some(at) = schemes.iter().position(is_wanted) {
        return Ok(at);
    }
    let names: Vec<_> = schemes.iter().filter_map(|named| named.name.as_deref()).collect();
    let key = Key::ROOT;
    let key = key.of("scheme");
    Err(if names.is_empty() {
        fail(&key, &["the definition has one scheme, without a name; leave the name out"])
    } else {
        fail(&key, &["there is no scheme of this name; there are ", &listed(&names)])
    })
}

const KEYS: [&str; 16] = [
    "name",
    "type",
    "hash",
    "key",
    "algorithm",
    "key_id",
    "signature",
    "signs",
    "age",
    "list",
    "token",
    "redact",
    "covers",
    "covers_if_present",
    "shared_keys",
    "keys",
];

type ReadScheme = fn(&Table<'_, '_>) -> Checked<Scheme>;

fn named(key: Key<'_>, object: &Object<'_>, is_alone: bool) -> Checked<Named> {
    let table = Table::new(key, object, &KEYS)?;
    if table.has("keys") {
        return Err(table.fail("keys", &["keys belong in the source's configuration"]));
    }
    let name = table.text("name")?.map(Into::into);
    if name.is_none() && !is_alone {
        return Err(
            table.fail("name", &["missing: a source picks one of several schemes by its name"])
        );
    }
    let kind = table.needed_text("type")?;
    let (known, read): (&[&str], ReadScheme) = match kind {
        "hmac" => (&["hash", "key", "signature", "signs", "age"], hmac),
        "digest" => (&["hash", "signature", "signs", "age"], digest),
        "public-key" => {
            (&["algorithm", "key_id", "signature", "signs", "age", "shared_keys"], public_key)
        }
        "http-signature" => {
            (&["covers", "covers_if_present", "age", "shared_keys"], http_signature)
        }
        "header-list" => (&["key", "list", "signature", "age"], header_list),
        "token" => (&["token"], token),
        "url-token" => (&[], |_| Ok(Scheme::UrlToken)),
        other => {
            let text = "\" is not a scheme; use \"hmac\", \"digest\", \"token\", \"url-token\", \"public-key\", \"http-signature\" or \"header-list\"";
            return Err(table.fail("type", &["\"", other, text]));
        }
    };
    let is_common = |name: &&str| matches!(*name, "name" | "type" | "redact");
    if let Some(other) = table.other(known).filter(|name| !is_common(name)) {
        return Err(table.fail(other, &["does not go with \"", kind, "\""]));
    }
    let scheme = read(&table)?;
    let redacted = redacted(&table, &scheme)?;
    Ok(Named { name, scheme, has_shared_keys: table.is("shared_keys")?, redacted })
}

/// Reads the fields that are taken out of the payload, and adds that of a token.
fn redacted(table: &Table<'_, '_>, scheme: &Scheme) -> Checked<Vec<Box<str>>> {
    let mut pointers: Vec<Box<str>> = Vec::new();
    if let Scheme::Token(SentToken { place: Place::Field(field), .. }) = scheme {
        pointers.push(field.pointer.clone());
    }
    let mut places = Places::new();
    for pointer in table.texts("redact", MAX_NAMES)? {
        places.base(&Base::root(), pointer, &table.key("redact"))?;
        pointers.push(pointer.into());
    }
    Ok(pointers)
}

fn hmac(table: &Table<'_, '_>) -> Checked<Scheme> {
    let hash = match table.text("hash")? {
        None | Some("sha256") => Hash::Sha256,
        Some("sha1") => Hash::Sha1,
        Some("sha512") => Hash::Sha512,
        Some(_) => {
            return Err(table.fail("hash", &["expected \"sha256\", \"sha1\" or \"sha512\""]));
        }
    };
    signed(table, MacKind::Hmac(hash), key_format(table)?)
}

fn digest(table: &Table<'_, '_>) -> Checked<Scheme> {
    let hash = match table.text("hash")? {
        None | Some("sha256") => Hash::Sha256,
        Some("sha512") => Hash::Sha512,
        Some(_) => {
            let text = "expected \"sha256\" or \"sha512\"; no other hash is safe without HMAC";
            return Err(table.fail("hash", &[text]));
        }
    };
    signed(table, MacKind::Suffix(hash), KeyFormat::Utf8)
}

fn signed(table: &Table<'_, '_>, mac: MacKind, key: KeyFormat) -> Checked<Scheme> {
    let mut places = Places::new();
    let tags = signature(table, &mut places)?;
    let (age, forms) = age(table, &tags.layout, &mut places)?.unzip();
    let content = signs(table, mac, &mut places)?;
    let has_time = content.contains(&Part::Timestamp);
    if has_time && age.is_none() {
        return Err(table.fail(
            "age",
            &["missing: \"time\" is signed, so name its place and its greatest age"],
        ));
    }
    if age.is_some() && !has_time {
        return Err(table
            .fail("age", &["the age proves nothing unless it is signed; add \"time\" to signs"]));
    }
    let (forms, fields) = (forms.unwrap_or_default(), fields(places));
    Ok(Scheme::Signed(Signed { mac, key, tags, content, age, forms, fields }))
}

fn public_key(table: &Table<'_, '_>) -> Checked<Scheme> {
    let word = table.needed_text("algorithm")?;
    let known = Algorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == word);
    let Some(algorithm) = known else {
        let words = listed(&Algorithm::ALL.map(Algorithm::as_str));
        return Err(table.fail("algorithm", &["expected one of ", &words]));
    };
    // The key is not in a tag.
    let mac = MacKind::Hmac(Hash::Sha256);
    if let Some(signature) = table.rows("signature")?.filter(|it| it.has("form")) {
        return jws(table, &signature, algorithm);
    }
    let Scheme::Signed(signed) = signed(table, mac, KeyFormat::Utf8)? else {
        return Err(table.fail("signs", &["missing"]));
    };
    if signed.tags.encodings.len() > 1 {
        let text = "the lengths of signatures do not tell encodings apart; name one";
        return Err(fail(&table.key("signature").of("encoding"), &[text]));
    }
    let key_id = match table.table("key_id", &["header"])? {
        Some(table) => Some(headers(&table, "header")?),
        None => None,
    };
    Ok(Scheme::PublicKey(PublicKeyScheme { algorithm, key_id, is_jws: false, signed }))
}

fn http_signature(table: &Table<'_, '_>) -> Checked<Scheme> {
    let covers = components(table, "covers")?;
    if !covers.iter().any(|name| **name == *DIGEST) {
        return Err(table.fail("covers", &["add \"content-digest\": a proof must cover the body"]));
    }
    let covers_if_present = components(table, "covers_if_present")?;
    let age = match table.table("age", &["within"])? {
        Some(age) => Some(within(&age)?),
        None => None,
    };
    Ok(Scheme::HttpSignature(HttpSignature { covers, covers_if_present, age }))
}

/// Reads the components of a signature: derived ones, and headers.
fn components(table: &Table<'_, '_>, name: &str) -> Checked<Vec<Box<str>>> {
    let mut components = Vec::new();
    for component in table.texts(name, MAX_COMPONENTS)? {
        components.push(if !component.starts_with('@') {
            header_name(&table.key(name), component)?
        } else if DERIVED.contains(&component) {
            component.into()
        } else {
            let text = ["\"", component, "\" is no component; known are ", &listed(&DERIVED)];
            return Err(table.fail(name, &text));
        });
    }
    Ok(components)
}

/// Reads a detached JWS, which covers the body.
fn jws(table: &Table<'_, '_>, signature: &Table<'_, '_>, algorithm: Algorithm) -> Checked<Scheme> {
    if signature.needed_text("form")? != "jws" {
        return Err(signature.fail("form", &["expected \"jws\""]));
    }
    if let Some(name) = signature.other(&["header", "form"]) {
        return Err(signature.fail(name, &["does not go with `form`"]));
    }
    if let Some(name) = ["signs", "age", "key_id"].into_iter().find(|name| table.has(name)) {
        return Err(table.fail(name, &["does not go with a JWS, which covers the body"]));
    }
    let place = Place::Header(headers(signature, "header")?);
    let signed = Signed {
        mac: MacKind::Hmac(Hash::Sha256),
        key: KeyFormat::Utf8,
        tags: Tags { place, layout: Layout::Bare, encodings: Vec::new() },
        content: vec![Part::Body],
        age: None,
        forms: TimeForms::default(),
        fields: Fields::default(),
    };
    Ok(Scheme::PublicKey(PublicKeyScheme { algorithm, key_id: None, is_jws: true, signed }))
}

/// Returns the fields that were placed.
fn fields(places: Places) -> Fields {
    let is_empty = places.is_empty();
    Fields((!is_empty).then(|| places.finish().0))
}

fn key_format(table: &Table<'_, '_>) -> Checked<KeyFormat> {
    let Some(word) = table.text("key")? else {
        return Ok(KeyFormat::Utf8);
    };
    KeyFormat::ALL.into_iter().find(|format| format.as_str() == word).ok_or_else(|| {
        table.fail("key", &["expected one of ", &listed(&KeyFormat::ALL.map(KeyFormat::as_str))])
    })
}

fn signature(table: &Table<'_, '_>, places: &mut Places) -> Checked<Tags> {
    const KEYS: [&str; 6] = ["header", "field", "encoding", "prefix", "list", "pair"];
    let Some(table) = table.table("signature", &KEYS)? else {
        return Err(table.fail("signature", &["missing"]));
    };
    let place = place(&table, places)?;
    let encodings = encodings(&table)?;
    let prefixes = prefixes(&table)?;
    let layout = match (table.text("list")?, prefixes.as_slice(), table.text("pair")?) {
        (None, [], None) => Layout::Bare,
        (None, _, None) => Layout::Prefixed(prefixes),
        (None, [], Some(pair)) => Layout::Pairs(pair.into()),
        (Some(separator), [prefix], None) if !prefix.is_empty() => {
            let separator = match separator {
                " " => ' ',
                "," => ',',
                _ => return Err(table.fail("list", &["expected \" \" or \",\""])),
            };
            if prefix.trim_end_matches(separator).is_empty() || prefix.starts_with(separator) {
                return Err(table.fail("prefix", &["it begins with the list's separator"]));
            }
            Layout::Listed(separator, prefix.clone())
        }
        (Some(_), _, None) => {
            return Err(table.fail(
                "prefix",
                &["missing: a list needs the one text that stands before each tag, as \"v1,\""],
            ));
        }
        (_, _, Some(_)) => return Err(table.fail("pair", &["does not go with `prefix` or `list`"])),
    };
    Ok(Tags { place, layout, encodings })
}

/// Reads where a tag or a token stands.
fn place(table: &Table<'_, '_>, places: &mut Places) -> Checked<Place> {
    match (table.has("header"), table.text("field")?) {
        (true, None) => Ok(Place::Header(headers(table, "header")?)),
        (false, Some(pointer)) => Ok(Place::Field(field(&table.key("field"), pointer, places)?)),
        (true, Some(_)) => Err(table.fail("field", &["give either `header` or `field`"])),
        (false, None) => Err(table.fail("header", &["missing"])),
    }
}

fn field(key: &Key<'_>, pointer: &str, places: &mut Places) -> Checked<Field> {
    let base = places.base(&Base::root(), pointer, key)?;
    Ok(Field { pointer: pointer.into(), slot: places.trie.slot(base.node) })
}

/// Reads the encodings of a tag. Their lengths tell them apart.
fn encodings(table: &Table<'_, '_>) -> Checked<Vec<Encoding>> {
    table.needed("encoding")?;
    let mut encodings = Vec::new();
    for word in table.texts("encoding", MAX_NAMES)? {
        let encoding = match word {
            "hex" => Encoding::Hex,
            "base64" => Encoding::Base64,
            "base64url" => Encoding::Base64Url,
            _ => {
                let text = "expected \"hex\", \"base64\", \"base64url\", or a list of them";
                return Err(table.fail("encoding", &[text]));
            }
        };
        if encodings.contains(&encoding) {
            return Err(table.fail("encoding", &["\"", word, "\" is given twice"]));
        }
        encodings.push(encoding);
    }
    Ok(encodings)
}

/// Reads what stands before a tag or a token. In a list, an empty text stands for nothing.
fn prefixes(table: &Table<'_, '_>) -> Checked<Vec<Box<str>>> {
    let key = table.key("prefix");
    match table.get("prefix") {
        Some(Json::List(entries)) if !entries.is_empty() => {
            at_most(&key, entries.len(), MAX_NAMES, "texts")?;
            let text = |entry: &Json<'_>| entry.text().map(Into::into);
            let texts: Option<Vec<_>> = entries.iter().map(text).collect();
            texts.ok_or_else(|| fail(&key, &["expected texts"]))
        }
        _ => Ok(table.texts("prefix", 1)?.into_iter().map(Into::into).collect()),
    }
}

fn age(
    table: &Table<'_, '_>,
    layout: &Layout,
    places: &mut Places,
) -> Checked<Option<((Stamp, Age), TimeForms)>> {
    let Some(table) = table.table("age", &["header", "field", "pair", "form", "within"])? else {
        return Ok(None);
    };
    let stamp = match (table.has("header"), table.text("field")?, table.text("pair")?) {
        (true, None, None) => Stamp::Header(headers(&table, "header")?),
        (false, Some(pointer), None) => Stamp::Field(field(&table.key("field"), pointer, places)?),
        (false, None, Some(pair)) if matches!(layout, Layout::Pairs(_)) => Stamp::Pair(pair.into()),
        (false, None, Some(_)) => {
            return Err(table.fail(
                "pair",
                &["the signature has no pairs; add signature.pair, or name a header here"],
            ));
        }
        _ => return Err(table.fail("header", &["expected either `header`, `field` or `pair`"])),
    };
    Ok(Some(((stamp, within(&table)?), forms(&table)?)))
}

/// Reads the forms of the time of signing.
fn forms(table: &Table<'_, '_>) -> Checked<TimeForms> {
    if !table.has("form") {
        return Ok(TimeForms::default());
    }
    let mut forms = TimeForms { seconds: false, ..TimeForms::default() };
    for word in table.texts("form", MAX_NAMES)? {
        match word {
            "seconds" => forms.seconds = true,
            "milliseconds" => forms.millis = true,
            "rfc3339" => forms.rfc3339 = true,
            _ => {
                let text = "expected \"seconds\", \"milliseconds\", \"rfc3339\", or a list of them";
                return Err(table.fail("form", &[text]));
            }
        }
    }
    Ok(forms)
}

fn within(table: &Table<'_, '_>) -> Checked<Age> {
    table.needed("within")?;
    let seconds = u64::from(table.whole("within", MAX_AGE)?.unwrap_or(MAX_AGE));
    Ok(Age { past: seconds, future: seconds })
}

fn signs(table: &Table<'_, '_>, mac: MacKind, places: &mut Places) -> Checked<Vec<Part>> {
    let key = table.key("signs");
    let mut entries = list(&key, table.needed("signs")?)?;
    at_most(&key, entries.len(), MAX_PARTS, "parts")?;
    if matches!(mac, MacKind::Suffix(_)) {
        // Anyone who saw the hash of a text that begins with the secret could lengthen the text.
        let Some((Json::Text(last), others)) = entries.split_last().filter(|(it, _)| is_secret(it))
        else {
            return Err(fail(&key, &["a digest needs \"secret\" as its last part"]));
        };
        debug_assert_eq!(last, "secret");
        entries = others;
    }
    let mut parts = Vec::with_capacity(entries.len());
    for (at, json) in entries.iter().enumerate() {
        parts.push(part(&key.index(at), json, places)?);
    }
    if !parts.iter().any(|part| matches!(part, Part::Body | Part::Field(_))) {
        return Err(fail(&key, &["add \"body\" or a field of it: a proof must cover something"]));
    }
    match ambiguity(&parts) {
        None => Ok(parts),
        Some((at, why)) => Err(ambiguous(&key, at, why, entries)),
    }
}

fn is_secret(json: &Json<'_>) -> bool {
    json.text() == Some("secret")
}

fn part(key: &Key<'_>, json: &Json<'_>, places: &mut Places) -> Checked<Part> {
    let expected = || {
        let text = "expected \"body\", \"time\", \"url\", \"path\", \"method\", { text = … }, { header = … } or { field = … }";
        fail(key, &[text])
    };
    match json {
        Json::Text(text) => match &**text {
            "body" => Ok(Part::Body),
            "time" => Ok(Part::Timestamp),
            "url" => Ok(Part::Url),
            "path" => Ok(Part::Path),
            // A delivery is always a POST.
            "method" => Ok(Part::Literal("POST".into())),
            "secret" => Err(fail(key, &["\"secret\" goes with a digest only, as its last part"])),
            other => {
                Err(fail(key, &["\"", other, "\" is not a part; write { text = \"", other, "\" }"]))
            }
        },
        Json::Object(object) => {
            let table = Table::new(*key, object, &["text", "header", "field"])?;
            match (table.text("text")?, table.has("header"), table.text("field")?) {
                (Some(text), false, None) => Ok(Part::Literal(text.into())),
                (None, true, None) => Ok(Part::Header(headers(&table, "header")?)),
                (None, false, Some(pointer)) => {
                    Ok(Part::Field(field(&table.key("field"), pointer, places)?))
                }
                _ => Err(expected()),
            }
        }
        _ => Err(expected()),
    }
}

/// Returns the error of content that can be cut in another way: an attacker who has seen a signed
/// delivery could move bytes from one part to another.
#[allow(clippy::unnecessary_box_returns)] // See `Mistake`.
fn ambiguous(key: &Key<'_>, at: usize, why: Ambiguity, list: &[Json<'_>]) -> super::Mistake {
    let key = key.index(at + 1);
    let name = |at: usize| match list.get(at) {
        Some(Json::Text(name)) => ("\"", &**name),
        Some(Json::Object(object)) if object.get("field").is_some() => ("", "a field"),
        _ => ("", "a header"),
    };
    match why {
        Ambiguity::BodyNotLast => {
            fail(&key, &["\"body\" must be the last part that the sender writes"])
        }
        Ambiguity::Digit => fail(&key, &["the text after \"time\" must not begin with a digit"]),
        Ambiguity::Touch => {
            let ((quote, first), (end, second)) = (name(at), name(at + 1));
            let text = " touch; put { text = … } between them";
            fail(&key, &[quote, first, quote, " and ", end, second, end, text])
        }
    }
}

fn token(table: &Table<'_, '_>) -> Checked<Scheme> {
    const KEYS: [&str; 5] = ["header", "field", "chosen", "prefix", "basic"];
    let Some(table) = table.table("token", &KEYS)? else {
        return Err(table.fail("token", &["missing: name the place of the token"]));
    };
    let mut places = Places::new();
    let place = place(&table, &mut places)?;
    let (is_chosen, is_basic) = (table.is("chosen")?, table.is("basic")?);
    let mut prefixes = prefixes(&table)?;
    if matches!(place, Place::Field(_)) {
        if let Some(name) = table.other(&["field"]) {
            return Err(table.fail(name, &["does not go with `field`"]));
        }
    } else if is_basic {
        if !prefixes.is_empty() {
            return Err(table.fail("prefix", &["does not go with `basic`"]));
        }
        prefixes.push("Basic ".into());
    }
    if prefixes.is_empty() {
        prefixes.push("".into());
    }
    let fields = fields(places);
    Ok(Scheme::Token(SentToken { place, is_chosen, prefixes, is_basic, fields }))
}

fn header_list(table: &Table<'_, '_>) -> Checked<Scheme> {
    let Some(signature) = table.table("signature", &["header", "encoding"])? else {
        return Err(table.fail("signature", &["missing"]));
    };
    if signature.needed_text("encoding")? != "base64" {
        return Err(signature.fail("encoding", &["expected \"base64\""]));
    }
    let Some(age) = table.table("age", &["parameter", "within"])? else {
        return Err(table.fail("age", &["missing"]));
    };
    Ok(Scheme::HeaderList(HeaderList {
        input: header(table, "list")?,
        signature: header(&signature, "header")?,
        key: key_format(table)?,
        created: age.needed_text("parameter")?.into(),
        age: within(&age)?,
    }))
}

/// Reads the names of a header.
fn headers(table: &Table<'_, '_>, name: &str) -> Checked<Names> {
    table.needed(name)?;
    let mut names = Vec::new();
    for text in table.texts(name, MAX_NAMES)? {
        names.push(header_name(&table.key(name), text)?);
    }
    Ok(Names::new(names))
}

/// Reads the name of a header.
fn header(table: &Table<'_, '_>, name: &str) -> Checked<Box<str>> {
    header_name(&table.key(name), table.needed_text(name)?)
}
