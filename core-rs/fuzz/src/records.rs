//! Records that may say anything, through every operation.

use crate::batch::containment::check as check_containment;
use crate::batch::operations::OPERATIONS;
use crate::batch::{Request, Words};
use crate::draw::Draw;
use ike_resume_core::layout::*;

const MAX_MEMBERS: usize = if cfg!(miri) { 5 } else { 9 };
const MAX_OCTETS: usize = if cfg!(miri) { 250 } else { 600 };

pub fn check(draw: &mut Draw) {
    let (inputs, outputs) = (draw.below(MAX_OCTETS), draw.below(MAX_OCTETS));
    let mut request = Request { inputs: draw.octets(inputs), outputs: draw.octets(outputs), ..Request::default() };
    for _ in 0..1 + draw.below(MAX_MEMBERS) {
        let mut words = match draw.below(3) {
            0 => hashing(draw, inputs, outputs),
            1 => protection(draw, inputs, outputs),
            _ => std::array::from_fn(|_| small(draw)),
        };
        for _ in 0..draw.below(4) {
            words[draw.below(RECORD_WORDS)] = any(draw);
        }
        request.records.push(words);
    }
    for operation in OPERATIONS {
        let answer = check_containment(operation, &request);
        // What one operation left, others find: what seal wrote is authentic.
        if operation.name.starts_with("seal") {
            let next = Request { records: request.records.clone(), inputs: request.inputs.clone(), outputs: answer.outputs };
            OPERATIONS.iter().for_each(|operation| drop(check_containment(operation, &next)));
        }
    }
}

/// Words that agree, for prf, prf+, derivation and verification.
fn hashing(draw: &mut Draw, inputs: usize, outputs: usize) -> Words {
    let mut words = [0; RECORD_WORDS];
    words[WORD_HASH] = 1 + draw.below(4) as u32;
    for offset in [WORD_KEY_OFFSET, WORD_DATA_OFFSET, WORD_SEED_OFFSET] {
        place(draw, &mut words, offset, inputs);
    }
    place(draw, &mut words, WORD_MAC_OFFSET, inputs);
    words[WORD_MAC_LENGTH] = draw.one_of(&[20, 32, 48, 64]);
    place(draw, &mut words, WORD_OUTPUT_OFFSET, outputs);
    if draw.below(2) == 0 {
        words[WORD_OUTPUT_LENGTH] = [0, 20, 32, 48, 64][words[WORD_HASH] as usize];
    }
    words
}

/// Words that agree, for sealing and opening.
fn protection(draw: &mut Draw, inputs: usize, outputs: usize) -> Words {
    let mut words = [0; RECORD_WORDS];
    words[WORD_CIPHER] = 1 + draw.below(3) as u32;
    words[WORD_HASH] = 1 + draw.below(4) as u32;
    place(draw, &mut words, WORD_KEY_OFFSET, inputs);
    place(draw, &mut words, WORD_INTEGRITY_KEY_OFFSET, inputs);
    place(draw, &mut words, WORD_OUTPUT_OFFSET, outputs);
    words[WORD_KEY_LENGTH] = draw.one_of(&[16, 32]);
    words[WORD_IV_LENGTH] = 16;
    words[WORD_ICV_LENGTH] = 16;
    words[WORD_ASSOCIATED_LENGTH] = draw.one_of(&[0, 1, 28, 32, 64]);
    if words[WORD_CIPHER] as usize == CIPHER_AES_CBC {
        let body = words[WORD_OUTPUT_LENGTH].saturating_sub(words[WORD_ASSOCIATED_LENGTH] + 32);
        words[WORD_OUTPUT_LENGTH] -= body % 16;
    } else {
        words[WORD_SALT_LENGTH] = draw.one_of(&[0, 4]);
        words[WORD_IV_LENGTH] = 12 - words[WORD_SALT_LENGTH];
        words[WORD_KEY_LENGTH] += words[WORD_SALT_LENGTH];
    }
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
