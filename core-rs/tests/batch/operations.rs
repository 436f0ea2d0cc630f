//! Every entry point that works on a batch. One that is named here is met with hostile records by the tests, Miri and the fuzzer.

use ike_resume_core::arena::Batch;
use ike_resume_core::layout::*;
use ike_resume_core::{keyed_hash, protection};

pub struct Operation {
    pub name: &'static str,
    pub run: fn(Batch),
    /// The words that give the offset of what it may write, in the outputs; each length is the word behind.
    pub writes: &'static [usize],
    /// Whether a member that is refused may be left half done. It keeps to its own places all the same.
    pub may_leave_half_done: bool,
}

const fn operation(name: &'static str, run: fn(Batch), writes: &'static [usize]) -> Operation {
    Operation { name, run, writes, may_leave_half_done: false }
}

pub const OPERATIONS: &[Operation] = &[
    operation("prf", keyed_hash::prf, &[WORD_OUTPUT_OFFSET]),
    operation("prf_plus", keyed_hash::prf_plus, &[WORD_OUTPUT_OFFSET]),
    operation("derive_keys", keyed_hash::derive_keys, &[WORD_OUTPUT_OFFSET]),
    operation("verify_mac", keyed_hash::verify_mac, &[]),
    // AES-CBC encrypts before it finds that the integrity algorithm is none, or its ICV too long.
    Operation { may_leave_half_done: true, ..operation("seal", protection::seal, &[WORD_OUTPUT_OFFSET]) },
    operation("open", protection::open, &[WORD_OUTPUT_OFFSET]),
];
