//! Four requests at once, over this crate's HMAC-SHA2-256.

use super::one_by_one::verdict;
use super::{Operation, Request};
use crate::hmac_sha256::{Keyed, Message};
use crate::layout::STATUS_DONE;
use crate::sha256::{State, DIGEST_OCTETS, LANES};

/// Serves four requests of HMAC-SHA2-256, the same one more than once where there are fewer.
pub fn serve(operation: Operation, requests: [&Request; LANES], outputs: &mut [u8]) -> [usize; LANES] {
    let keyed = Keyed::new(requests.map(|request| request.key));
    match operation {
        Operation::Prf => put(&keyed.mac(&data(requests)), requests, outputs),
        Operation::Authenticate => put(&authentications(&keyed, requests), requests, outputs),
        Operation::VerifyMac => verdicts(&keyed.mac(&data(requests)), requests),
        Operation::VerifyAuthentication => verdicts(&authentications(&keyed, requests), requests),
        Operation::PrfPlus => expand(&keyed, requests, outputs),
        Operation::DeriveKeys => expand(&Keyed::from_digests(&keyed.mac(&data(requests))), requests, outputs),
    }
}

fn data<'a>(requests: [&Request<'a>; LANES]) -> [Message<'a>; LANES] {
    requests.map(|request| Message([request.data, &[], &[]]))
}

/// Both MACs of an AUTH are under the same key, whose blocks are hashed once.
fn authentications(keyed: &Keyed, requests: [&Request; LANES]) -> State {
    let maced = keyed.mac(&requests.map(|request| Message([request.identity, &[], &[]]))).digests();
    keyed.mac(&std::array::from_fn(|lane| Message([requests[lane].data, requests[lane].seed, &maced[lane]])))
}

fn put(codes: &State, requests: [&Request; LANES], outputs: &mut [u8]) -> [usize; LANES] {
    for (request, code) in requests.iter().zip(codes.digests()) {
        outputs[request.output.clone()].copy_from_slice(&code);
    }
    [STATUS_DONE; LANES]
}

fn verdicts(codes: &State, requests: [&Request; LANES]) -> [usize; LANES] {
    let codes = codes.digests();
    std::array::from_fn(|lane| verdict(&codes[lane], requests[lane].mac))
}

fn expand(keyed: &Keyed, requests: [&Request; LANES], outputs: &mut [u8]) -> [usize; LANES] {
    let longest = requests.iter().map(|request| request.output.len()).max().unwrap_or(0);
    keyed.expand(requests.map(|request| request.seed), longest.div_ceil(DIGEST_OCTETS), |at, digests| {
        for (request, digest) in requests.iter().zip(digests) {
            let output = &mut outputs[request.output.clone()];
            if let Some(rest) = output.get_mut(DIGEST_OCTETS * at..) {
                let length = rest.len().min(DIGEST_OCTETS);
                rest[..length].copy_from_slice(&digest[..length]);
            }
        }
    });
    [STATUS_DONE; LANES]
}
