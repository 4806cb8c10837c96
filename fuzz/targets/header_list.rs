//! See `lib/targets/header_list.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orderhook_fuzz::{account::Delivered, targets::header_list};

fuzz_target!(|sent: Delivered| header_list::check(&sent));
