use super::{
    Checked,
    flag::flag,
    places::{Base, Places},
    scheme::Named,
    table::{Key, Table, at_most, fail, listed},
    value::{Kind, optional, value},
};
use crate::{
    event::{Reason, Status},
    json::Json,
    provider::{
        plan::{Lookup, Plan},
        value::Value,
        words::{Meaning, Words, letters},
    },
};

const MAX_LOOKUPS: usize = 4;
const MAX_WORDS: usize = 256;

const SPELLING: &str = "; case, blanks, _ and - do not count";

/// Reads the look-ups of `status`.
pub(super) fn lookups(
    root: &Table<'_, '_>,
    places: &mut Places,
    base: &Base,
    plan: &mut Plan,
) -> Checked<()> {
    let count = root.get("status").and_then(Json::list).map_or(1, <[_]>::len);
    let topic = root.get("event").and_then(Json::object).and_then(|event| event.get("topic"));
    let found = root.each_table("status", MAX_LOOKUPS, &mut |key, object, at| {
        let table = Table::new(key, object, &KEYS)?;
        let json = table.needed("word")?;
        let is_topic = topic == Some(json);
        let lookup = lookup(&table, json, is_topic, at + 1 < count, places, base)?;
        if count > 1 && matches!(lookup.word, Value::Text(_)) {
            let text =
                "a constant decides for every word; make it the last candidate of this look-up";
            return Err(table.fail("word", &[text]));
        }
        if is_topic && at == 0 {
            plan.needs_topic = Some(lookup.needed.clone());
        }
        plan.lookups.push(lookup);
        Ok(())
    })?;
    if found == 0 { Err(root.fail("status", &["missing"])) } else { Ok(()) }
}

const KEYS: [&str; 7] = ["word", "was", "final", "not_final", "words", "reasons", "steps"];

fn lookup(
    table: &Table<'_, '_>,
    word: &Json<'_>,
    is_topic: bool,
    has_next: bool,
    places: &mut Places,
    base: &Base,
) -> Checked<Lookup> {
    places.take_name();
    let word = value(&table.key("word"), word, places, base, Kind::Word)?;
    let mut lookup = Lookup {
        word,
        needed: places.take_name(),
        is_topic,
        was: optional(table, "was", places, base)?,
        is_final: None,
        words: Words::default(),
        reasons: Words::default(),
        steps: None,
    };
    lookup.is_final = flag(table, "final", places, base)?;
    words(table, has_next, &mut lookup.words)?;
    lookup.steps = steps(table, &lookup.words)?;
    reasons(table, &lookup.words, &mut lookup.reasons)?;
    Ok(lookup)
}

/// Checks that no look-up goes before one that the proof covers, if it is not covered itself: it
/// would overrule what was signed.
pub(super) fn order_of_proof(lookups: &[Lookup], schemes: &[Named]) -> Checked<()> {
    for scheme in schemes.iter().map(|named| &named.scheme) {
        let is_covered = |lookup: &Lookup| lookup.word.is_covered_by(scheme);
        let last = lookups.iter().rposition(is_covered).unwrap_or_default();
        if let Some(at) = lookups.iter().take(last).position(|lookup| !is_covered(lookup)) {
            let key = Key::ROOT;
            let (key, text) =
                (key.of("status"), "the proof does not cover this; put what the body says first");
            return Err(fail(&key.index(at).of("word"), &[text]));
        }
    }
    Ok(())
}

fn words(table: &Table<'_, '_>, has_next: bool, words: &mut Words<Meaning>) -> Checked<()> {
    let not_final = table.texts("not_final", MAX_WORDS)?;
    match table.needed("words")? {
        Json::Text(text) if text == "orderhook" => {
            for status in Status::ALL.into_iter().filter(|status| *status != Status::Unknown) {
                let is_final = status.ends() && !not_final.contains(&status.as_str());
                words.add(status.as_str(), Meaning::Status { status, is_final });
            }
        }
        Json::Object(object) => {
            let rows = Table::open(table.key("words"), object)?;
            let mut known = Vec::new();
            for ours in rows.keys() {
                let meaning = meaning(&rows, ours, has_next)?;
                for theirs in rows.texts(ours, MAX_WORDS)? {
                    add(words, &mut known, &rows, (ours, theirs), meaning, &not_final)?;
                }
            }
        }
        _ => return Err(table.fail("words", &["expected a table, or \"orderhook\""])),
    }
    at_most(&table.key("words"), words.len(), MAX_WORDS, "words")?;
    for word in &not_final {
        if words.find(word).is_none() {
            return Err(table.fail("not_final", &["\"", word, NO_WORD]));
        }
    }
    Ok(())
}

