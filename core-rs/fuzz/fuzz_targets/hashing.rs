#![no_main]

use ike_resume_core_fuzz::{draw::Draw, hashing};

libfuzzer_sys::fuzz_target!(|octets: &[u8]| hashing::check(&mut Draw::new(octets)));
