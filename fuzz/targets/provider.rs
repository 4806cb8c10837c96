//! See `lib/targets/provider.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::targets::provider;

fuzz_target!(|case: provider::Case| provider::check(&case));
