//! Checks whether the time of a refusal depends on how much of a tag or of a token is right.
//! `cargo bench -p orderhook-core --bench timing`: fails if it does.
//!
//! The method is dudect's (Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?",
//! 2017): two classes of input, of which chance takes one for each measurement; Welch's t-test
//! over all measurements, and over the quickest of them. This measures native code at
//! opt-level 3; `benches/timing.js` measures the published WebAssembly.
//!
//! A method that cannot find a leak proves nothing: comparisons that stop at the first difference
//! are measured beside the core's, and must be caught.

#![allow(clippy::print_stdout)] // What it prints is what it is for.
#![allow(clippy::cast_precision_loss)] // Nanoseconds and counts, far below 2^53.

use std::{
    hash::{BuildHasher, RandomState},
    hint::black_box,
    ops::Range,
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use orderhook_core::{Delivery, Provider, Settings, Source, Token, UnixMillis};
use sha2::Sha256;

/// Measurements of a batch.
const SAMPLES: usize = 60_000;
/// Batches, where the first ones leave no doubt.
const FIRST: usize = 3;
/// Batches, where they do.
const MOST: usize = 9;
/// So many of these must agree on a leak, in its sign too: other programs on the machine spoil a few.
const NEEDED: usize = 7;
/// dudect's bounds of |t|: a difference is worth a second look; it is there.
const SUSPICIOUS: f64 = 4.5;
const LEAK: f64 = 10.0;
/// Shares of the measurements, the quickest first: slow ones were interrupted.
const SHARES: [f64; 7] = [0.25, 0.5, 0.7, 0.8, 0.9, 0.97, 1.0];
/// The share whose means are printed.
const USUAL: f64 = 0.9;
/// The least time of a measurement, in calls: many times the clock's resolution.
const LEAST_NANOS: f64 = 400.0;

const NOW: UnixMillis = UnixMillis(1_731_587_954_120);
const SECRET: &str = "a secret";
const TOKEN: &str = "0f8b2c6de4915a7730b1c8f2d6a4e95b";
const BODY: &[u8] = br#"{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1}}"#;

const FIRST_BYTE: Range<usize> = 0..1;
const LAST_BYTE: Range<usize> = 31..32;
const ALL_BYTES: Range<usize> = 0..32;

fn main() -> ExitCode {
    // `cargo test --benches` runs it too, in a build whose times say nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    println!("{:<56} {:>9} {:>10} {:>7}", "what is refused", "each", "apart", "|t|");
    let leaks = core().into_iter().filter(|leaks| *leaks).count();
    println!("compared byte by byte, up to the first difference:");
    let missed = controls().into_iter().filter(|leaks| !*leaks).count();
    println!("{leaks} of the core's leak; {missed} of the others were not caught");
    if leaks + missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns whether each of the core's refusals leaks.
fn core() -> [bool; 8] {
    let (wegocod, wakilni) = (source("wegocod"), source("wakilni"));
    let hex = |tag: &str, _| verify(&wegocod, tag);
    let base64 = |tag: &str, _| verify(&wakilni, tag);
    let token = Token::new(TOKEN).expect("a token");
    let unmatchable = Token::unmatchable();
    let check = |offered: &str, _| token.check(offered).is_some();
    let look_up = |offered: &str, class| match class {
        Class::A => token.check(offered).is_some(),
        Class::B => unmatchable.check(offered).is_some(),
    };
    [
        // These are equal: they show the noise of the machine.
        leaks("a hex tag: the same twice", tags(FIRST_BYTE, FIRST_BYTE, in_hex), hex),
        leaks("a token: the same twice", tokens(FIRST_BYTE, FIRST_BYTE), check),
        leaks(
            "a hex tag: its first byte wrong, its last",
            tags(FIRST_BYTE, LAST_BYTE, in_hex),
            hex,
        ),
        leaks(
            "a hex tag: all wrong, all right but the last",
            tags(ALL_BYTES, LAST_BYTE, in_hex),
            hex,
        ),
        leaks(
            "a base64 tag: its first byte wrong, its last",
            tags(FIRST_BYTE, LAST_BYTE, in_base64),
            base64,
        ),
        leaks(
            "a base64 tag: all wrong, all right but the last",
            tags(ALL_BYTES, LAST_BYTE, in_base64),
            base64,
        ),
        leaks("a token: its first character wrong, its last", tokens(FIRST_BYTE, LAST_BYTE), check),
        leaks("a token: of a source, of none", tokens(LAST_BYTE, LAST_BYTE), look_up),
    ]
}

/// Returns the same of comparisons that leak.
fn controls() -> [bool; 4] {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    let tag = |text: &str, _| {
        let right = mac.clone().chain_update(BODY).finalize().into_bytes();
        hex::decode(text).is_ok_and(|tag| same(&tag, &right))
    };
    let token = |offered: &str, _| same(offered.as_bytes(), TOKEN.as_bytes());
    let look_up = |offered: &str, class| match class {
        Class::A => Token::new(TOKEN).is_ok_and(|token| token.check(offered).is_some()),
        Class::B => false,
    };
    [
        leaks("a tag: its first byte wrong, its last", tags(FIRST_BYTE, LAST_BYTE, in_hex), tag),
        leaks("a tag: all wrong, all right but the last", tags(ALL_BYTES, LAST_BYTE, in_hex), tag),
        leaks("a token: its first character wrong, its last", tokens(FIRST_BYTE, LAST_BYTE), token),
        leaks("a token: of a source, of none", tokens(LAST_BYTE, LAST_BYTE), look_up),
    ]
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| black_box(a) == black_box(b))
}

fn source(provider: &str) -> Source {
    let definition = orderhook_catalogue::definition(provider);
    let provider = Provider::parse(provider, definition, None).expect("a definition");
    let secret = provider.scheme.secret(SECRET).expect("a secret");
    Source::new("a", Arc::new(provider), vec![secret], None, Settings::default()).expect("a source")
}

fn verify(source: &Source, tag: &str) -> bool {
    let headers: &[(&str, &str)] = &[("x-webhook-signature", tag)];
    source.verify(Delivery { headers: &headers, url: "", body: BODY }, None, NOW).is_ok()
}

/// Two texts of one length, one for each class.
type Texts = [String; 2];

/// Returns the right tag for each class, except for these bytes.
fn tags(a: Range<usize>, b: Range<usize>, written: fn(&[u8]) -> String) -> Texts {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    let right = mac.chain_update(BODY).finalize().into_bytes();
    [a, b].map(|wrong| written(&changed(&right, wrong)))
}

fn in_hex(tag: &[u8]) -> String {
    hex::encode(tag)
}

fn in_base64(tag: &[u8]) -> String {
    STANDARD.encode(tag)
}

/// Returns the right token for each class, except for these characters.
fn tokens(a: Range<usize>, b: Range<usize>) -> Texts {
    let text = |bytes| String::from_utf8(bytes).expect("ASCII");
    [a, b].map(|wrong| text(changed(TOKEN.as_bytes(), wrong)))
}

fn changed(right: &[u8], wrong: Range<usize>) -> Vec<u8> {
    let change = |(at, byte): (usize, &u8)| byte ^ u8::from(wrong.contains(&at));
    right.iter().enumerate().map(change).collect()
}

/// Which of two texts is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    A,
    B,
}

