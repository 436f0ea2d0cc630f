//! AES encryption (FIPS 197) by vector permutation: one block in a vector, every look-up a permutation of a register, so that
//! no address and no branch depends on a secret. The mathematics is told in [`tables`].
//!
//! The round keys of four sessions are made at once, a word of each in a vector.

pub mod decryption;
pub mod tables;

use crate::vector::Vector;
use std::hint::black_box;
use tables::*;

/// Octets in a block.
pub const BLOCK_OCTETS: usize = 16;
/// Sessions whose keys are expanded at once.
pub const KEY_LANES: usize = 4;

const MAXIMUM_ROUNDS: usize = 14;

/// A key that has been expanded, in the form in which the rounds add it.
#[derive(Clone, Copy)]
pub struct RoundKeys {
    keys: [Vector; MAXIMUM_ROUNDS + 1],
    rounds: usize,
}

impl RoundKeys {
    /// Before there is a key.
    pub fn none() -> Self {
        Self { keys: [Vector::zero(); MAXIMUM_ROUNDS + 1], rounds: 0 }
    }
}

/// Expands four keys of one length, 16, 24 or 32 octets.
pub fn expand(keys: [&[u8]; KEY_LANES], expanded: &mut [RoundKeys; KEY_LANES]) {
    match keys[0].len() {
        16 => expand_words::<4>(keys, expanded),
        24 => expand_six_words(keys, expanded),
        _ => expand_words::<8>(keys, expanded),
    }
}

/// Four keys of six 32-bit words, whose schedule does not go by whole round keys: word by word.
fn expand_six_words(keys: [&[u8]; KEY_LANES], expanded: &mut [RoundKeys; KEY_LANES]) {
    const WORDS: usize = 6;
    const ROUNDS: usize = 12;
    let boxes = Boxes::new();
    let split = Map::new(&boxes.tables.split);
    let mut words = [Vector::zero(); 4 * (ROUNDS + 1)];
    let first = keys.map(|key| boxes.map(&split, Vector::read(key)));
    words[..4].copy_from_slice(&Vector::transpose32(first));
    // The last four words of each key, of which the first two are there already.
    let last = keys.map(|key| boxes.map(&split, Vector::read(&key[8..])));
    words[4..WORDS].copy_from_slice(&Vector::transpose32(last)[2..]);
    for at in WORDS..words.len() {
        let before = words[at - 1];
        words[at] = words[at - WORDS] ^ if at % WORDS == 0 { rotated_word(&boxes, before, at / WORDS) } else { before };
    }
    for round in 0..=ROUNDS {
        let [a, b, c, d] = [0, 1, 2, 3].map(|word| words[4 * round + word]);
        for (key, lane) in expanded.iter_mut().zip(Vector::transpose32([a, b, c, d])) {
            key.keys[round] = arranged(&boxes, lane, round, ROUNDS);
        }
    }
    for key in expanded {
        key.rounds = ROUNDS;
    }
}

/// SubWord(RotWord(word)) and the `number`th round constant, from 1 (FIPS 197, section 5.2).
#[inline(always)]
fn rotated_word(boxes: &Boxes, word: Vector, number: usize) -> Vector {
    let substitute = Map::new(&boxes.tables.substitute);
    let constant = Vector::splat32(u32::from(ROUND_CONSTANTS_SPLIT[number - 1]));
    let rotated = word.lookup(Vector::load(&NEXT_ROW[0]));
    substitute.of(&boxes.invert(rotated)) ^ Vector::splat8(AFFINE_CONSTANT_SPLIT) ^ constant
}

/// Four keys of `WORDS` 32-bit words: 4 or 8 (FIPS 197, section 5.2).
fn expand_words<const WORDS: usize>(keys: [&[u8]; KEY_LANES], expanded: &mut [RoundKeys; KEY_LANES]) {
    let rounds = WORDS + 6;
    let boxes = Boxes::new();
    let split = Map::new(&boxes.tables.split);
    let mut words = [Vector::zero(); WORDS];
    for part in 0..WORDS / 4 {
        let rows = keys.map(|key| boxes.map(&split, Vector::read(&key[16 * part..])));
        words[4 * part..4 * part + 4].copy_from_slice(&Vector::transpose32(rows));
    }
    for round in 0..=rounds {
        let first = 4 * round % WORDS;
        if round >= WORDS / 4 {
            next_words::<WORDS>(&boxes, &mut words, first, round);
        }
        let lanes = Vector::transpose32([words[first], words[first + 1], words[first + 2], words[first + 3]]);
        for (key, lane) in expanded.iter_mut().zip(lanes) {
            key.keys[round] = arranged(&boxes, lane, round, rounds);
        }
    }
    for key in expanded {
        key.rounds = rounds;
    }
}

/// The next four words of the schedule take the place of those that are `WORDS` behind them.
#[inline(always)]
fn next_words<const WORDS: usize>(boxes: &Boxes, words: &mut [Vector; WORDS], first: usize, round: usize) {
    let substitute = Map::new(&boxes.tables.substitute);
    let before = words[(first + WORDS - 1) % WORDS];
    let affine_constant = Vector::splat8(AFFINE_CONSTANT_SPLIT);
    let mut previous = if first == 0 {
        // Where all words have been replaced once more, RotWord and a round constant come in.
        rotated_word(boxes, before, 4 * round / WORDS)
    } else {
        substitute.of(&boxes.invert(before)) ^ affine_constant
    };
    for word in &mut words[first..first + 4] {
        *word ^= previous;
        previous = *word;
    }
}

