//! prf, prf+, derivation and verification of mixed batches, some of whose members have to fail, against one by one.

use crate::batch::containment::run_apart;
use crate::batch::Request;
use crate::draw::Draw;
use crate::one_by_one::{hash_length, hmac, prf_plus};
use ike_resume_core::arena::Batch;
use ike_resume_core::keyed_hash;
use ike_resume_core::layout::*;

const MAX_MEMBERS: usize = if cfg!(miri) { 6 } else { 13 };
pub(crate) const MAX_DATA: usize = if cfg!(miri) { 200 } else { 4096 };
pub(crate) const MAX_KEY: usize = if cfg!(miri) { 150 } else { 300 };
pub(crate) const MAX_STREAM: usize = if cfg!(miri) { 150 } else { 500 };

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Prf,
    PrfPlus,
    DeriveKeys,
    VerifyMac,
}

/// A status and, where there is one, the output.
type Expected = (usize, Option<Vec<u8>>);

pub fn check(draw: &mut Draw) {
    let (kind, run): (Kind, fn(Batch)) = draw.one_of(&[
        (Kind::Prf, keyed_hash::prf as fn(Batch)),
        (Kind::PrfPlus, keyed_hash::prf_plus),
        (Kind::DeriveKeys, keyed_hash::derive_keys),
        (Kind::VerifyMac, keyed_hash::verify_mac),
    ]);
    // Often all of one hash and one length, which is what lanes are made for.
    let alike = draw.below(2) == 0;
    let common = (1 + draw.below(4), draw.length(MAX_DATA));
    let mut request = Request::default();
    let mut expected = Vec::new();
    for _ in 0..1 + draw.below(MAX_MEMBERS) {
        let (hash, length) = if alike { common } else { (1 + draw.below(4), draw.length(MAX_DATA)) };
        expected.push(add(draw, &mut request, kind, hash, length));
        if draw.once_in(8) {
            *expected.last_mut().unwrap() = spoil(draw, &mut request, kind);
        }
    }
    let outcome = run_apart(run, &request);
    for (member, (status, output)) in expected.into_iter().enumerate() {
        assert_eq!(outcome.statuses[member], status, "member {member}");
        let words = &request.records[member];
        if let Some(output) = output {
            let start = words[WORD_OUTPUT_OFFSET] as usize;
            assert!(outcome.outputs[start..start + output.len()] == output[..], "output of member {member}");
        }
    }
}

fn add(draw: &mut Draw, request: &mut Request, kind: Kind, hash: usize, length: usize) -> Expected {
    pad(draw, request);
    let key_length = if draw.below(2) == 0 { hash_length(hash) } else { draw.length(MAX_KEY) };
    let (key, data) = (draw.octets(key_length), draw.octets(length));
    let member = request.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, &key);
    if kind == Kind::Prf {
        member.input(WORD_DATA_OFFSET, &data).output(&vec![0x5a; hash_length(hash)]);
        return (STATUS_DONE, Some(hmac(hash, &key, &[&data])));
    }
    if kind == Kind::VerifyMac {
        let mut mac = hmac(hash, &key, &[&data]);
        let status = if draw.below(2) == 0 { STATUS_DONE } else { forge(draw, &mut mac) };
        member.input(WORD_DATA_OFFSET, &data).input(WORD_MAC_OFFSET, &mac);
        return (status, None);
    }
    let seed_length = draw.length(MAX_KEY);
    let seed = draw.octets(seed_length);
    let wanted =
        if !cfg!(miri) && draw.once_in(16) { 255 * hash_length(hash) - draw.below(2) } else { 1 + draw.length(MAX_STREAM) };
    let member = member.input(WORD_SEED_OFFSET, &seed).output(&vec![0x5a; wanted]);
    if kind == Kind::PrfPlus {
        return (STATUS_DONE, Some(prf_plus(hash, &key, &seed, wanted)));
    }
    member.input(WORD_DATA_OFFSET, &data);
    (STATUS_DONE, Some(prf_plus(hash, &hmac(hash, &key, &[&data]), &seed, wanted)))
}

/// The next places are no multiple of anything.
pub(crate) fn pad(draw: &mut Draw, request: &mut Request) {
    let padding = draw.below(5);
    request.inputs.resize(request.inputs.len() + padding, 0xa5);
    request.outputs.resize(request.outputs.len() + padding, 0xa5);
}

/// Makes a MAC that is right a wrong one, and gives the status of that.
pub(crate) fn forge(draw: &mut Draw, mac: &mut Vec<u8>) -> usize {
    let octet = draw.below(mac.len());
    match draw.below(4) {
        0 => mac.truncate(octet),
        1 => mac.push(0),
        _ => mac[octet] ^= 1 << draw.below(8),
    }
    STATUS_NOT_AUTHENTIC
}

/// Makes the last member one that has to be refused, whose output stays as it was.
fn spoil(draw: &mut Draw, request: &mut Request, kind: Kind) -> Expected {
    let outputs = request.outputs.clone();
    let words = request.records.last_mut().unwrap();
    let (start, length) = (words[WORD_OUTPUT_OFFSET] as usize, words[WORD_OUTPUT_LENGTH] as usize);
    match draw.below(4) {
        0 => words[WORD_HASH] = draw.one_of(&[0, 5, u32::MAX]),
        1 => words[WORD_KEY_OFFSET] = 1 << 24,
        2 => words[WORD_KEY_LENGTH] = u32::MAX,
        _ if kind == Kind::VerifyMac => words[WORD_MAC_LENGTH] = 1 << 24,
        _ => words[WORD_OUTPUT_OFFSET] = u32::MAX - 3,
    }
    if words[WORD_OUTPUT_OFFSET] as usize != start || kind == Kind::VerifyMac {
        return (STATUS_REFUSED, None);
    }
    (STATUS_REFUSED, Some(outputs[start..start + length].to_vec()))
}
