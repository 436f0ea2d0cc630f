//! prf and prf+ (RFC 7296, section 2.13) over HMAC (RFC 2104; RFC 4868), and what is made of them.
//!
//! HMAC-SHA2-256 goes four members at a time, of like lengths where the batch has such; the other hashes, and a member that is
//! alone, one by one.

pub mod lanes;
pub mod one_by_one;

use crate::arena::Batch;
use crate::layout::*;
use crate::record::{Record, Records};
use crate::sha256::{BLOCK_OCTETS, DIGEST_OCTETS, LANES};
use crate::vector;
use std::ops::Range;

/// prf+ counts its outputs in one octet, from 1.
const MAX_PRF_PLUS_OUTPUTS: usize = 255;

/// Requests with more blocks to hash than this are not told apart.
const MOST_WORK: usize = 63;

/// A record whose words agree with each other. What an operation does not use is empty.
#[derive(Clone)]
pub struct Request<'a> {
    /// One of `HASH_…`.
    pub hash: usize,
    /// The key.
    pub key: &'a [u8],
    /// What prf is taken of; the message that was sent.
    pub data: &'a [u8],
    /// The seed of prf+; the peer's nonce.
    pub seed: &'a [u8],
    /// What the identity's MAC is taken of.
    pub identity: &'a [u8],
    /// The MAC to verify.
    pub mac: &'a [u8],
    /// The place of the output.
    pub output: Range<usize>,
}

/// What is asked of a request.
#[derive(Clone, Copy, PartialEq)]
pub enum Operation {
    /// prf(key, data). The output has the prf's length.
    Prf,
    /// prf+(key, seed). The output has any length of 1 to 255 outputs of the prf.
    PrfPlus,
    /// prf+(prf(key, data), seed): RFC 7296, section 2.14; RFC 5723, section 5.1.
    DeriveKeys,
    /// Compares prf(key, data) with the MAC, in constant time. There is no output.
    VerifyMac,
    /// prf(key, data | seed | prf(key, identity)): AUTH (RFC 7296, section 2.15).
    Authenticate,
    /// Compares that with the MAC, in constant time. There is no output.
    VerifyAuthentication,
}

/// See [`Operation::Prf`].
pub fn prf(batch: Batch) {
    serve(Operation::Prf, Records::only(batch.records), batch.inputs, batch.outputs);
}

/// See [`Operation::PrfPlus`].
pub fn prf_plus(batch: Batch) {
    serve(Operation::PrfPlus, Records::only(batch.records), batch.inputs, batch.outputs);
}

/// See [`Operation::DeriveKeys`].
pub fn derive_keys(batch: Batch) {
    serve(Operation::DeriveKeys, Records::only(batch.records), batch.inputs, batch.outputs);
}

/// See [`Operation::VerifyMac`].
pub fn verify_mac(batch: Batch) {
    serve(Operation::VerifyMac, Records::only(batch.records), batch.inputs, batch.outputs);
}

/// Serves one record of each member.
pub fn serve(operation: Operation, mut records: Records, inputs: &[u8], outputs: &mut [u8]) {
    let mut in_lanes = Vec::new();
    for member in 0..records.len() {
        match Request::read(operation, records.get(member), inputs, outputs.len()) {
            Some(request) if request.hash == HASH_SHA256 && vector::USED => in_lanes.push((member, request)),
            request => {
                let status = request.and_then(|request| one_by_one::serve(operation, &request, outputs));
                records.set_status(member, status);
            }
        }
    }
    // Lanes that have as much to do as each other are done together.
    let order = by_work(&in_lanes);
    for group in order.chunks(LANES) {
        if let [at] = group {
            let (member, request) = &in_lanes[*at];
            records.set_status(*member, one_by_one::serve(operation, request, outputs));
        } else {
            let requests = std::array::from_fn(|lane| &in_lanes[*group.get(lane).unwrap_or(&group[0])].1);
            for (at, status) in group.iter().zip(lanes::serve(operation, requests, outputs)) {
                records.set_status(in_lanes[*at].0, Some(status));
            }
        }
    }
}

/// The places of requests, those with the least to do first; all with very much to do count as alike.
fn by_work(requests: &[(usize, Request)]) -> Vec<usize> {
    let mut starts = [0; MOST_WORK + 2];
    for (_, request) in requests {
        starts[request.work() + 1] += 1;
    }
    for work in 0..=MOST_WORK {
        starts[work + 1] += starts[work];
    }
    let mut order = vec![0; requests.len()];
    for (at, (_, request)) in requests.iter().enumerate() {
        let place = &mut starts[request.work()];
        order[*place] = at;
        *place += 1;
    }
    order
}

impl<'a> Request<'a> {
    fn read(operation: Operation, record: Record, inputs: &'a [u8], outputs: usize) -> Option<Self> {
        use Operation::*;
        let input = |used: bool, offset_word: usize| {
            if used {
                record.slice(inputs, offset_word, offset_word + 1)
            } else {
                Some(&[][..])
            }
        };
        let verifies = matches!(operation, VerifyMac | VerifyAuthentication);
        let authenticates = matches!(operation, Authenticate | VerifyAuthentication);
        let request = Self {
            hash: record.word(WORD_HASH),
            key: input(true, WORD_KEY_OFFSET)?,
            data: input(operation != PrfPlus, WORD_DATA_OFFSET)?,
            seed: input(authenticates || matches!(operation, PrfPlus | DeriveKeys), WORD_SEED_OFFSET)?,
            identity: input(authenticates, WORD_IDENTITY_OFFSET)?,
            mac: input(verifies, WORD_MAC_OFFSET)?,
            output: if verifies { 0..0 } else { record.output(outputs)? },
        };
        let size = output_size(request.hash)?;
        let fits = match operation {
            Prf | Authenticate => request.output.len() == size,
            PrfPlus | DeriveKeys => (1..=MAX_PRF_PLUS_OUTPUTS * size).contains(&request.output.len()),
            VerifyMac | VerifyAuthentication => true,
        };
        fits.then_some(request)
    }

    /// How many blocks there are to hash, roughly.
    fn work(&self) -> usize {
        let hashed = self.data.len() + self.seed.len();
        let expanded = self.output.len() / DIGEST_OCTETS * (self.seed.len() / BLOCK_OCTETS + 1);
        (hashed / BLOCK_OCTETS + self.identity.len() / BLOCK_OCTETS + expanded).min(MOST_WORK)
    }
}

/// Octets that the prf over a hash puts out.
pub fn output_size(hash: usize) -> Option<usize> {
    match hash {
        HASH_SHA1 => Some(20),
        HASH_SHA256 => Some(32),
        HASH_SHA384 => Some(48),
        HASH_SHA512 => Some(64),
        _ => None,
    }
}
