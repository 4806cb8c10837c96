//! See `lib/targets/proof.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::targets::proof;

fuzz_target!(|case: proof::Case| proof::check(&case));
