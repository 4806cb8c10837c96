use super::{
    Checked,
    table::{Key, Table, at_most, fail, list, listed},
    value::header_name,
};
use crate::{
    json::{Json, Object},
    scheme::{
        Age, Encoding, HeaderList, HmacSha256, KeyFormat, Layout, Part, Scheme, SignatureHeader,
        Stamp,
    },
};

const MAX_SCHEMES: usize = 4;
const MAX_PARTS: usize = 12;

/// The seconds that a signature may be old, or ahead.
const MAX_AGE: u32 = 600;

/// A scheme, with its name where there are several.
pub(super) struct Named {
    name: Option<Box<str>>,
    pub(super) scheme: Scheme,
}

impl Named {
    /// Whether a proof by this scheme always covers the body.
    pub(super) fn covers_body(&self) -> bool {
        matches!(self.scheme, Scheme::Hmac(_))
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

/// Returns the scheme of this name; the first without one.
pub(super) fn pick(mut schemes: Vec<Named>, name: Option<&str>) -> Checked<Scheme> {
    let at = match name {
        None => Some(0),
        Some(name) => schemes.iter().position(|named| named.name.as_deref() == Some(name)),
    };
    if let Some(at) = at.filter(|at| *at < schemes.len()) {
        return Ok(schemes.swap_remove(at).scheme);
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

const KEYS: [&str; 9] =
    ["name", "type", "hash", "key", "signature", "signs", "age", "list", "keys"];

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
        "header-list" => (&["key", "list", "signature", "age"], header_list),
        "url-token" => (&[], |_| Ok(Scheme::UrlToken)),
        other => {
            let text = "\" is not a scheme; use \"hmac\", \"header-list\" or \"url-token\"";
            return Err(table.fail("type", &["\"", other, text]));
        }
    };
    if let Some(other) = table.other(known).filter(|name| !matches!(*name, "name" | "type")) {
        return Err(table.fail(other, &["does not go with \"", kind, "\""]));
    }
    Ok(Named { name, scheme: read(&table)? })
}

fn hmac(table: &Table<'_, '_>) -> Checked<Scheme> {
    if table.text("hash")?.is_some_and(|hash| hash != "sha256") {
        return Err(table.fail("hash", &["expected \"sha256\""]));
    }
    let key = key_format(table)?;
    let tags = signature(table)?;
    let age = age(table, &tags.layout)?;
    let content = signs(table)?;
    let has_time = content.contains(&Part::Timestamp);
    if has_time && age.is_none() {
        return Err(table.fail(
            "age",
            &["missing: \"time\" is signed; where does it stand, and how old may it be?"],
        ));
    }
    if age.is_some() && !has_time {
        return Err(table
            .fail("age", &["the age proves nothing unless it is signed; add \"time\" to signs"]));
    }
    Ok(Scheme::Hmac(HmacSha256 { key, tags, content, age }))
}

fn key_format(table: &Table<'_, '_>) -> Checked<KeyFormat> {
    Ok(match table.text("key")? {
        None | Some("utf8") => KeyFormat::Utf8,
        Some("hex") => KeyFormat::Hex,
        Some("base64") => KeyFormat::Base64,
        Some("whsec") => KeyFormat::Whsec,
        Some(_) => {
            return Err(table.fail("key", &["expected \"utf8\", \"hex\", \"base64\" or \"whsec\""]));
        }
    })
}

fn signature(table: &Table<'_, '_>) -> Checked<SignatureHeader> {
    const KEYS: [&str; 5] = ["header", "encoding", "prefix", "list", "pair"];
    let Some(table) = table.table("signature", &KEYS)? else {
        return Err(table.fail("signature", &["missing"]));
    };
    let header = header(&table, "header")?;
    let encoding = match table.needed("encoding")? {
        Json::Text(text) if text == "hex" => Encoding::Hex,
        Json::Text(text) if text == "base64" => Encoding::Base64,
        Json::List(_) => {
            return Err(table.fail("encoding", &["hex and base64 can be confused here; name one"]));
        }
        _ => return Err(table.fail("encoding", &["expected \"hex\" or \"base64\""])),
    };
    let layout = match (table.text("list")?, table.text("prefix")?, table.text("pair")?) {
        (None, None, None) => Layout::Bare,
        (None, Some(prefix), None) => Layout::Prefixed(prefix.into()),
        (None, None, Some(pair)) => Layout::Pairs(pair.into()),
        (Some(" "), Some(prefix), None) => Layout::Listed(prefix.into()),
        (Some(" "), None, None) => {
            return Err(table.fail(
                "prefix",
                &["missing: a list needs what stands before each tag, as \"v1,\""],
            ));
        }
        (Some(_), _, None) => {
            return Err(
                table.fail("list", &["expected \" \", the only separator of tags that is known"])
            );
        }
        (_, _, Some(_)) => return Err(table.fail("pair", &["does not go with `prefix` or `list`"])),
    };
    Ok(SignatureHeader { header, layout, encoding })
}

fn age(table: &Table<'_, '_>, layout: &Layout) -> Checked<Option<(Stamp, Age)>> {
    let Some(table) = table.table("age", &["header", "pair", "within"])? else {
        return Ok(None);
    };
    let stamp = match (table.text("header")?, table.text("pair")?) {
        (Some(_), None) => Stamp::Header(header(&table, "header")?),
        (None, Some(pair)) if matches!(layout, Layout::Pairs(_)) => Stamp::Pair(pair.into()),
        (None, Some(_)) => {
            return Err(table.fail(
                "pair",
                &["the signature has no pairs; add signature.pair, or name a header here"],
            ));
        }
        _ => return Err(table.fail("header", &["expected either `header` or `pair`"])),
    };
    Ok(Some((stamp, within(&table)?)))
}

fn within(table: &Table<'_, '_>) -> Checked<Age> {
    table.needed("within")?;
    let seconds = u64::from(table.whole("within", MAX_AGE)?.unwrap_or(MAX_AGE));
    Ok(Age { past: seconds, future: seconds })
}

fn signs(table: &Table<'_, '_>) -> Checked<Vec<Part>> {
    let key = table.key("signs");
    let list = list(&key, table.needed("signs")?)?;
    at_most(&key, list.len(), MAX_PARTS, "parts")?;
    let mut parts = Vec::with_capacity(list.len());
    for (at, json) in list.iter().enumerate() {
        parts.push(part(&key.index(at), json)?);
    }
    if !parts.contains(&Part::Body) {
        return Err(fail(&key, &["add \"body\": a proof must cover it"]));
    }
    for (at, pair) in parts.windows(2).enumerate() {
        cuts(&key, at, pair, list)?;
    }
    Ok(parts)
}

fn part(key: &Key<'_>, json: &Json<'_>) -> Checked<Part> {
    let expected =
        || fail(key, &["expected \"body\", \"time\", \"url\", { text = … } or { header = … }"]);
    match json {
        Json::Text(text) => match &**text {
            "body" => Ok(Part::Body),
            "time" => Ok(Part::Timestamp),
            "url" => Ok(Part::Url),
            other => {
                Err(fail(key, &["\"", other, "\" is not a part; write { text = \"", other, "\" }"]))
            }
        },
        Json::Object(object) => {
            let table = Table::new(*key, object, &["text", "header"])?;
            match (table.text("text")?, table.text("header")?) {
                (Some(text), None) => Ok(Part::Literal(text.into())),
                (None, Some(_)) => Ok(Part::Header(header(&table, "header")?)),
                _ => Err(expected()),
            }
        }
        _ => Err(expected()),
    }
}

/// Checks that two parts cannot be cut in another way: an attacker who has seen a signed delivery
/// could otherwise move bytes from one to the other.
fn cuts(key: &Key<'_>, at: usize, pair: &[Part], list: &[Json<'_>]) -> Checked<()> {
    let [part, next] = pair else {
        return Ok(());
    };
    let is_cut = match (part, next) {
        (Part::Literal(_), _) | (Part::Header(_) | Part::Timestamp, Part::Literal(_)) => true,
        (Part::Url, Part::Literal(text)) => text.starts_with(|c: char| c.is_control() || c == ' '),
        // The URL is the source's own; see `Source`.
        _ => false,
    };
    if is_cut {
        return Ok(());
    }
    let key = key.index(at + 1);
    let name = |at: usize| match list.get(at).and_then(Json::text) {
        Some(name) => ("\"", name),
        None => ("", "a header"),
    };
    Err(match (part, next) {
        (Part::Body, _) => fail(&key, &["\"body\" must be the last part"]),
        (Part::Url, Part::Literal(_)) => {
            fail(&key, &["the text after \"url\" must begin with a blank or a line break"])
        }
        _ => {
            let ((quote, first), (end, second)) = (name(at), name(at + 1));
            let text = " touch; put { text = … } between them";
            fail(&key, &[quote, first, quote, " and ", end, second, end, text])
        }
    })
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

/// Reads the name of a header.
fn header(table: &Table<'_, '_>, name: &str) -> Checked<Box<str>> {
    header_name(&table.key(name), table.needed_text(name)?)
}
