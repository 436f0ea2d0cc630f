//! What one step of a resumption asks for, in one call. A member has several records, each of the form that the operation of
//! its part has.

use crate::arena::Batch;
use crate::keyed_hash::{self, Operation};
use crate::layout::*;
use crate::protection::request::KeySource;
use crate::protection::{self, Direction};
use crate::record::Records;

/// The keys of an IKE SA, and the first message under them: a record of [`Operation::DeriveKeys`], then one of
/// [`Direction::Open`] whose keys are in the output of the first.
pub fn derive_and_open(batch: Batch) {
    let Batch { records, inputs, outputs } = batch;
    keyed_hash::serve(Operation::DeriveKeys, Records::at(records, 0, DERIVE_AND_OPEN_RECORDS), inputs, outputs);
    let derivations = Records::at(records, 0, DERIVE_AND_OPEN_RECORDS);
    let keys: Vec<_> = (0..derivations.len())
        .map(|member| derivations.get(member))
        .map(|record| record.output(outputs.len()).filter(|_| record.word(WORD_STATUS) == STATUS_DONE))
        .collect();
    let openings = Records::at(records, 1, DERIVE_AND_OPEN_RECORDS);
    protection::serve(Direction::Open, openings, KeySource::Outputs(&keys), inputs, outputs);
}

/// The other end's AUTH, this end's, and the keys of the first Child SA. All are made before the verdict is looked at, since
/// lanes are filled without it; of a member whose other end did not prove itself nothing is left then, and all its records say
/// so.
pub fn authenticate(batch: Batch) {
    let Batch { records, inputs, outputs } = batch;
    let operations = [Operation::VerifyAuthentication, Operation::Authenticate, Operation::PrfPlus];
    for (place, operation) in operations.into_iter().enumerate() {
        keyed_hash::serve(operation, Records::at(records, place, AUTHENTICATE_RECORDS), inputs, outputs);
    }
    for member in 0..records.len() / (RECORD_OCTETS * AUTHENTICATE_RECORDS) {
        let verdict = Records::at(records, 0, AUTHENTICATE_RECORDS).status(member);
        if verdict == STATUS_DONE {
            continue;
        }
        for place in 1..AUTHENTICATE_RECORDS {
            blank(&mut Records::at(records, place, AUTHENTICATE_RECORDS), member, verdict, outputs);
        }
    }
}

/// A ticket, then the message that carries it: two records of [`Direction::Seal`], the output of the first within that of the
/// second. Where the ticket is refused the message is too, and blank: what stands in the ticket's place is not for the
/// message's receiver.
pub fn seal_with_ticket(batch: Batch) {
    let Batch { records, inputs, outputs } = batch;
    for place in 0..SEAL_WITH_TICKET_RECORDS {
        let records = Records::at(records, place, SEAL_WITH_TICKET_RECORDS);
        protection::serve(Direction::Seal, records, KeySource::Inputs, inputs, outputs);
    }
    for member in 0..records.len() / (RECORD_OCTETS * SEAL_WITH_TICKET_RECORDS) {
        if Records::at(records, 0, SEAL_WITH_TICKET_RECORDS).status(member) != STATUS_DONE {
            blank(&mut Records::at(records, 1, SEAL_WITH_TICKET_RECORDS), member, STATUS_REFUSED, outputs);
        }
    }
}

/// Takes back what was done for a member.
fn blank(results: &mut Records, member: usize, status: usize, outputs: &mut [u8]) {
    if results.status(member) != STATUS_DONE {
        return;
    }
    if let Some(output) = results.get(member).output(outputs.len()) {
        outputs[output].fill(0);
    }
    results.set_status(member, Some(status));
}
