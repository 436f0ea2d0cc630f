//! Every entry point that works on a batch. One that is named here is met with hostile records by the tests, Miri and the fuzzer.

use ike_resume_core::arena::Batch;
use ike_resume_core::layout::*;
use ike_resume_core::{fused, keyed_hash, protection};

pub struct Operation {
    pub name: &'static str,
    pub run: fn(Batch),
    /// For each record of a member, in their order, whether it has an output.
    pub outputs: &'static [bool],
    /// Whether a member whose first record was not served has nothing in its other outputs but zeros.
    pub clears: bool,
}

const fn operation(name: &'static str, run: fn(Batch), outputs: &'static [bool]) -> Operation {
    Operation { name, run, outputs, clears: false }
}

pub const OPERATIONS: &[Operation] = &[
    operation("prf", keyed_hash::prf, &[true]),
    operation("prf_plus", keyed_hash::prf_plus, &[true]),
    operation("derive_keys", keyed_hash::derive_keys, &[true]),
    operation("verify_mac", keyed_hash::verify_mac, &[false]),
    operation("seal", protection::seal, &[true]),
    operation("open", protection::open, &[true]),
    DERIVE_AND_OPEN,
    AUTHENTICATE,
    SEAL_WITH_TICKET,
];

pub const DERIVE_AND_OPEN: Operation = operation("derive_and_open", fused::derive_and_open, &[true; DERIVE_AND_OPEN_RECORDS]);
pub const AUTHENTICATE: Operation =
    Operation { clears: true, ..operation("authenticate", fused::authenticate, &AUTHENTICATE_OUTPUTS) };
pub const SEAL_WITH_TICKET: Operation =
    Operation { clears: true, ..operation("seal_with_ticket", fused::seal_with_ticket, &[true; SEAL_WITH_TICKET_RECORDS]) };

const AUTHENTICATE_OUTPUTS: [bool; AUTHENTICATE_RECORDS] = [false, true, true];
