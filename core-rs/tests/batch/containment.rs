//! What holds for every operation on every batch, whatever its records say: statuses are of the three values, nothing is written but a
//! status and the places of records that were served, and what a member gets does not depend on the members beside it.

use super::operations::Operation;
use super::{Request, Words};
use ike_resume_core::arena::Batch;
use ike_resume_core::layout::*;
use std::ops::Range;

/// A batch after an operation: the status of each record, and all of the outputs.
#[derive(PartialEq, Eq, Debug)]
pub struct Outcome {
    pub statuses: Vec<usize>,
    pub outputs: Vec<u8>,
}

/// Runs the operation on memory in which the three parts stand apart, each as large as it has to be: where memory is watched
/// (AddressSanitizer, Miri), one octet too far is found. Panics if the operation wrote what no operation may.
pub fn run_apart(run: fn(Batch), request: &Request) -> Outcome {
    let table: Vec<u8> = request.records.iter().flatten().flat_map(|word| word.to_le_bytes()).collect();
    let mut records = table.clone().into_boxed_slice();
    let inputs = request.inputs.clone().into_boxed_slice();
    let mut outputs = request.outputs.clone().into_boxed_slice();
    run(Batch { records: &mut records, inputs: &inputs, outputs: &mut outputs });
    assert!(inputs[..] == request.inputs[..], "the inputs were changed");
    let mut statuses = Vec::new();
    for (after, before) in records.chunks_exact(RECORD_OCTETS).zip(table.chunks_exact(RECORD_OCTETS)) {
        let (status, rest) = after.split_at(4);
        assert!(rest == &before[4..], "a word beside the status was changed");
        statuses.push(u32::from_le_bytes(status.try_into().unwrap()) as usize);
    }
    Outcome { statuses, outputs: outputs.into_vec() }
}

/// What an octet of the outputs may have become.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Allowed {
    AsItWas,
    AsItWasOrZero,
    Anything,
}

/// Panics unless all that the head of this file says holds.
pub fn check(operation: &Operation, request: &Request) -> Outcome {
    let name = operation.name;
    let outcome = run_apart(operation.run, request);
    let of = operation.outputs.len();
    let members: Vec<&[Words]> = request.records.chunks_exact(of).collect();
    let places: Vec<Vec<Option<Range<usize>>>> =
        members.iter().map(|records| places_of(operation, records, request.outputs.len())).collect();

    let mut allowed = vec![Allowed::AsItWas; request.outputs.len()];
    for (statuses, places) in outcome.statuses.chunks_exact(of).zip(&places) {
        let is_cleared = operation.clears && statuses[0] != STATUS_DONE;
        for (status, place) in statuses.iter().zip(places) {
            assert!((STATUS_DONE..=STATUS_REFUSED).contains(status), "{name}: the status is {status}");
            assert!(!is_cleared || *status != STATUS_DONE, "{name}: served, though the first record of the member was not");
            let here = match status {
                &STATUS_DONE => Allowed::Anything,
                _ if is_cleared => Allowed::AsItWasOrZero,
                _ => Allowed::AsItWas,
            };
            for octet in place.iter().cloned().flatten() {
                if allowed[octet] < here {
                    allowed[octet] = here;
                }
            }
        }
    }
    for (octet, allowed) in allowed.iter().enumerate() {
        let (before, after) = (request.outputs[octet], outcome.outputs[octet]);
        let is_right = match allowed {
            Allowed::Anything => true,
            Allowed::AsItWasOrZero => after == before || after == 0,
            Allowed::AsItWas => after == before,
        };
        assert!(is_right, "{name}: octet {octet} of the outputs was changed, of no record that was served");
    }
    for (record, status) in outcome.statuses.iter().enumerate().skip(of * members.len()) {
        assert_eq!(*status, request.records[record][WORD_STATUS] as usize, "{name}: a status of no whole member was changed");
    }

    for (member, records) in members.iter().enumerate() {
        // Members that share a place change each other's message: what they get is not defined, where they write is.
        let others = places.iter().enumerate().filter(|(other, _)| *other != member).flat_map(|(_, places)| places.iter());
        if others.flatten().any(|other| places[member].iter().flatten().any(|place| overlap(place, other))) {
            continue;
        }
        let lone = Request { records: records.to_vec(), inputs: request.inputs.clone(), outputs: request.outputs.clone() };
        let alone = run_apart(operation.run, &lone);
        let statuses = &outcome.statuses[of * member..][..of];
        assert_eq!(statuses, alone.statuses, "{name}: member {member} and alone");
        for place in places[member].iter().flatten() {
            assert!(
                outcome.outputs[place.clone()] == alone.outputs[place.clone()],
                "{name}: member {member} got something else than alone"
            );
        }
    }
    outcome
}

/// The place that each record names, if it lies in the outputs.
fn places_of(operation: &Operation, records: &[Words], outputs: usize) -> Vec<Option<Range<usize>>> {
    let place = |(words, has_output): (&Words, &bool)| {
        let start = words[WORD_OUTPUT_OFFSET] as usize;
        let end = start.saturating_add(words[WORD_OUTPUT_LENGTH] as usize);
        (*has_output && end <= outputs).then_some(start..end)
    };
    records.iter().zip(operation.outputs).map(place).collect()
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}
