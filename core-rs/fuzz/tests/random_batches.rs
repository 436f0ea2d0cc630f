//! The properties of the fuzz targets over octets that look random but are the same in every run: without libFuzzer, so that any compiler
//! runs them, and Miri.

use ike_resume_core_fuzz::batch::Random;
use ike_resume_core_fuzz::draw::Draw;
use ike_resume_core_fuzz::{fused, hashing, protection, records};

/// Miri takes a thousand times as long, and gets so many.
fn check_many(check: fn(&mut Draw), under_miri: u64) {
    for seed in 1..=if cfg!(miri) { under_miri } else { 400 } {
        check(&mut Draw::new(&Random(seed).octets(400)));
    }
}

#[test]
fn hostile_records_are_contained() {
    check_many(records::check, 2);
}

#[test]
fn mixed_hashing_is_as_one_by_one() {
    check_many(hashing::check, 4);
}

#[test]
fn mixed_protection_is_as_one_by_one() {
    check_many(protection::check, 2);
}

#[test]
fn mixed_steps_of_resumptions_are_as_one_by_one() {
    check_many(fused::check, 3);
}
