//! One request after the other, over RustCrypto's HMAC.

use super::{Operation, Request};
use crate::layout::*;
use hmac::{digest::OutputSizeUser, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

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

/// Serves one request, whose output is of a length that its prf has.
pub fn serve(operation: Operation, request: &Request, outputs: &mut [u8]) -> Option<usize> {
    with_hmac!(request.hash, serve_with(operation, request, outputs))
}

fn serve_with<M: Mac + KeyInit + Clone + OutputSizeUser>(
    operation: Operation,
    request: &Request,
    outputs: &mut [u8],
) -> Option<usize> {
    let keyed = <M as KeyInit>::new_from_slice(request.key).ok()?;
    let output = &mut outputs[request.output.clone()];
    match operation {
        Operation::Prf => output.copy_from_slice(&mac(&keyed, &[request.data])),
        Operation::Authenticate => output.copy_from_slice(&authentication(&keyed, request)),
        Operation::PrfPlus => expand(&keyed, request.seed, output),
        Operation::DeriveKeys => {
            let seed_key = mac(&keyed, &[request.data]);
            expand(&<M as KeyInit>::new_from_slice(&seed_key).ok()?, request.seed, output);
        }
        Operation::VerifyMac => return Some(verdict(&mac(&keyed, &[request.data]), request.mac)),
        Operation::VerifyAuthentication => return Some(verdict(&authentication(&keyed, request), request.mac)),
    }
    Some(STATUS_DONE)
}

/// Compares in constant time. MACs of different lengths are unequal; a length is no secret.
pub fn verdict(code: &[u8], mac: &[u8]) -> usize {
    let equal: bool = code.ct_eq(mac).into();
    if equal {
        STATUS_DONE
    } else {
        STATUS_NOT_AUTHENTIC
    }
}

fn authentication<M: Mac + Clone>(keyed: &M, request: &Request) -> hmac::digest::Output<M> {
    let maced_identity = mac(keyed, &[request.identity]);
    mac(keyed, &[request.data, request.seed, &maced_identity])
}

fn mac<M: Mac + Clone>(keyed: &M, parts: &[&[u8]]) -> hmac::digest::Output<M> {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes()
}

/// T1 = prf(K, S | 0x01), Tn = prf(K, Tn-1 | S | n). The key's two blocks were hashed once, for all outputs.
fn expand<M: Mac + Clone + OutputSizeUser>(keyed: &M, seed: &[u8], output: &mut [u8]) {
    let step = M::output_size();
    let mut previous = 0..0;
    for (start, count) in (0..output.len()).step_by(step).zip(1..=u8::MAX) {
        let code = mac(keyed, &[&output[previous], seed, &[count]]);
        let end = output.len().min(start + step);
        output[start..end].copy_from_slice(&code[..end - start]);
        previous = start..end;
    }
}
