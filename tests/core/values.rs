//! The values of a body, beside those that `serde_json` finds there. They run only on the host:
//! proptest needs many cases, and the code is the same.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing)] // An index out of bounds fails the test.

mod catalogue;
mod chance;
mod generate;
mod sender;
mod tree;
mod wanted;

use std::fmt::Write;

use chance::Chance;
use generate::{any_json, config};
use proptest::{prelude::*, sample::select};
use tree::Tree;
use wanted::{due, is_read};

/// The keys of the definition, and one that it does not have.
const KEYS: [&str; 15] =
    ["a", "b", "c", "f", "id", "l", "n", "o", "q", "s", "t", "v", "w", "é", "other"];

/// Writes a body that has most of the definition's places, with blanks and escapes as chance has it.
struct Writer {
    out: String,
    chance: Chance,
}

/// Returns the body of a seed.
fn body(seed: u64) -> String {
    let mut writer = Writer { out: String::new(), chance: Chance::new(seed) };
    writer.object(&["l", "o", "c", "a/b", "a", "w"], 5);
    writer.out
}

impl Writer {
    fn sign(&mut self, sign: &str) {
        for _ in 0..2 {
            if self.chance.one_in(12) {
                self.out.push_str(self.chance.of(&[" ", "\n", "\t", "\r"]));
            }
        }
        self.out.push_str(sign);
    }

    fn key(&mut self, key: &str) {
        self.sign("\"");
        let is_plain = !self.chance.one_in(8);
        for c in key.chars() {
            match c {
                '/' if self.chance.one_in(2) => self.out.push_str("\\/"),
                c if is_plain || self.chance.one_in(2) => self.out.push(c),
                c => write!(self.out, "\\u{:04x}", u32::from(c)).expect("a text"),
            }
        }
        self.out.push('"');
        self.sign(":");
    }

