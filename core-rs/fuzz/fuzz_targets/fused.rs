#![no_main]

use ike_resume_core_fuzz::{draw::Draw, fused};

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fused::check(&mut Draw::new(octets)));
