//! What holds for every operation on every batch, whatever its records say: statuses are of the three values, nothing is written but a
//! status and the places of members that were served, and what a member gets does not depend on the members beside it.

use super::operations::Operation;
use super::{Request, Words};
use ike_resume_core::arena::Batch;
use ike_resume_core::layout::*;
use std::ops::Range;

/// A batch after an operation: statuses, and all of the outputs.
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

/// Panics unless all that the head of this file says holds.
pub fn check(operation: &Operation, request: &Request) -> Outcome {
    let outcome = run_apart(operation.run, request);
    let places: Vec<Vec<Range<usize>>> =
        request.records.iter().map(|words| places_of(operation, words, request.outputs.len())).collect();

    let mut may_change = vec![false; request.outputs.len()];
    for (status, places) in outcome.statuses.iter().zip(&places) {
        assert!((STATUS_DONE..=STATUS_REFUSED).contains(status), "{}: the status is {status}", operation.name);
        if *status == STATUS_DONE || *status == STATUS_REFUSED && operation.may_leave_half_done {
            places.iter().for_each(|place| may_change[place.clone()].fill(true));
        }
    }
    for (octet, allowed) in may_change.iter().enumerate() {
        let changed = outcome.outputs[octet] != request.outputs[octet];
        assert!(
            *allowed || !changed,
            "{}: octet {octet} of the outputs was changed, of no member that was served",
            operation.name
        );
    }

    for (member, words) in request.records.iter().enumerate() {
        // Members that share a place change each other's message: what they get is not defined, where they write is.
        let others = places.iter().enumerate().filter(|(other, _)| *other != member).flat_map(|(_, places)| places);
        if others.clone().any(|other| places[member].iter().any(|place| overlap(place, other))) {
            continue;
        }
        let lone = Request { records: vec![*words], inputs: request.inputs.clone(), outputs: request.outputs.clone() };
        let alone = run_apart(operation.run, &lone);
        assert_eq!(outcome.statuses[member], alone.statuses[0], "{}: member {member} and alone", operation.name);
        for place in &places[member] {
            assert!(
                outcome.outputs[place.clone()] == alone.outputs[place.clone()],
                "{}: member {member} got something else than alone",
                operation.name
            );
        }
    }
    outcome
}

/// The places that the record names, where they lie in the outputs.
fn places_of(operation: &Operation, words: &Words, outputs: usize) -> Vec<Range<usize>> {
    let places = operation.writes.iter().map(|word| {
        let start = words[*word] as usize;
        start..start.saturating_add(words[word + 1] as usize)
    });
    places.filter(|place| place.end <= outputs).collect()
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}
