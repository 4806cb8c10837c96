//! See `lib/targets/definition.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::targets::definition;

fuzz_target!(|case: definition::Case| definition::check(&case));
