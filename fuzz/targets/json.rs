//! See `lib/targets/json.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::targets::json;

fuzz_target!(|text: &str| json::check(text));
