//! See `lib/targets/intake.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::targets::intake;

fuzz_target!(|case: intake::Case| intake::check(&case));