    /// Writes an object of these keys, each nearly always, and of some others.
    fn object(&mut self, keys: &[&'static str], depth: usize) {
        let mut keys = keys.to_vec();
        keys.retain(|_| !self.chance.one_in(10));
        let others = self.chance.below(2);
        for _ in 0..others {
            let key = self.chance.of(&KEYS);
            if !keys.contains(&key) || self.chance.one_in(10) {
                keys.insert(self.chance.below(keys.len() + 1), key);
            }
        }
        self.sign("{");
        for (at, key) in keys.into_iter().enumerate() {
            if at > 0 {
                self.sign(",");
            }
            self.key(key);
            self.value(key, depth.saturating_sub(1));
        }
        self.sign("}");
    }

    /// Writes a value as the definition wants it under this key, or any.
    fn value(&mut self, key: &str, depth: usize) {
        let key = if self.chance.one_in(8) { "any" } else { key };
        match key {
            _ if depth == 0 => self.scalar(),
            "o" => self.object(&["id", "c", "a"], depth),
            "c" => self.object(&["a", "b", "l"], depth),
            "a/b" => self.object(&["m~n"], depth),
            "a" | "m~n" => self.object(&["b", "l", "q", "c"], depth),
            "n" => self.object(&["v"], depth),
            "b" if self.chance.one_in(3) => self.object(&["c"], depth),
            "l" | "w" => {
                self.sign("[");
                for at in 0..self.chance.below(4) {
                    if at > 0 {
                        self.sign(",");
                    }
                    match self.chance.below(6) {
                        0 => self.value("any", depth.saturating_sub(1)),
                        1 | 2 if key == "w" => self.scalar(),
                        _ => self.object(&["id", "n", "q", "v", "t", "l"], depth.saturating_sub(1)),
                    }
                }
                self.sign("]");
            }
            "any" => {
                let key = self.chance.of(&KEYS);
                self.value(key, depth.saturating_sub(1));
            }
            _ => self.scalar(),
        }
    }

    fn scalar(&mut self) {
        const SCALARS: [&str; 19] = [
            "\"x\"",
            "\"x\"",
            "\"x\"",
            "\"é🙂\"",
            "\"b\"",
            "\"a b \"",
            "\"\"",
            "\" \u{a0}\"",
            "\"\\u00e9\\ud83d\\ude00\\/\"",
            "\"\\u0000\\\"/\\\\\"",
            "\"}]\"",
            "1",
            "12",
            "-0.50",
            "123456789012345678901234567890.10E+07",
            "true",
            "false",
            "null",
            // The grammar holds, and `serde_json` makes no value of it.
            "1e999",
        ];
        let levels = [3, 9, 200][self.chance.below(3)];
        match self.chance.below(24) {
            0 => self.out.push_str(&("[".repeat(levels) + "1" + &"]".repeat(levels))),
            1 if self.chance.one_in(8) => self.out.push_str("\"\\ud800\""),
            _ => self.out.push_str(self.chance.of(&SCALARS)),
        }
    }
}

/// Generates JSON with a few characters inserted, removed or changed.
fn nearly_json() -> impl Strategy<Value = String> {
    const MARKS: &str = "{}[],:\"\\/u0019.eE+-truefalsn \t\n\r\u{b}\u{a0}\u{feff}é\0";
    let mark = select(MARKS.chars().collect::<Vec<_>>());
    let change = (any::<prop::sample::Index>(), prop::option::of(mark), any::<bool>());
    let json = prop_oneof![
        any::<u64>().prop_map(body),
        any_json(),
        "[{}\\[\\],:\"\\\\u0-9dDaAeE.+ -]{0,24}",
        "\\{\"s\":\"(\\\\(u[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-f]{2}|u[dD][c-fC-F][0-9a-f]{2}|[\"\\\\/bfnrtx])|[a-zé]){0,6}\"\\}",
    ];
    (json, prop::collection::vec(change, 0..3)).prop_map(|(json, changes)| {
        let mut json: Vec<_> = json.chars().collect();
        for (at, mark, out) in changes {
            let at = at.index(json.len() + 1);
            let end = if out { (at + 1).min(json.len()) } else { at };
            json.splice(at..end, mark);
        }
        json.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn the_values_of_a_body_are_those_of_serde_json(seed in any::<u64>()) {
        is_read(&body(seed));
    }

    #[test]
    fn what_is_nearly_json_is_read_as_by_serde_json(json in nearly_json()) {
        is_read(&json);
    }
}

/// The generator is only useful if its bodies have the wanted values.
#[test]
fn every_place_is_found_in_some_generated_body() {
    let mut counts = vec![0; 22];
    for seed in 0..500 {
        let Some(tree) = Tree::parse(&body(seed)) else { continue };
        for (count, value) in counts.iter_mut().zip(due(&tree)) {
            *count += u32::from(value.is_some());
        }
    }
    assert!(counts.iter().all(|count| *count > 5), "{counts:?}");
}

#[test]
fn bodies_that_differ_between_readers_are_read_as_by_serde_json() {
    for json in [
        r#"{"o":{"id":1},"o":{"id":2}}"#,
        r#"{"o":{"id":1,"id":2}}"#,
        r#"{"o":{"id":1},"\u006f":1}"#,
        r#"{"\u006f":{"\u0069d":1}}"#,
        r#"{"a\/b":{"m~n":{"c":"x\/y"}}}"#,
        r#"{"a\u002fb":{"m\u007en":{"c":"\u00e9"}}}"#,
        r#"{"l":[{"id":1},"\u00e9",[{"id":2}],{"id":3}]}"#,
        r#"{"l":{"id":1,"q":4}}"#,
        r#"{"w":["a\/b","\u00e9"],"o":{"a":{"q":1}}}"#,
        r#"{"s":true,"f":1,"o":{"id":-1.50E+400}}"#,
        r#"{"s":"\ud83d\ude00","o":{"id":"\ud83d"}}"#,
        r#"{"o":{"id":"	"}}"#,
        "{\"o\":{\"id\":1}}\u{a0}",
        "\u{feff}{\"o\":{\"id\":1}}",
        "\u{feff}\u{feff}{}",
        "[{}]",
        "",
    ] {
        is_read(json);
    }
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    is_read(&format!(r#"{{"other":{deep},"o":{{"id":1}}}}"#));
}
