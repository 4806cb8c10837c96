//! See `lib/targets/explain.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::targets::explain;

fuzz_target!(|case: explain::Case| explain::check(&case));
