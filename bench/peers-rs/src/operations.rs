//! The operations of a resumption (RFC 5723, sections 4.3.3 and 5.1; RFC 7296, sections 2.13 to 2.17), for any library.

use crate::peer::{Peer, ICV_LENGTH, KEY_LENGTH, MAC_LENGTH, NONCE_LENGTH};

/// prf+(key, seed\[0\] | seed\[1\] | …), as many octets as `output` has: at most 255 outputs of the prf.
pub fn prf_plus<P: Peer>(key: &[u8], seed: &[&[u8]; 3], output: &mut [u8]) {
    let key = P::mac_key(key);
    let mut previous = [0; MAC_LENGTH];
    for (index, place) in output.chunks_mut(MAC_LENGTH).enumerate() {
        let before: &[u8] = if index == 0 { &[] } else { &previous };
        previous = P::mac(&key, &[before, seed[0], seed[1], seed[2], &[index as u8 + 1]]);
        place.copy_from_slice(&previous[..place.len()]);
    }
}

/// prf+(prf(key, data\[0\] | …), seed\[0\] | …): SKEYSEED and the keys of an IKE SA.
pub fn derive_keys<P: Peer>(key: &[u8], data: &[&[u8]; 3], seed: &[&[u8]; 3], output: &mut [u8]) {
    let skeyseed = P::mac(&P::mac_key(key), data);
    prf_plus::<P>(&skeyseed, seed, output);
}

/// AUTH: prf(key, real message | nonce | prf(key, rest of the ID payload)).
pub fn auth<P: Peer>(key: &[u8], real_message: &[u8], nonce: &[u8], id: &[u8]) -> [u8; MAC_LENGTH] {
    let key = P::mac_key(key);
    let maced_id = P::mac(&key, &[id]);
    P::mac(&key, &[real_message, nonce, &maced_id])
}

/// An AES key, and the salt that stands behind it.
pub fn expanded<P: Peer>(key: &[u8]) -> (P::AeadKey, &[u8]) {
    let (key, salt) = key.split_at(KEY_LENGTH);
    (P::aead_key(key), salt)
}

/// Seals `associated data | IV | plaintext | room for the ICV` in place.
pub fn seal<P: Peer>((key, salt): (&P::AeadKey, &[u8]), message: &mut [u8], clear_length: usize) {
    let (nonce, associated, body, icv) = split(salt, message, clear_length);
    icv.copy_from_slice(&P::seal(key, nonce, associated, body));
}

/// Opens `associated data | IV | ciphertext | ICV` in place. False: not authentic.
pub fn open<P: Peer>((key, salt): (&P::AeadKey, &[u8]), message: &mut [u8], clear_length: usize) -> bool {
    let (nonce, associated, body, icv) = split(salt, message, clear_length);
    P::open(key, nonce, associated, body, icv)
}

fn split<'m>(
    salt: &[u8],
    message: &'m mut [u8],
    clear_length: usize,
) -> ([u8; NONCE_LENGTH], &'m [u8], &'m mut [u8], &'m mut [u8]) {
    let (associated, rest) = message.split_at_mut(clear_length);
    let (iv, rest) = rest.split_at_mut(NONCE_LENGTH - salt.len());
    let (body, icv) = rest.split_at_mut(rest.len() - ICV_LENGTH);
    let mut nonce = [0; NONCE_LENGTH];
    nonce[..salt.len()].copy_from_slice(salt);
    nonce[salt.len()..].copy_from_slice(iv);
    (nonce, associated, body, icv)
}
