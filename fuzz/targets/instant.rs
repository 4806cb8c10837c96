//! See `lib/targets/instant.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::targets::instant;

fuzz_target!(|moment: instant::Moment<'_>| instant::check(&moment));
