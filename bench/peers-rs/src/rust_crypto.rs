//! RustCrypto: hmac, sha2 and aes-gcm.

use crate::peer::{Peer, ICV_LENGTH, MAC_LENGTH, NONCE_LENGTH};
use aes_gcm::aead::{inout::InOutBuf, AeadInOut};
use aes_gcm::Aes256Gcm;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// See the module.
pub struct RustCrypto;

impl Peer for RustCrypto {
    type MacKey = Hmac<Sha256>;
    type AeadKey = Aes256Gcm;

    fn mac_key(key: &[u8]) -> Hmac<Sha256> {
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length")
    }

    fn mac(key: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; MAC_LENGTH] {
        let mut state = key.clone();
        for part in parts {
            state.update(part);
        }
        state.finalize().into_bytes().into()
    }

    fn same(one: &[u8], other: &[u8]) -> bool {
        one.ct_eq(other).into()
    }

    fn aead_key(key: &[u8]) -> Aes256Gcm {
        <Aes256Gcm as KeyInit>::new_from_slice(key).expect("32 octets")
    }

    fn seal(key: &Aes256Gcm, nonce: [u8; NONCE_LENGTH], associated: &[u8], body: &mut [u8]) -> [u8; ICV_LENGTH] {
        key.encrypt_inout_detached(&nonce.into(), associated, InOutBuf::from(body)).expect("a short message").into()
    }

    fn open(key: &Aes256Gcm, nonce: [u8; NONCE_LENGTH], associated: &[u8], body: &mut [u8], icv: &[u8]) -> bool {
        let Ok(tag) = icv.try_into() else { return false };
        key.decrypt_inout_detached(&nonce.into(), associated, InOutBuf::from(body), tag).is_ok()
    }
}
