//! Batches as a caller writes them, and octets that look random but are the same in every run.

// Each test program uses a part of this.
#![allow(dead_code)]

pub mod containment;
pub mod operations;

use ike_resume_core::arena::{Arena, Batch};
use ike_resume_core::layout::*;

/// Miri takes a thousand times as long: of many cases that differ little it gets every eighth.
pub const EVERY: usize = if cfg!(miri) { 8 } else { 1 };

pub type Words = [u32; RECORD_WORDS];

#[derive(Default)]
pub struct Request {
    pub records: Vec<Words>,
    pub inputs: Vec<u8>,
    pub outputs: Vec<u8>,
}

pub struct Answer {
    pub statuses: Vec<usize>,
    pub outputs: Vec<u8>,
    records: Vec<Words>,
}

impl Request {
    pub fn member(&mut self) -> Member<'_> {
        self.records.push([0; RECORD_WORDS]);
        Member { batch: self }
    }

    /// Runs the operation in an arena of its own and wipes that.
    pub fn run(&self, operation: fn(Batch)) -> Answer {
        let mut arena = Arena::new();
        let table = self.records.len() * RECORD_OCTETS;
        let size = table + self.inputs.len() + self.outputs.len();
        let address = arena.reserve(size).expect("room for the batch");
        assert_eq!(address as usize % 16, 0);
        let octets = arena.octets();
        for (place, word) in octets.chunks_exact_mut(4).zip(self.records.iter().flatten()) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        octets[table..][..self.inputs.len()].copy_from_slice(&self.inputs);
        octets[table + self.inputs.len()..][..self.outputs.len()].copy_from_slice(&self.outputs);
        operation(arena.batch(self.records.len(), self.inputs.len(), self.outputs.len()).expect("the batch fits"));
        let words: Vec<u32> =
            arena.octets()[..table].chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
        let outputs = arena.octets()[table + self.inputs.len()..][..self.outputs.len()].to_vec();
        arena.wipe(size);
        assert!(arena.octets()[..size].iter().all(|octet| *octet == 0), "wiped");
        Answer {
            statuses: words.chunks_exact(RECORD_WORDS).map(|record| record[WORD_STATUS] as usize).collect(),
            outputs,
            records: self.records.clone(),
        }
    }
}

impl Answer {
    pub fn output(&self, member: usize) -> &[u8] {
        let record = &self.records[member];
        &self.outputs[record[WORD_OUTPUT_OFFSET] as usize..][..record[WORD_OUTPUT_LENGTH] as usize]
    }
}

/// The record that is being written, the last of the batch.
pub struct Member<'a> {
    batch: &'a mut Request,
}

impl Member<'_> {
    pub fn word(self, index: usize, value: usize) -> Self {
        self.batch.records.last_mut().unwrap()[index] = value as u32;
        self
    }

    pub fn input(self, offset_word: usize, octets: &[u8]) -> Self {
        let offset = self.batch.inputs.len();
        self.batch.inputs.extend_from_slice(octets);
        self.word(offset_word, offset).word(offset_word + 1, octets.len())
    }

    pub fn output(self, octets: &[u8]) -> Self {
        let offset = self.batch.outputs.len();
        self.batch.outputs.extend_from_slice(octets);
        self.word(WORD_OUTPUT_OFFSET, offset).word(WORD_OUTPUT_LENGTH, octets.len())
    }
}

/// How a message is protected, in the words of a record.
#[derive(Clone, Copy)]
pub struct Protection {
    pub cipher: usize,
    pub salt_length: usize,
    pub iv_length: usize,
    pub hash: usize,
    pub icv_length: usize,
}

pub const AES_GCM: Protection = aead(CIPHER_AES_GCM);
pub const CHACHA20_POLY1305: Protection = aead(CIPHER_CHACHA20_POLY1305);
pub const AES_CBC_SHA256: Protection =
    Protection { cipher: CIPHER_AES_CBC, salt_length: 0, iv_length: 16, hash: HASH_SHA256, icv_length: 16 };

const fn aead(cipher: usize) -> Protection {
    Protection { cipher, salt_length: 4, iv_length: 8, hash: 0, icv_length: 16 }
}

impl Protection {
    /// Adds a member whose message is as given: to be sealed, with room for the ICV, or to be opened.
    pub fn add(self, batch: &mut Request, key: &[u8], integrity_key: &[u8], associated: usize, message: &[u8]) {
        batch
            .member()
            .word(WORD_CIPHER, self.cipher)
            .word(WORD_HASH, self.hash)
            .word(WORD_SALT_LENGTH, self.salt_length)
            .word(WORD_IV_LENGTH, self.iv_length)
            .word(WORD_ICV_LENGTH, self.icv_length)
            .word(WORD_ASSOCIATED_LENGTH, associated)
            .input(WORD_KEY_OFFSET, key)
            .input(WORD_INTEGRITY_KEY_OFFSET, integrity_key)
            .output(message);
    }
}

/// Vigna's xorshift64*: for test inputs only.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    pub fn octets(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| (self.next() >> 56) as u8).collect()
    }
}
