//! Sealing and opening of messages and tickets: `associated data | IV | ciphertext | ICV`, in place.
//!
//! RFC 7296, section 3.14, with an AEAD as RFC 5282 (AES-GCM) and RFC 7634 (ChaCha20-Poly1305) have it: the nonce is salt | IV.
//! AES-CBC goes with an HMAC over all before the ICV, and nothing is decrypted before that was found right.

pub mod request;

use crate::aes::{self, RoundKeys, KEY_LANES};
use crate::arena::Batch;
use crate::gcm::GcmKey;
use crate::ghash::HashKey;
use crate::layout::*;
use crate::record::Records;
use crate::{aead, cbc_hmac, vector};
use request::{KeySource, Parts, Request, LONGEST_INTEGRITY_KEY};

/// Octets of a key of AES-256 or ChaCha20.
const LONGEST_KEY: usize = 32;

/// What is done with a message.
#[derive(Clone, Copy, PartialEq)]
pub enum Direction {
    /// Encrypts the plaintext that stands at the ciphertext's place, and writes the ICV.
    Seal,
    /// Verifies the ICV and decrypts. A message that is not authentic stays as it was.
    Open,
}

/// A member and what it asks for.
type Waiting = (usize, Request);

/// See [`Direction::Seal`].
pub fn seal(batch: Batch) {
    serve(Direction::Seal, Records::only(batch.records), KeySource::Inputs, batch.inputs, batch.outputs);
}

/// See [`Direction::Open`].
pub fn open(batch: Batch) {
    serve(Direction::Open, Records::only(batch.records), KeySource::Inputs, batch.inputs, batch.outputs);
}

/// Serves one record of each member: AES-GCM with four keys at a time, the others one by one.
pub fn serve(direction: Direction, mut records: Records, keys: KeySource, inputs: &[u8], outputs: &mut [u8]) {
    let mut waiting = Vec::new();
    for member in 0..records.len() {
        match Request::read(records.get(member), member, keys, inputs.len(), outputs.len()) {
            None => records.set_status(member, None),
            // How long a message is, is for its sender to say: too short is not authentic, not a contradiction.
            Some(request) if request.is_too_short() => {
                records.set_status(member, (direction == Direction::Open).then_some(STATUS_NOT_AUTHENTIC));
            }
            Some(request) if request.cipher == CIPHER_AES_GCM && vector::USED => waiting.push((member, request)),
            Some(request) => records.set_status(member, one_by_one(direction, &request, inputs, outputs)),
        }
    }
    let mut rest = &waiting[..];
    while !rest.is_empty() {
        rest = serve_four_keys(direction, rest, &mut records, inputs, outputs);
    }
}

/// Takes as many requests from the start as have four keys of one length, and gives back the others. Of tickets there come many
/// to one key, which stands in the inputs once.
fn serve_four_keys<'w>(
    direction: Direction,
    waiting: &'w [Waiting],
    records: &mut Records,
    inputs: &[u8],
    outputs: &mut [u8],
) -> &'w [Waiting] {
    let length = waiting[0].1.key.len();
    let mut keys = [[0; LONGEST_KEY]; KEY_LANES];
    let mut runs = [&waiting[..0]; KEY_LANES];
    let mut rest = waiting;
    for (key, run) in keys.iter_mut().zip(&mut runs) {
        let Some((_, first)) = rest.first().filter(|(_, request)| request.key.len() == length) else { break };
        let same_key = rest.iter().take_while(|(_, request)| request.key == first.key).count();
        (*run, rest) = rest.split_at(same_key);
        key[..length].copy_from_slice(first.octets(&first.key, inputs, outputs));
    }
    let mut round_keys = [RoundKeys::none(); KEY_LANES];
    aes::expand(keys.each_ref().map(|key| &key[..length]), &mut round_keys);
    let mut hash_key = HashKey::none();
    for (run, round_keys) in runs.into_iter().zip(&round_keys) {
        serve_one_key(direction, GcmKey::new(round_keys, &mut hash_key), run, records, inputs, outputs);
    }
    rest
}

fn serve_one_key(
    direction: Direction,
    mut key: GcmKey,
    run: &[Waiting],
    records: &mut Records,
    inputs: &[u8],
    outputs: &mut [u8],
) {
    for (member, request) in run {
        let nonce = request.nonce(inputs, outputs);
        let Parts { associated, body, icv, .. } = request.split(outputs);
        let status = match direction {
            Direction::Seal => {
                icv.copy_from_slice(&key.seal(&nonce, associated, body));
                STATUS_DONE
            }
            Direction::Open => verdict(key.open(&nonce, associated, body, icv)),
        };
        records.set_status(*member, Some(status));
    }
}

fn one_by_one(direction: Direction, request: &Request, inputs: &[u8], outputs: &mut [u8]) -> Option<usize> {
    if request.cipher == CIPHER_AES_CBC {
        return with_separate_icv(direction, request, inputs, outputs);
    }
    let mut key = [0; LONGEST_KEY];
    let key = &mut key[..request.key.len()];
    key.copy_from_slice(request.octets(&request.key, inputs, outputs));
    let nonce = request.nonce(inputs, outputs);
    let Parts { associated, body, icv, .. } = request.split(outputs);
    match direction {
        Direction::Seal => {
            icv.copy_from_slice(&aead::seal(request.cipher, key, &nonce, associated, body)?);
            Some(STATUS_DONE)
        }
        Direction::Open => Some(verdict(aead::open(request.cipher, key, &nonce, associated, body, icv)?)),
    }
}

fn with_separate_icv(direction: Direction, request: &Request, inputs: &[u8], outputs: &mut [u8]) -> Option<usize> {
    let mut keys = [0; LONGEST_KEY + LONGEST_INTEGRITY_KEY];
    let (key, integrity_key) = keys.split_at_mut(LONGEST_KEY);
    let key = &mut key[..request.key.len()];
    let integrity_key = &mut integrity_key[..request.integrity_key.len()];
    key.copy_from_slice(request.octets(&request.key, inputs, outputs));
    integrity_key.copy_from_slice(request.octets(&request.integrity_key, inputs, outputs));
    let covered = request.message.start..request.message.end - request.icv_length;
    match direction {
        Direction::Seal => {
            let Parts { iv, body, .. } = request.split(outputs);
            cbc_hmac::encrypt(key, iv, body)?;
            let (before, icv) = outputs[request.message.clone()].split_at_mut(covered.len());
            cbc_hmac::write_icv(request.hash, integrity_key, before, icv)?;
            Some(STATUS_DONE)
        }
        Direction::Open => {
            let icv = &outputs[covered.end..request.message.end];
            if !cbc_hmac::has_icv(request.hash, integrity_key, &outputs[covered], icv)? {
                return Some(STATUS_NOT_AUTHENTIC);
            }
            let Parts { iv, body, .. } = request.split(outputs);
            cbc_hmac::decrypt(key, iv, body).map(verdict)
        }
    }
}

fn verdict(authentic: bool) -> usize {
    if authentic {
        STATUS_DONE
    } else {
        STATUS_NOT_AUTHENTIC
    }
}
