//! What is watched: `subject SEED` runs every case of [`cases`] once between two marks, on secrets that the seed gives. Whatever is not
//! secret, lengths and places above all, is the same for every seed. `subject SEED tainted` tells memcheck which octets are secret instead.
//!
//! It prints the addresses of the marks, then a line for each case as it was run: `class | case`.

#![deny(unsafe_op_in_unsafe_fn)]

#[path = "../../../tests/batch/mod.rs"]
mod batch;
mod cases;
mod fused_cases;
mod heap;
mod leaks;
mod marks;
mod memcheck;

use batch::Request;
use cases::Case;
use ike_resume_core::arena::{Arena, Batch};
use ike_resume_core::layout::*;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // Of one length, so that the stack is where it was with another seed.
    let seed = arguments.get(1).filter(|seed| seed.len() == 16).and_then(|seed| u64::from_str_radix(seed, 16).ok());
    let Some(seed) = seed else {
        eprintln!("subject SEED [tainted]: the seed is 16 hexadecimal digits");
        std::process::exit(2);
    };
    let tainted = arguments.get(2).is_some_and(|word| word == "tainted");
    let cases = cases::all(seed);
    // One arena for all, as large as any batch: each begins at the same address.
    let mut arena = Arena::new();
    arena.reserve(cases.iter().map(|case| size(&case.request)).max().unwrap_or(0));
    println!("{}", marks::addresses());
    let mut known = Vec::new();
    for case in &cases {
        let kind = (case.run as usize, &case.suite);
        if !known.contains(&kind) {
            // What is done but once (finding out what the processor can, binding symbols) is done here, before the marks.
            known.push(kind);
            (case.run)(fill(&mut arena, &case.request));
        }
        let before = memcheck::errors();
        let batch = fill(&mut arena, &case.request);
        if tainted {
            memcheck::make_undefined(batch.inputs);
            memcheck::make_undefined(batch.outputs);
        }
        watch(case.run, batch);
        memcheck::make_defined(arena.octets());
        check_verdicts(&mut arena, case);
        print!("{} {} | {}", case.class, case.suite, case.name);
        if tainted {
            print!(" | {} | {}", memcheck::errors() - before, case.verdicts);
        }
        println!();
    }
}

/// Apart, so that between the marks nothing is done but the operation's own work.
#[inline(never)]
fn watch(run: fn(Batch), batch: Batch) {
    heap::begin();
    marks::begin();
    run(batch);
    marks::end();
    heap::end();
}

fn size(request: &Request) -> usize {
    request.records.len() * RECORD_OCTETS + request.inputs.len() + request.outputs.len()
}

fn fill<'a>(arena: &'a mut Arena, request: &Request) -> Batch<'a> {
    let Request { records, inputs, outputs } = request;
    let batch = arena.batch(records.len(), inputs.len(), outputs.len()).expect("room for the batch");
    for (place, word) in batch.records.chunks_exact_mut(4).zip(records.iter().flatten()) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    batch.outputs.copy_from_slice(outputs);
    let inputs_place = records.len() * RECORD_OCTETS;
    arena.octets()[inputs_place..][..inputs.len()].copy_from_slice(inputs);
    arena.batch(records.len(), inputs.len(), outputs.len()).expect("room for the batch")
}

/// A case that was refused would be the same for all secrets, and prove nothing.
fn check_verdicts(arena: &mut Arena, case: &Case) {
    let table = &arena.octets()[..case.request.records.len() * RECORD_OCTETS];
    for (record, words) in table.chunks_exact(RECORD_OCTETS).enumerate() {
        let expected = if case.not_authentic.contains(&record) { STATUS_NOT_AUTHENTIC } else { STATUS_DONE };
        assert_eq!(words[WORD_STATUS * 4] as usize, expected, "{} {}, {}, record {record}", case.class, case.suite, case.name);
    }
}
