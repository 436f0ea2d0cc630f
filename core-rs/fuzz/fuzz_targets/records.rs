#![no_main]

use ike_resume_core_fuzz::{draw::Draw, records};

libfuzzer_sys::fuzz_target!(|octets: &[u8]| records::check(&mut Draw::new(octets)));
