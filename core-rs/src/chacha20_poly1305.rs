//! ChaCha20-Poly1305 (RFC 8439, section 2.8): this crate's ChaCha20 with RustCrypto's Poly1305.

use crate::aead::{Tag, NONCE_OCTETS};
use crate::chacha20::{blocks, KEY_OCTETS, STRIDE_OCTETS};
use poly1305::universal_hash::{KeyInit, UniversalHash};
use poly1305::Poly1305;
use subtle::ConstantTimeEq;

/// Octets of the first block: 32 for the key of Poly1305, 32 that are not used (RFC 8439, section 2.6).
const BLOCK_OCTETS: usize = 64;
const POLY1305_KEY_OCTETS: usize = 32;
const STRIDE_BLOCKS: u32 = (STRIDE_OCTETS / BLOCK_OCTETS) as u32;

/// Encrypts in place and gives the tag.
pub fn seal(key: &[u8; KEY_OCTETS], nonce: &[u8; NONCE_OCTETS], associated: &[u8], text: &mut [u8]) -> Tag {
    let stream = Stream::new(key, nonce);
    stream.add_to(text);
    stream.tag(associated, text)
}

/// Decrypts in place what the tag says is authentic; `false`, and the text as it was, where it does not.
pub fn open(key: &[u8; KEY_OCTETS], nonce: &[u8; NONCE_OCTETS], associated: &[u8], text: &mut [u8], claimed: &[u8]) -> bool {
    let stream = Stream::new(key, nonce);
    let authentic: bool = stream.tag(associated, text).ct_eq(claimed).into();
    if authentic {
        stream.add_to(text);
    }
    authentic
}

/// The key stream of one message, of which the first part is there.
struct Stream<'k> {
    key: &'k [u8; KEY_OCTETS],
    nonce: &'k [u8; NONCE_OCTETS],
    first: [u8; STRIDE_OCTETS],
}

impl<'k> Stream<'k> {
    fn new(key: &'k [u8; KEY_OCTETS], nonce: &'k [u8; NONCE_OCTETS]) -> Self {
        let mut stream = Self { key, nonce, first: [0; STRIDE_OCTETS] };
        blocks(key, nonce, 0, &mut stream.first);
        stream
    }

    fn add_to(&self, text: &mut [u8]) {
        let (head, rest) = text.split_at_mut(text.len().min(STRIDE_OCTETS - BLOCK_OCTETS));
        add(head, &self.first[BLOCK_OCTETS..]);
        let mut counter = 0u32;
        for part in rest.chunks_mut(STRIDE_OCTETS) {
            let mut stream = [0; STRIDE_OCTETS];
            counter = counter.wrapping_add(STRIDE_BLOCKS);
            blocks(self.key, self.nonce, counter, &mut stream);
            add(part, &stream);
        }
    }

    fn tag(&self, associated: &[u8], text: &[u8]) -> Tag {
        let mut key = [0; POLY1305_KEY_OCTETS];
        key.copy_from_slice(&self.first[..POLY1305_KEY_OCTETS]);
        let mut poly = Poly1305::new(&key.into());
        poly.update_padded(associated);
        poly.update_padded(text);
        let mut lengths = [0; 16];
        lengths[..8].copy_from_slice(&(associated.len() as u64).to_le_bytes());
        lengths[8..].copy_from_slice(&(text.len() as u64).to_le_bytes());
        poly.update(&[lengths.into()]);
        poly.finalize().into()
    }
}

fn add(text: &mut [u8], stream: &[u8]) {
    for (octet, key) in text.iter_mut().zip(stream) {
        *octet ^= key;
    }
}