/// A round key as the rounds want it: in their order, and with what their S-box leaves out.
#[inline(always)]
fn arranged(boxes: &Boxes, key: Vector, round: usize, rounds: usize) -> Vector {
    if round == 0 {
        key
    } else if round < rounds {
        (key ^ Vector::splat8(AFFINE_CONSTANT_SPLIT)).lookup(Vector::load(&ORDERS_INVERSE[round % 4]))
    } else {
        boxes.map(&Map::new(&boxes.tables.join), key) ^ Vector::splat8(AFFINE_CONSTANT)
    }
}

/// Encrypts blocks under one key. Four and more keep a processor busy: in each round one stands behind the other, and none
/// waits for it.
#[inline(never)]
pub fn encrypt(key: &RoundKeys, blocks: &mut [Vector]) {
    let boxes = Boxes::new();
    let split = Map::new(&boxes.tables.split);
    for block in blocks.iter_mut() {
        *block = boxes.map(&split, *block) ^ key.keys[0];
    }
    let substitute = Map::new(&boxes.tables.substitute);
    let substitute_doubled = Map::new(&boxes.tables.substitute_doubled);
    for round in 1..key.rounds {
        let round_key = key.keys[round];
        let next_row = Vector::load(&NEXT_ROW[round % 4]);
        let previous_row = Vector::load(&PREVIOUS_ROW[round % 4]);
        for block in blocks.iter_mut() {
            let sums = boxes.invert(*block);
            let single = substitute.of(&sums);
            // MixColumns: 2s + 3t + u + v, with t, u and v further down the column (FIPS 197, section 5.1.3).
            let mixed = substitute_doubled.of(&sums) ^ single.lookup(next_row);
            *block = mixed.lookup(next_row) ^ (mixed ^ single.lookup(previous_row)) ^ round_key;
        }
    }
    let substitute_plain = Map::new(&boxes.tables.substitute_plain);
    let order = Vector::load(&ORDERS[key.rounds % 4]);
    for block in blocks.iter_mut() {
        *block = substitute_plain.of(&boxes.invert(*block)).lookup(order) ^ key.keys[key.rounds];
    }
}

/// The tables of the S-box in registers.
///
/// They come from memory whose content the compiler must not know: as constants in the code, engines build each of them anew
/// wherever it is used, and that takes longer than the look-ups.
struct Boxes {
    low_bits: Vector,
    reciprocal: Vector,
    quotient: Vector,
    tables: &'static Tables,
}

struct Tables {
    low_bits: Table,
    reciprocal: Table,
    quotient: Table,
    split: Linear,
    join: Linear,
    substitute: Linear,
    substitute_doubled: Linear,
    substitute_plain: Linear,
}

static TABLES: Tables = Tables {
    low_bits: [0x0f; 16],
    reciprocal: RECIPROCAL,
    quotient: QUOTIENT,
    split: SPLIT,
    join: JOIN,
    substitute: SUBSTITUTE,
    substitute_doubled: SUBSTITUTE_DOUBLED,
    substitute_plain: SUBSTITUTE_PLAIN,
};

/// A linear function in registers.
struct Map {
    low: Vector,
    high: Vector,
}

/// N/(k + ai) and N/(k + aj).
struct Sums {
    first: Vector,
    second: Vector,
}

impl Boxes {
    #[inline(always)]
    fn new() -> Self {
        let tables = black_box(&TABLES);
        Self {
            low_bits: Vector::load(&tables.low_bits),
            reciprocal: Vector::load(&tables.reciprocal),
            quotient: Vector::load(&tables.quotient),
            tables,
        }
    }

    #[inline(always)]
    fn halves(&self, octets: Vector) -> (Vector, Vector) {
        (octets.shift_right32::<4>() & self.low_bits, octets & self.low_bits)
    }

    #[inline(always)]
    fn map(&self, map: &Map, octets: Vector) -> Vector {
        let (high, low) = self.halves(octets);
        map.high.lookup(high) ^ map.low.lookup(low)
    }

    /// Both sums of the inversion of (i, k).
    #[inline(always)]
    fn invert(&self, octets: Vector) -> Sums {
        let (i, k) = self.halves(octets);
        let j = i ^ k;
        let quotient = self.quotient.lookup(k);
        let first = self.reciprocal.lookup(i) ^ quotient;
        let second = self.reciprocal.lookup(j) ^ quotient;
        Sums { first: self.reciprocal.lookup(first) ^ j, second: self.reciprocal.lookup(second) ^ i }
    }
}

impl Map {
    #[inline(always)]
    fn new(function: &Linear) -> Self {
        Self { low: Vector::load(&function.low), high: Vector::load(&function.high) }
    }

    #[inline(always)]
    fn of(&self, sums: &Sums) -> Vector {
        self.low.lookup(sums.first) ^ self.high.lookup(sums.second)
    }
}
