//! See `lib/targets/fields.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::targets::fields;

fuzz_target!(|all: Vec<fields::Field>| fields::check(&all));
