//! ChaCha20 (RFC 8439, section 2.4): four blocks of one key stream at once, a word of each in a vector.

use crate::aead::NONCE_OCTETS;
use crate::vector::Vector;

/// Octets of a key.
pub const KEY_OCTETS: usize = 32;
/// Octets that are made at once.
pub const STRIDE_OCTETS: usize = 4 * BLOCK_OCTETS;

const BLOCK_OCTETS: usize = 64;
const DOUBLE_ROUNDS: usize = 10;

/// Four blocks of key stream from a counter on (RFC 8439, section 2.3).
pub fn blocks(key: &[u8; KEY_OCTETS], nonce: &[u8; NONCE_OCTETS], counter: u32, stream: &mut [u8; STRIDE_OCTETS]) {
    let start = initial(key, nonce, counter);
    let mut state = start;
    for _ in 0..DOUBLE_ROUNDS {
        // Written out, so that every word is a register's.
        quarter_round::<0, 4, 8, 12>(&mut state);
        quarter_round::<1, 5, 9, 13>(&mut state);
        quarter_round::<2, 6, 10, 14>(&mut state);
        quarter_round::<3, 7, 11, 15>(&mut state);
        quarter_round::<0, 5, 10, 15>(&mut state);
        quarter_round::<1, 6, 11, 12>(&mut state);
        quarter_round::<2, 7, 8, 13>(&mut state);
        quarter_round::<3, 4, 9, 14>(&mut state);
    }
    for (part, (words, added)) in state.chunks_exact(4).zip(start.chunks_exact(4)).enumerate() {
        let rows = Vector::transpose32([0, 1, 2, 3].map(|word| words[word].add32(added[word])));
        for (block, row) in rows.into_iter().enumerate() {
            row.write(&mut stream[BLOCK_OCTETS * block + 16 * part..]);
        }
    }
}

fn initial(key: &[u8; KEY_OCTETS], nonce: &[u8; NONCE_OCTETS], counter: u32) -> [Vector; 16] {
    let mut words = [0; 16];
    words[..4].copy_from_slice(&[b"expa", b"nd 3", b"2-by", b"te k"].map(|word| u32::from_le_bytes(*word)));
    for (word, octets) in words[4..12].iter_mut().zip(key.as_chunks().0) {
        *word = u32::from_le_bytes(*octets);
    }
    for (word, octets) in words[13..].iter_mut().zip(nonce.as_chunks().0) {
        *word = u32::from_le_bytes(*octets);
    }
    let mut state = words.map(Vector::splat32);
    let mut counters = [0; 16];
    for (lane, octets) in counters.chunks_exact_mut(4).enumerate() {
        octets.copy_from_slice(&counter.wrapping_add(lane as u32).to_le_bytes());
    }
    state[12] = Vector::load(&counters);
    state
}

/// RFC 8439, section 2.1.
#[inline(always)]
fn quarter_round<const A: usize, const B: usize, const C: usize, const D: usize>(state: &mut [Vector; 16]) {
    state[A] = state[A].add32(state[B]);
    state[D] = (state[D] ^ state[A]).rotate_left_16_in_words();
    state[C] = state[C].add32(state[D]);
    state[B] = (state[B] ^ state[C]).rotate_right32::<20, 12>();
    state[A] = state[A].add32(state[B]);
    state[D] = (state[D] ^ state[A]).rotate_left_8_in_words();
    state[C] = state[C].add32(state[D]);
    state[B] = (state[B] ^ state[C]).rotate_right32::<25, 7>();
}