fn add<'j>(
    words: &mut Words<Meaning>,
    known: &mut Vec<(&'j str, &'j str)>,
    rows: &Table<'_, '_>,
    (ours, theirs): (&'j str, &'j str),
    meaning: Meaning,
    not_final: &[&str],
) -> Checked<()> {
    if let Some(start) = theirs.strip_suffix('*').filter(|start| start.ends_with([' ', '_', '-'])) {
        let start = start.trim_end_matches([' ', '_', '-']);
        return Err(rows.fail(ours, &["write \"", start, "*\"", SPELLING]));
    }
    let is_open = not_final.iter().any(|word| letters(word) == letters(theirs));
    let meaning = match meaning {
        Meaning::Status { status, .. } if is_open => Meaning::Status { status, is_final: false },
        other => other,
    };
    if let Some(same) = words.add(theirs, meaning) {
        let row = known.iter().find(|(_, word)| *word == same).map_or("", |(row, _)| row);
        let same_as = "\" is the same word as \"";
        return Err(rows.fail(ours, &["\"", theirs, same_as, same, "\" in ", row, SPELLING]));
    }
    known.push((ours, theirs));
    Ok(())
}

fn meaning(rows: &Table<'_, '_>, ours: &str, has_next: bool) -> Checked<Meaning> {
    match ours {
        "ignored" => return Ok(Meaning::Ignored),
        "next" if has_next => return Ok(Meaning::Next),
        "next" => {
            return Err(rows.fail(
                ours,
                &["there is no next look-up; write a status, or add a [[status]] below"],
            ));
        }
        _ => {}
    }
    let status = Status::ALL.into_iter().find(|status| status.as_str() == ours);
    let Some(status) = status else {
        let text = "this is not a status of ours; ours stand on the left: packed = [\"";
        return Err(rows.fail(ours, &[text, ours, "\"]"]));
    };
    Ok(Meaning::Status { status, is_final: status.ends() })
}

const NO_WORD: &str = "\" is not in words; add it there";

/// Reads the reasons, which are named by words of this look-up.
fn reasons(
    table: &Table<'_, '_>,
    words: &Words<Meaning>,
    reasons: &mut Words<Reason>,
) -> Checked<()> {
    let Some(rows) = table.rows("reasons")? else {
        return Ok(());
    };
    for name in rows.keys() {
        let reason = Reason::ALL.into_iter().find(|reason| reason.as_str() == name);
        let Some(reason) = reason else {
            let text = "this is not a reason of ours; ours are ";
            return Err(rows.fail(name, &[text, &listed(&Reason::ALL.map(Reason::as_str))]));
        };
        for word in rows.texts(name, MAX_WORDS)? {
            if words.find(word).is_none() {
                return Err(rows.fail(name, &["\"", word, NO_WORD]));
            }
            if let Some(same) = reasons.add(word, reason) {
                return Err(rows.fail(name, &["\"", same, "\" has a reason already", SPELLING]));
            }
        }
    }
    Ok(())
}

/// Reads the documented transitions, which are in the provider's words.
fn steps(table: &Table<'_, '_>, words: &Words<Meaning>) -> Checked<Option<Vec<(Status, Status)>>> {
    let Some(rows) = table.rows("steps")? else {
        return Ok(None);
    };
    let status = |from: &str, word: &str| match words.find(word) {
        Some(Meaning::Status { status, .. }) => Ok(status),
        _ => Err(rows.fail(from, &["\"", word, NO_WORD])),
    };
    let mut steps = Vec::new();
    for from in rows.keys() {
        let start = status(from, from)?;
        for to in rows.texts(from, MAX_WORDS)? {
            steps.push((start, status(from, to)?));
        }
    }
    Ok(Some(steps))
}
