#![no_main]

use ike_resume_core_fuzz::{draw::Draw, protection};

libfuzzer_sys::fuzz_target!(|octets: &[u8]| protection::check(&mut Draw::new(octets)));
