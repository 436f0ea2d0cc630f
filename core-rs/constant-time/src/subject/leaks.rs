//! Two leaks on purpose, of the two kinds that there are: the check has to find both, or it proves nothing.

use ike_resume_core::arena::Batch;
use ike_resume_core::layout::*;

static TABLE: [u8; 256] = [7; 256];

/// Takes octets from where the secret says.
pub fn look_up_in_table(batch: Batch) {
    let Batch { records, inputs, outputs } = batch;
    for (output, input) in outputs.iter_mut().zip(inputs) {
        *output = std::hint::black_box(&TABLE)[*input as usize];
    }
    set_done(records);
}

/// Compares the first 16 octets with the next, up to the first that differs.
pub fn compare_until_different(batch: Batch) {
    let Batch { records, inputs, outputs } = batch;
    for octet in 0..16 {
        if std::hint::black_box(inputs[octet]) != inputs[16 + octet] {
            outputs[0] = 1;
            break;
        }
    }
    set_done(records);
}

fn set_done(records: &mut [u8]) {
    records.chunks_exact_mut(RECORD_OCTETS).for_each(|record| record[WORD_STATUS * 4] = STATUS_DONE as u8);
}
