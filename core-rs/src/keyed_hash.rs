//! prf and prf+ (RFC 7296, section 2.13) over HMAC (RFC 2104; RFC 4868), and what is made of them.

use crate::arena::Batch;
use crate::layout::*;
use crate::record::{for_each, Record};
use hmac::{digest::OutputSizeUser, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

/// prf+ counts its outputs in one octet, from 1.
const MAX_PRF_PLUS_OUTPUTS: usize = 255;

/// Calls a function that is generic over the MAC with the one that `hash` names.
macro_rules! with_hmac {
    ($hash:expr, $function:ident($($argument:expr),*)) => {
        match $hash {
            HASH_SHA1 => $function::<Hmac<Sha1>>($($argument),*),
            HASH_SHA256 => $function::<Hmac<Sha256>>($($argument),*),
            HASH_SHA384 => $function::<Hmac<Sha384>>($($argument),*),
            HASH_SHA512 => $function::<Hmac<Sha512>>($($argument),*),
            _ => None,
        }
    };
}
pub(crate) use with_hmac;

/// prf(key, data). The output has the prf's length.
pub fn prf(batch: Batch) {
    let Batch { records, inputs, outputs } = batch;
    for_each(records, |record| with_hmac!(record.word(WORD_HASH), prf_member(record, inputs, outputs)));
}

/// prf+(key, seed). The output has any length of 1 to 255 outputs of the prf.
pub fn prf_plus(batch: Batch) {
    let Batch { records, inputs, outputs } = batch;
    for_each(records, |record| with_hmac!(record.word(WORD_HASH), prf_plus_member(record, inputs, outputs)));
}

/// prf+(prf(key, data), seed): RFC 7296, section 2.14; RFC 5723, section 5.1.
pub fn derive_keys(batch: Batch) {
    let Batch { records, inputs, outputs } = batch;
    for_each(records, |record| with_hmac!(record.word(WORD_HASH), derive_keys_member(record, inputs, outputs)));
}

/// Compares prf(key, data) with the MAC, in constant time. There is no output.
pub fn verify_mac(batch: Batch) {
    let Batch { records, inputs, .. } = batch;
    for_each(records, |record| with_hmac!(record.word(WORD_HASH), verify_mac_member(record, inputs)));
}

fn prf_member<M: Mac + KeyInit>(record: Record, inputs: &[u8], outputs: &mut [u8]) -> Option<usize> {
    let code = keyed_with_data::<M>(record, inputs)?.finalize().into_bytes();
    let output = record.output(outputs)?;
    if output.len() != code.len() {
        return None;
    }
    output.copy_from_slice(&code);
    Some(STATUS_DONE)
}

fn prf_plus_member<M: Mac + KeyInit + Clone>(record: Record, inputs: &[u8], outputs: &mut [u8]) -> Option<usize> {
    let keyed = keyed::<M>(record, inputs)?;
    expand(&keyed, record.slice(inputs, WORD_SEED_OFFSET, WORD_SEED_LENGTH)?, record.output(outputs)?)
}

fn derive_keys_member<M: Mac + KeyInit + Clone>(record: Record, inputs: &[u8], outputs: &mut [u8]) -> Option<usize> {
    let seed_key = keyed_with_data::<M>(record, inputs)?.finalize().into_bytes();
    let keyed = <M as KeyInit>::new_from_slice(&seed_key).ok()?;
    expand(&keyed, record.slice(inputs, WORD_SEED_OFFSET, WORD_SEED_LENGTH)?, record.output(outputs)?)
}

fn verify_mac_member<M: Mac + KeyInit>(record: Record, inputs: &[u8]) -> Option<usize> {
    let code = keyed_with_data::<M>(record, inputs)?.finalize().into_bytes();
    let mac = record.slice(inputs, WORD_MAC_OFFSET, WORD_MAC_LENGTH)?;
    // Slices of different lengths compare as unequal; a length is no secret.
    let equal: bool = code.ct_eq(mac).into();
    Some(if equal { STATUS_DONE } else { STATUS_NOT_AUTHENTIC })
}

fn keyed<M: KeyInit>(record: Record, inputs: &[u8]) -> Option<M> {
    M::new_from_slice(record.slice(inputs, WORD_KEY_OFFSET, WORD_KEY_LENGTH)?).ok()
}

fn keyed_with_data<M: Mac + KeyInit>(record: Record, inputs: &[u8]) -> Option<M> {
    let mut mac: M = keyed(record, inputs)?;
    mac.update(record.slice(inputs, WORD_DATA_OFFSET, WORD_DATA_LENGTH)?);
    Some(mac)
}

/// T1 = prf(K, S | 0x01), Tn = prf(K, Tn-1 | S | n). The key's two blocks were hashed once, for all outputs.
fn expand<M: Mac + Clone + OutputSizeUser>(keyed: &M, seed: &[u8], output: &mut [u8]) -> Option<usize> {
    let step = M::output_size();
    if output.is_empty() || output.len() > MAX_PRF_PLUS_OUTPUTS * step {
        return None;
    }
    let mut written = 0usize;
    for count in 1..=MAX_PRF_PLUS_OUTPUTS as u8 {
        let mut mac = keyed.clone();
        if let Some(previous) = written.checked_sub(step) {
            mac.update(&output[previous..written]);
        }
        mac.update(seed);
        mac.update(&[count]);
        let code = mac.finalize().into_bytes();
        let length = step.min(output.len() - written);
        output[written..written + length].copy_from_slice(&code[..length]);
        written += length;
        if written == output.len() {
            break;
        }
    }
    Some(STATUS_DONE)
}
