//! AES-GCM (NIST SP 800-38D) with nonces of 96 bits and tags of 128, over this crate's AES and GHASH.

use crate::aead::{Tag, NONCE_OCTETS, TAG_OCTETS};
use crate::aes::{encrypt, RoundKeys, BLOCK_OCTETS};
use crate::ghash::{Ghash, HashKey};
use crate::vector::Vector;
use subtle::ConstantTimeEq;

/// Blocks of key stream that are made side by side.
const STRIDE: usize = 6;
/// The counter of the block that covers the tag; the message's follow it.
const FIRST_COUNTER: u32 = 1;

/// A key, and the hash key that follows from it, once it was needed.
pub struct GcmKey<'k> {
    round_keys: &'k RoundKeys,
    hash_key: &'k mut HashKey,
    has_hash_key: bool,
}

impl<'k> GcmKey<'k> {
    /// Over round keys of AES of any key length. `hash_key` is room for one, whatever it holds: one for all keys of a batch, so that less of the
    /// stack is written and has to be wiped.
    pub fn new(round_keys: &'k RoundKeys, hash_key: &'k mut HashKey) -> Self {
        Self { round_keys, hash_key, has_hash_key: false }
    }

    /// Encrypts in place and gives the tag.
    pub fn seal(&mut self, nonce: &[u8; NONCE_OCTETS], associated: &[u8], text: &mut [u8]) -> Tag {
        let stream = self.begin(nonce);
        stream.add_to(text, self.round_keys);
        self.tag(associated, text, stream.first[0])
    }

    /// Decrypts in place what the tag says is authentic; `false`, and the text as it was, where it does not.
    pub fn open(&mut self, nonce: &[u8; NONCE_OCTETS], associated: &[u8], text: &mut [u8], claimed: &[u8]) -> bool {
        let stream = self.begin(nonce);
        let authentic: bool = self.tag(associated, text, stream.first[0]).ct_eq(claimed).into();
        if authentic {
            stream.add_to(text, self.round_keys);
        }
        authentic
    }

    /// The beginning of a key stream. A new key's hash key, the encryption of zeros, is made beside it: a block alone takes
    /// almost as long.
    fn begin(&mut self, nonce: &[u8; NONCE_OCTETS]) -> Stream {
        let mut start = [0; BLOCK_OCTETS];
        start[..NONCE_OCTETS].copy_from_slice(nonce);
        let start = Vector::load(&start);
        let mut blocks = [Vector::zero(); 1 + STRIDE];
        count_from(FIRST_COUNTER, start, &mut blocks[1..]);
        if self.has_hash_key {
            encrypt(self.round_keys, &mut blocks[1..]);
        } else {
            encrypt(self.round_keys, &mut blocks);
            self.hash_key.expand(blocks[0]);
            self.has_hash_key = true;
        }
        let [_, first @ ..] = blocks;
        Stream { start, first }
    }

    fn tag(&self, associated: &[u8], text: &[u8], mask: Vector) -> Tag {
        let mut hash = Ghash::new(self.hash_key);
        hash.update(associated);
        hash.update(text);
        let mut tag = [0; TAG_OCTETS];
        (hash.finish(associated.len(), text.len()) ^ mask).store(&mut tag);
        tag
    }
}

/// The key stream of one message: the nonce with a counter behind it, encrypted.
struct Stream {
    /// The nonce, with a counter of zero.
    start: Vector,
    /// The block that covers the tag, and those for the start of the text.
    first: [Vector; STRIDE],
}

impl Stream {
    fn add_to(&self, text: &mut [u8], round_keys: &RoundKeys) {
        let (head, rest) = text.split_at_mut(text.len().min((STRIDE - 1) * BLOCK_OCTETS));
        add(head, &self.first[1..]);
        let mut counter = FIRST_COUNTER;
        for part in rest.chunks_mut(STRIDE * BLOCK_OCTETS) {
            counter = counter.wrapping_add(STRIDE as u32);
            let mut blocks = [Vector::zero(); STRIDE];
            let blocks = &mut blocks[..part.len().div_ceil(BLOCK_OCTETS)];
            count_from(counter, self.start, blocks);
            encrypt(round_keys, blocks);
            add(part, blocks);
        }
    }
}

fn count_from(first: u32, start: Vector, blocks: &mut [Vector]) {
    for (block, at) in blocks.iter_mut().zip(0..) {
        *block = start ^ Vector::words([0, 0, 0, first.wrapping_add(at).swap_bytes()]);
    }
}

/// Adds blocks to octets, of which the last ones may be fewer than a block.
fn add(text: &mut [u8], stream: &[Vector]) {
    let (blocks, rest) = text.as_chunks_mut::<BLOCK_OCTETS>();
    for (block, key) in blocks.iter_mut().zip(stream) {
        (Vector::load(block) ^ *key).store(block);
    }
    if let Some(key) = stream.get(blocks.len()) {
        let mut last = [0; BLOCK_OCTETS];
        key.store(&mut last);
        for (octet, key) in rest.iter_mut().zip(last) {
            *octet ^= key;
        }
    }
}
