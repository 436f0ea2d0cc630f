//! Records that may say anything, through every operation.

use crate::batch::containment::check as check_containment;
use crate::batch::operations::OPERATIONS;
use crate::batch::{Request, Words};
use crate::draw::Draw;
use crate::one_by_one::{authentication, hash_length};
use ike_resume_core::layout::*;

const MAX_RECORDS: usize = if cfg!(miri) { 6 } else { 12 };
const MAX_OCTETS: usize = if cfg!(miri) { 250 } else { 600 };

/// What a record is drawn for.
#[derive(Clone, Copy)]
enum Form {
    Hashing,
    Protection,
    /// Opening with keys in the output of the record before.
    Opening,
    Anything,
}

/// Of the records of a batch, over and over: such as members of each number of records have them.
const PATTERNS: [&[Form]; 4] = [
    &[Form::Hashing, Form::Protection, Form::Anything],
    &[Form::Hashing, Form::Opening],
    &[Form::Hashing; AUTHENTICATE_RECORDS],
    &[Form::Protection; SEAL_WITH_TICKET_RECORDS],
];

pub fn check(draw: &mut Draw) {
    let (inputs, outputs) = (draw.below(MAX_OCTETS), draw.below(MAX_OCTETS));
    let mut request = Request { inputs: draw.octets(inputs), outputs: draw.octets(outputs), ..Request::default() };
    let pattern = draw.one_of(&PATTERNS);
    for record in 0..1 + draw.below(MAX_RECORDS) {
        let before = request.records.last().map_or(0, |words| words[WORD_OUTPUT_LENGTH] as usize);
        let mut words = match pattern[record % pattern.len()] {
            Form::Hashing => hashing(draw, inputs, outputs),
            Form::Protection => protection(draw, inputs, outputs),
            Form::Opening => protection(draw, before, outputs),
            Form::Anything => std::array::from_fn(|_| small(draw)),
        };
        if draw.below(2) == 0 {
            for _ in 0..draw.below(4) {
                words[draw.below(RECORD_WORDS)] = any(draw);
            }
        }
        request.records.push(words);
    }
    if pattern.len() == AUTHENTICATE_RECORDS {
        for member in 0..request.records.len() / AUTHENTICATE_RECORDS {
            prove(&mut request, member);
        }
    }
    for operation in OPERATIONS {
        let answer = check_containment(operation, &request);
        // What one operation left, others find: what seal wrote is authentic.
        if operation.name == "seal" {
            let next = Request { records: request.records.clone(), inputs: request.inputs.clone(), outputs: answer.outputs };
            OPERATIONS.iter().for_each(|operation| drop(check_containment(operation, &next)));
        }
    }
}

/// Writes the AUTH that the first record of a member asks for to where it looks for one, if all that lies in the inputs.
fn prove(request: &mut Request, member: usize) {
    let words = request.records[AUTHENTICATE_RECORDS * member];
    let place = |offset: usize| {
        let start = words[offset] as usize;
        start..start.saturating_add(words[offset + 1] as usize)
    };
    let input = |offset: usize| request.inputs.get(place(offset));
    let parts = [WORD_KEY_OFFSET, WORD_DATA_OFFSET, WORD_SEED_OFFSET, WORD_IDENTITY_OFFSET].map(input);
    let [Some(key), Some(data), Some(seed), Some(identity)] = parts else { return };
    let mac = authentication(words[WORD_HASH] as usize, [key, data, seed, identity]);
    if let Some(place) = request.inputs.get_mut(place(WORD_MAC_OFFSET)).filter(|place| place.len() == mac.len()) {
        place.copy_from_slice(&mac);
    }
}

/// Words that agree, for prf, prf+, derivation, verification and authentication.
fn hashing(draw: &mut Draw, inputs: usize, outputs: usize) -> Words {
    let mut words = [0; RECORD_WORDS];
    let hash = 1 + draw.below(4);
    words[WORD_HASH] = hash as u32;
    for offset in [WORD_KEY_OFFSET, WORD_DATA_OFFSET, WORD_SEED_OFFSET, WORD_IDENTITY_OFFSET] {
        place(draw, &mut words, offset, inputs);
    }
    place(draw, &mut words, WORD_MAC_OFFSET, inputs);
    words[WORD_MAC_LENGTH] = if draw.below(2) == 0 { hash_length(hash) as u32 } else { draw.one_of(&[20, 32, 48, 64]) };
    place(draw, &mut words, WORD_OUTPUT_OFFSET, outputs);
    if draw.below(2) == 0 {
        words[WORD_OUTPUT_LENGTH] = hash_length(hash) as u32;
    }
    words
}

/// Words that agree, for sealing and opening with keys among so many octets.
fn protection(draw: &mut Draw, keys: usize, outputs: usize) -> Words {
    let mut words = [0; RECORD_WORDS];
    words[WORD_CIPHER] = 1 + draw.below(3) as u32;
    words[WORD_HASH] = 1 + draw.below(4) as u32;
    place(draw, &mut words, WORD_INTEGRITY_KEY_OFFSET, keys);
    place(draw, &mut words, WORD_OUTPUT_OFFSET, outputs);
    words[WORD_KEY_LENGTH] = draw.one_of(&[16, 24, 32]);
    words[WORD_IV_LENGTH] = 16;
    words[WORD_ICV_LENGTH] = 16;
    words[WORD_ASSOCIATED_LENGTH] = draw.one_of(&[0, 1, 28, 32, 64]);
    if words[WORD_CIPHER] as usize == CIPHER_AES_CBC {
        let body = words[WORD_OUTPUT_LENGTH].saturating_sub(words[WORD_ASSOCIATED_LENGTH] + 32);
        words[WORD_OUTPUT_LENGTH] -= body % 16;
        words[WORD_INTEGRITY_KEY_LENGTH] = words[WORD_INTEGRITY_KEY_LENGTH].min(64);
    } else {
        words[WORD_SALT_LENGTH] = draw.one_of(&[0, 4]);
        words[WORD_IV_LENGTH] = 12 - words[WORD_SALT_LENGTH];
        words[WORD_KEY_LENGTH] += words[WORD_SALT_LENGTH];
    }
    // Where there is room for the key it lies in it.
    words[WORD_KEY_OFFSET] = draw.below(keys.saturating_sub(words[WORD_KEY_LENGTH] as usize) + 1) as u32;
    words
}

/// An offset and a length that stay within `room` octets.
fn place(draw: &mut Draw, words: &mut Words, offset: usize, room: usize) {
    let start = draw.below(room + 1);
    words[offset] = start as u32;
    words[offset + 1] = draw.below(room - start + 1) as u32;
}

fn small(draw: &mut Draw) -> u32 {
    if draw.below(2) == 0 {
        draw.one_of(&[0, 1, 2, 3, 4, 8, 12, 16, 20, 28, 32, 36, 48, 64])
    } else {
        draw.below(MAX_OCTETS) as u32
    }
}

fn any(draw: &mut Draw) -> u32 {
    match draw.below(3) {
        0 => small(draw),
        1 => draw.one_of(&[u32::MAX, u32::MAX - 15, 1 << 31, (1 << 31) - 1, 1 << 16]),
        _ => draw.word(),
    }
}
