//! AES-CBC (NIST SP 800-38A, section 6.2) over this crate's AES.

use crate::aes::decryption::decrypt as decrypt_blocks;
use crate::aes::{encrypt as encrypt_blocks, expand, RoundKeys, BLOCK_OCTETS, KEY_LANES};
use crate::vector::Vector;

/// Blocks that are decrypted side by side.
const STRIDE: usize = 4;

/// Encrypts in place. `None`: the text is no whole blocks, the IV is none, or the key is of no length that AES has.
pub fn encrypt(key: &[u8], iv: &[u8], text: &mut [u8]) -> Option<()> {
    let round_keys = round_keys_of(key)?;
    let mut chained = Vector::load(iv.try_into().ok()?);
    let (blocks, rest) = text.as_chunks_mut::<BLOCK_OCTETS>();
    if !rest.is_empty() {
        return None;
    }
    for octets in blocks {
        let mut block = [Vector::load(octets) ^ chained];
        encrypt_blocks(&round_keys, &mut block);
        chained = block[0];
        chained.store(octets);
    }
    Some(())
}

/// Decrypts in place. `Some(false)`: the text is no whole blocks.
pub fn decrypt(key: &[u8], iv: &[u8], text: &mut [u8]) -> Option<bool> {
    let round_keys = round_keys_of(key)?;
    let mut chained = Vector::load(iv.try_into().ok()?);
    let (blocks, rest) = text.as_chunks_mut::<BLOCK_OCTETS>();
    if !rest.is_empty() {
        return Some(false);
    }
    for part in blocks.chunks_mut(STRIDE) {
        let mut decrypted = [Vector::zero(); STRIDE];
        let decrypted = &mut decrypted[..part.len()];
        for (block, octets) in decrypted.iter_mut().zip(part.iter()) {
            *block = Vector::load(octets);
        }
        decrypt_blocks(&round_keys, decrypted);
        for (block, octets) in decrypted.iter().zip(part) {
            let ciphertext = Vector::load(octets);
            (*block ^ chained).store(octets);
            chained = ciphertext;
        }
    }
    Some(true)
}

fn round_keys_of(key: &[u8]) -> Option<RoundKeys> {
    if !matches!(key.len(), 16 | 24 | 32) {
        return None;
    }
    let mut expanded = [RoundKeys::none(); KEY_LANES];
    expand([key; KEY_LANES], &mut expanded);
    Some(expanded[0])
}