/// Prints how far apart the times are, and returns whether it is a leak.
fn leaks(name: &str, texts: Texts, accepts: impl Fn(&str, Class) -> bool) -> bool {
    let mut bench = Bench::new(texts, accepts);
    let mut batches: Vec<_> = (0..FIRST).map(|_| bench.batch()).collect();
    if batches.iter().any(|found| found.t.abs() > SUSPICIOUS) {
        batches.extend((FIRST..MOST).map(|_| bench.batch()));
    }
    let over = |bound: f64| {
        let [b, a] = [1.0, -1.0].map(|sign| batches.iter().filter(|x| x.t * sign > bound).count());
        a.max(b)
    };
    let (leak, suspicious) = (over(LEAK) >= NEEDED, over(SUSPICIOUS) >= NEEDED);
    batches.sort_by(|a, b| a.t.abs().total_cmp(&b.t.abs()));
    let Found { t, nanos, apart } = batches.swap_remove(batches.len() / 2);
    let said = match (leak, suspicious) {
        (true, _) => "leaks",
        (false, true) => "suspicious",
        (false, false) => "",
    };
    println!("  {name:<54} {nanos:>6.0} ns {apart:>7.2} ns {:>7.1} {said}", t.abs());
    leak
}

/// The results of some measurements.
struct Found {
    t: f64,
    /// How long a refusal of the first class took.
    nanos: f64,
    /// How much longer one of the second took.
    apart: f64,
}

