//! ring.

use crate::peer::{Peer, ICV_LENGTH, MAC_LENGTH, NONCE_LENGTH};
use ring::aead::{Aad, LessSafeKey, Nonce, Tag, UnboundKey, AES_256_GCM};
use ring::hmac;

/// See the module.
pub struct Ring;

impl Peer for Ring {
    type MacKey = hmac::Key;
    type AeadKey = LessSafeKey;

    fn mac_key(key: &[u8]) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, key)
    }

    fn mac(key: &hmac::Key, parts: &[&[u8]]) -> [u8; MAC_LENGTH] {
        let mut context = hmac::Context::with_key(key);
        for part in parts {
            context.update(part);
        }
        let mut mac = [0; MAC_LENGTH];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }

    #[allow(deprecated)] // there is no other name for it
    fn same(one: &[u8], other: &[u8]) -> bool {
        ring::constant_time::verify_slices_are_equal(one, other).is_ok()
    }

    fn aead_key(key: &[u8]) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 octets"))
    }

    fn seal(key: &LessSafeKey, nonce: [u8; NONCE_LENGTH], associated: &[u8], body: &mut [u8]) -> [u8; ICV_LENGTH] {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from(associated), body).expect("a short message");
        let mut icv = [0; ICV_LENGTH];
        icv.copy_from_slice(tag.as_ref());
        icv
    }

    fn open(key: &LessSafeKey, nonce: [u8; NONCE_LENGTH], associated: &[u8], body: &mut [u8], icv: &[u8]) -> bool {
        let Ok(tag) = Tag::try_from(icv) else { return false };
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.open_in_place_separate_tag(nonce, Aad::from(associated), tag, body, 0..).is_ok()
    }
}
