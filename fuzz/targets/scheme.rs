//! See `lib/targets/scheme.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::targets::scheme;

fuzz_target!(|case: scheme::Case| scheme::check(&case));