struct Bench<F> {
    texts: Texts,
    accepts: F,
    /// Calls in one measurement.
    calls: u32,
    random: u64,
}

impl<F: Fn(&str, Class) -> bool> Bench<F> {
    fn new(texts: Texts, accepts: F) -> Self {
        let random = RandomState::new().hash_one(0) | 1;
        let mut bench = Self { texts, accepts, calls: 1000, random };
        // Warm by the second time.
        let nanos = [(); 2].map(|()| bench.measure(Class::A)).into_iter().fold(f64::MAX, f64::min);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A small number.
        let calls = (LEAST_NANOS / nanos).ceil() as u32;
        bench.calls = calls.max(1);
        bench
    }

    /// Measures a batch, and returns the result with the largest |t| of any share.
    fn batch(&mut self) -> Found {
        let mut times = Vec::with_capacity(SAMPLES);
        for _ in 0..SAMPLES {
            let class = self.chance();
            times.push((self.measure(class), class));
        }
        times.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let share = |share: f64| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Of a length.
            let quickest = (SAMPLES as f64 * share) as usize;
            welch(times.get(..quickest).unwrap_or(&times))
        };
        let ts = SHARES.map(|of| share(of).t);
        let t =
            ts.into_iter().fold(0.0, |most: f64, t| if t.abs() > most.abs() { t } else { most });
        Found { t, ..share(USUAL) }
    }

    /// Returns the nanoseconds of a call.
    fn measure(&self, class: Class) -> f64 {
        let text = self.text(class);
        let start = Instant::now();
        for _ in 0..self.calls {
            assert!(!black_box((self.accepts)(black_box(&text), class)), "it is refused");
        }
        start.elapsed().as_nanos() as f64 / f64::from(self.calls)
    }

    /// Returns the class's text, in the same place for both, after reading both alike.
    fn text(&self, class: Class) -> String {
        let mask = u8::from(class == Class::B).wrapping_neg();
        let [a, b] = &self.texts;
        let bytes = a.bytes().zip(b.bytes()).map(|(a, b)| a ^ (a ^ b) & black_box(mask));
        String::from_utf8(bytes.collect()).expect("ASCII")
    }

    /// Marsaglia's xorshift.
    fn chance(&mut self) -> Class {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        if self.random >> 40 & 1 == 0 { Class::A } else { Class::B }
    }
}

/// Computes Welch's t of the second class against the first.
fn welch(times: &[(f64, Class)]) -> Found {
    let [(a, of_a, many_a), (b, of_b, many_b)] = [Class::A, Class::B].map(|class| {
        let times = || times.iter().filter(|(_, of)| *of == class).map(|(time, _)| time);
        let many = times().count() as f64;
        let mean = times().sum::<f64>() / many;
        let variance = times().map(|time| (time - mean).powi(2)).sum::<f64>() / (many - 1.0);
        (mean, variance, many)
    });
    let error = (of_a / many_a + of_b / many_b).sqrt();
    // Times without any spread come from a clock that is too coarse, so there cannot be a t.
    let t = if error > 0.0 { (b - a) / error } else { 0.0 };
    Found { t, nanos: a, apart: b - a }
}
