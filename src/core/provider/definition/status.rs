use super::{
    Checked,
    flag::flag,
    places::{Base, Places},
    scheme::Named,
    table::{Table, at_most, fail, texts},
    value::{Kind, optional, value},
};
use crate::{
    event::Status,
    json::Json,
    provider::{
        plan::{EventPlan, Lookup},
        value::Value,
        words::{Meaning, Words, letters},
    },
};

const MAX_LOOKUPS: usize = 4;
const MAX_WORDS: usize = 256;

const SPELLING: &str = "; case, blanks, _ and - do not count";

/// The reasons of a status that a definition may name.
const REASONS: [&str; 20] = [
    "delayed",
    "weather",
    "customs_processing",
    "customs_held",
    "documents",
    "payment_due",
    "address",
    "recipient_absent",
    "refused",
    "not_collected",
    "held",
    "missorted",
    "damaged",
    "lost",
    "destroyed",
    "carrier_rejected",
    "rescheduled",
    "neighbour",
    "safe_place",
    "signed",
];

/// Reads the look-ups of `status`.
pub(super) fn lookups(
    root: &Table<'_>,
    places: &mut Places,
    base: &Base,
    event: &mut EventPlan,
) -> Checked<Vec<Lookup>> {
    let tables = root.tables("status", MAX_LOOKUPS)?;
    if tables.is_empty() {
        return Err(root.fail("status", "missing"));
    }
    let topic = root.get("event").and_then(Json::object).and_then(|event| event.get("topic"));
    let count = tables.len();
    let mut lookups = Vec::with_capacity(count);
    for (at, (key, object)) in tables.into_iter().enumerate() {
        const KEYS: [&str; 7] = ["word", "was", "final", "not_final", "words", "reasons", "steps"];
        let table = Table::new(&key, object, &KEYS)?;
        let json = table.needed("word")?;
        places.take_name();
        let word = value(&table.key("word"), json, places, base, Kind::Word)?;
        if count > 1 && matches!(word, Value::Text(_)) {
            let text =
                "a constant decides for every word; make it the last candidate of this look-up";
            return Err(table.fail("word", text));
        }
        let needed = places.take_name();
        let is_topic = topic == Some(json);
        if is_topic && at == 0 {
            event.needs_topic = Some(needed.clone());
        }
        let was = optional(&table, "was", places, base)?;
        let is_final = flag(&table, "final", places, base)?;
        let words = words(&table, at + 1 < count)?;
        let steps = steps(&table, &words)?;
        reasons(&table, &words)?;
        lookups.push(Lookup { word, needed, is_topic, was, is_final, words, steps });
    }
    Ok(lookups)
}

/// Checks that no look-up goes before one that the proof covers, if it is not covered itself: it
/// would overrule what was signed.
pub(super) fn order_of_proof(lookups: &[Lookup], schemes: &[Named]) -> Checked<()> {
    for scheme in schemes.iter().map(|named| &named.scheme) {
        let is_covered = |lookup: &Lookup| lookup.word.is_covered_by(scheme);
        let last = lookups.iter().rposition(is_covered).unwrap_or_default();
        if let Some(at) = lookups.iter().take(last).position(|lookup| !is_covered(lookup)) {
            let key = ["status[", &at.to_string(), "].word"].concat();
            return Err(fail(&key, "the proof does not cover this; put what the body says first"));
        }
    }
    Ok(())
}

fn words(table: &Table<'_>, has_next: bool) -> Checked<Words> {
    let not_final = table.texts("not_final", MAX_WORDS)?;
    let mut words = Words::default();
    match table.needed("words")? {
        Json::Text(text) if text == "orderhook" => {
            for status in Status::ALL.into_iter().filter(|status| *status != Status::Unknown) {
                let is_final = status.ends() && !not_final.contains(&status.as_str());
                words.add(status.as_str(), Meaning::Status { status, is_final });
            }
        }
        Json::Object(object) => {
            let rows = Table::open(&table.key("words"), object)?;
            let mut known = Vec::new();
            for ours in rows.keys() {
                let meaning = meaning(&rows, ours, has_next)?;
                for theirs in rows.texts(ours, MAX_WORDS)? {
                    add(&mut words, &mut known, &rows, (ours, theirs), meaning, &not_final)?;
                }
            }
        }
        _ => return Err(table.fail("words", "expected a table, or \"orderhook\"")),
    }
    at_most(&table.key("words"), words.len(), MAX_WORDS, "words")?;
    words.sort();
    for word in &not_final {
        if words.find(word).is_none() {
            return Err(table.fail("not_final", &no_word(word)));
        }
    }
    Ok(words)
}

