//! A record that asks for a message to be sealed or opened.

use crate::aead::{NONCE_OCTETS, TAG_OCTETS};
use crate::keyed_hash::output_size;
use crate::layout::*;
use crate::record::Record;
use std::ops::Range;

/// No integrity algorithm has a longer key: HMAC-SHA2-512 has 64 octets.
pub const LONGEST_INTEGRITY_KEY: usize = 64;

const AES_BLOCK_OCTETS: usize = 16;

/// Where the keys of a batch are, and what their offsets count from.
#[derive(Clone, Copy)]
pub enum KeySource<'a> {
    /// Among the inputs, from their start.
    Inputs,
    /// For each member in its part of the outputs, where they have just been derived; without one the member is refused.
    Outputs(&'a [Option<Range<usize>>]),
}

/// A record whose words agree with each other. Holds places only, and no octet of a key.
pub struct Request {
    /// One of `CIPHER_…`.
    pub cipher: usize,
    /// One of `HASH_…`, for a cipher without an ICV of its own.
    pub hash: usize,
    /// Whether the keys are among the outputs.
    pub keys_in_outputs: bool,
    /// The key without its salt.
    pub key: Range<usize>,
    /// The salt, which stands behind the key.
    pub salt: Range<usize>,
    /// The key of the integrity algorithm.
    pub integrity_key: Range<usize>,
    /// Octets of ICV.
    pub icv_length: usize,
    /// The message.
    pub message: Range<usize>,
    iv_length: usize,
    associated_length: usize,
}

/// The parts of a message.
pub struct Parts<'m> {
    /// What stands in clear, and is authentic too.
    pub associated: &'m [u8],
    /// The part of the nonce that is sent.
    pub iv: &'m [u8],
    /// Plaintext or ciphertext.
    pub body: &'m mut [u8],
    /// The integrity check value.
    pub icv: &'m mut [u8],
}

impl Request {
    /// `None`: the record contradicts itself or the batch.
    pub fn read(record: Record, member: usize, keys: KeySource, inputs: usize, outputs: usize) -> Option<Self> {
        let region = match keys {
            KeySource::Inputs => 0..inputs,
            KeySource::Outputs(places) => places.get(member)?.clone()?,
        };
        let whole_key = record.place(&region, WORD_KEY_OFFSET)?;
        let salt_start = whole_key.end.checked_sub(record.word(WORD_SALT_LENGTH)).filter(|start| *start >= whole_key.start)?;
        let request = Self {
            cipher: record.word(WORD_CIPHER),
            hash: record.word(WORD_HASH),
            keys_in_outputs: matches!(keys, KeySource::Outputs(_)),
            key: whole_key.start..salt_start,
            salt: salt_start..whole_key.end,
            integrity_key: record.place(&region, WORD_INTEGRITY_KEY_OFFSET)?,
            icv_length: record.word(WORD_ICV_LENGTH),
            message: record.place(&(0..outputs), WORD_OUTPUT_OFFSET)?,
            iv_length: record.word(WORD_IV_LENGTH),
            associated_length: record.word(WORD_ASSOCIATED_LENGTH),
        };
        let overhead = request.associated_length.checked_add(request.iv_length)?;
        overhead.checked_add(request.icv_length)?;
        request.agrees().then_some(request)
    }

    fn agrees(&self) -> bool {
        let is_aead = self.salt.len().checked_add(self.iv_length) == Some(NONCE_OCTETS) && self.icv_length == TAG_OCTETS;
        match (self.cipher, self.key.len()) {
            (CIPHER_AES_GCM, 16 | 24 | 32) | (CIPHER_CHACHA20_POLY1305, 32) => is_aead,
            (CIPHER_AES_CBC, 16 | 24 | 32) => {
                let has_icv = output_size(self.hash).is_some_and(|most| (1..=most).contains(&self.icv_length));
                let key_fits = self.integrity_key.len() <= LONGEST_INTEGRITY_KEY;
                self.salt.is_empty() && self.iv_length == AES_BLOCK_OCTETS && has_icv && key_fits
            }
            _ => false,
        }
    }

    /// Whether the message has no room for its parts.
    pub fn is_too_short(&self) -> bool {
        self.message.len() < self.associated_length + self.iv_length + self.icv_length
    }

    /// The octets of a key.
    pub fn octets<'r>(&self, key: &Range<usize>, inputs: &'r [u8], outputs: &'r [u8]) -> &'r [u8] {
        &(if self.keys_in_outputs { outputs } else { inputs })[key.clone()]
    }

    /// salt | IV, of an AEAD.
    pub fn nonce(&self, inputs: &[u8], outputs: &[u8]) -> [u8; NONCE_OCTETS] {
        let iv_start = self.message.start + self.associated_length;
        let mut nonce = [0; NONCE_OCTETS];
        let (salt_place, iv_place) = nonce.split_at_mut(self.salt.len());
        salt_place.copy_from_slice(self.octets(&self.salt, inputs, outputs));
        iv_place.copy_from_slice(&outputs[iv_start..iv_start + self.iv_length]);
        nonce
    }

    /// The parts of the message, which is not too short.
    pub fn split<'m>(&self, outputs: &'m mut [u8]) -> Parts<'m> {
        let message = &mut outputs[self.message.clone()];
        let (associated, rest) = message.split_at_mut(self.associated_length);
        let (iv, rest) = rest.split_at_mut(self.iv_length);
        let (body, icv) = rest.split_at_mut(rest.len() - self.icv_length);
        Parts { associated, iv, body, icv }
    }
}
