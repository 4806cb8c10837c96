//! Any delivery to wegocod, read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::account::{self, Unsigned};

fuzz_target!(|delivery: Unsigned| account::read("wegocod", &delivery));