fn add<'j>(
    words: &mut Words,
    known: &mut Vec<(&'j str, &'j str)>,
    rows: &Table<'_>,
    (ours, theirs): (&'j str, &'j str),
    meaning: Meaning,
    not_final: &[&str],
) -> Checked<()> {
    if let Some(start) = theirs.strip_suffix('*').filter(|start| start.ends_with([' ', '_', '-'])) {
        let start = start.trim_end_matches([' ', '_', '-']);
        return Err(rows.fail(ours, &["write \"", start, "*\"", SPELLING].concat()));
    }
    let is_open = not_final.iter().any(|word| letters(word) == letters(theirs));
    let meaning = match meaning {
        Meaning::Status { status, .. } if is_open => Meaning::Status { status, is_final: false },
        other => other,
    };
    if let Some(same) = words.add(theirs, meaning) {
        let row = known.iter().find(|(_, word)| *word == same).map_or("", |(row, _)| row);
        let text = ["\"", theirs, "\" is the same word as \"", same, "\" in ", row, SPELLING];
        return Err(rows.fail(ours, &text.concat()));
    }
    known.push((ours, theirs));
    Ok(())
}

fn meaning(rows: &Table<'_>, ours: &str, has_next: bool) -> Checked<Meaning> {
    match ours {
        "ignored" => return Ok(Meaning::Ignored),
        "next" if has_next => return Ok(Meaning::Next),
        "next" => {
            return Err(rows.fail(
                ours,
                "there is no next look-up; write a status, or add a [[status]] below",
            ));
        }
        _ => {}
    }
    let status = Status::ALL.into_iter().find(|status| status.as_str() == ours);
    let Some(status) = status else {
        let text =
            ["this is not a status of ours; ours stand on the left: packed = [\"", ours, "\"]"];
        return Err(rows.fail(ours, &text.concat()));
    };
    Ok(Meaning::Status { status, is_final: status.ends() })
}

fn no_word(word: &str) -> String {
    ["\"", word, "\" is not in words; add it there"].concat()
}

/// Checks the table `reasons`. Events do not show a reason yet.
fn reasons(table: &Table<'_>, words: &Words) -> Checked<()> {
    let Some(json) = table.get("reasons") else {
        return Ok(());
    };
    let object = json.object().ok_or_else(|| table.fail("reasons", "expected a table"))?;
    let rows = Table::open(&table.key("reasons"), object)?;
    for reason in rows.keys() {
        if reason != "other" && !REASONS.contains(&reason) {
            let known = REASONS.join(", ");
            return Err(rows.fail(
                reason,
                &["this is not a reason of ours; ours are ", &known, ", other"].concat(),
            ));
        }
        for word in rows.texts(reason, MAX_WORDS)? {
            if words.find(word).is_none() {
                return Err(rows.fail(reason, &no_word(word)));
            }
        }
    }
    Ok(())
}

/// Reads the documented transitions, which are in the provider's words.
fn steps(table: &Table<'_>, words: &Words) -> Checked<Option<Vec<(Status, Status)>>> {
    let Some(json) = table.get("steps") else {
        return Ok(None);
    };
    let object = json.object().ok_or_else(|| table.fail("steps", "expected a table"))?;
    let rows = Table::open(&table.key("steps"), object)?;
    let status = |key: &str, word: &str| match words.find(word) {
        Some(Meaning::Status { status, .. }) => Ok(status),
        _ => Err(fail(key, &no_word(word))),
    };
    let mut steps = Vec::new();
    for from in rows.keys() {
        let key = rows.key(from);
        let start = status(&key, from)?;
        for to in texts(&key, rows.needed(from)?, MAX_WORDS)? {
            steps.push((start, status(&key, to)?));
        }
    }
    Ok(Some(steps))
}
