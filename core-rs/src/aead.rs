//! AEADs of one message alone: ChaCha20-Poly1305 over this crate's ChaCha20 or RustCrypto's; AES-GCM over RustCrypto's code,
//! where there are no vector instructions.

use crate::layout::{CIPHER_AES_GCM, CIPHER_CHACHA20_POLY1305};
use crate::{chacha20_poly1305, vector};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{inout::InOutBuf, AeadInOut, KeyInit};
use aes_gcm::aes::Aes192;
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm};
use chacha20poly1305::ChaCha20Poly1305;

/// Octets in a nonce of every AEAD here (RFC 5282, section 4; RFC 7634, section 2).
pub const NONCE_OCTETS: usize = 12;
/// Octets in a tag of every AEAD here.
pub const TAG_OCTETS: usize = 16;

/// What shows that a message is authentic.
pub type Tag = [u8; TAG_OCTETS];

/// Which code serves which cipher for one message alone (`protection.rs`: AES-GCM, four at a time): `$kernel` is this crate's function,
/// which takes the key; `$rust_crypto` takes RustCrypto's AEAD. `None`: there is no such cipher here, or the key is not of its length.
macro_rules! with_aead {
    ($cipher:expr, $key:expr, $kernel:path, $rust_crypto:ident, ($($argument:expr),*)) => {
        match ($cipher, $key.len(), vector::USED) {
            (CIPHER_CHACHA20_POLY1305, 32, true) => Some($kernel($key.try_into().ok()?, $($argument),*)),
            (CIPHER_CHACHA20_POLY1305, 32, false) => {
                $rust_crypto(&ChaCha20Poly1305::new_from_slice($key).ok()?, $($argument),*)
            }
            (CIPHER_AES_GCM, 16, false) => $rust_crypto(&Aes128Gcm::new_from_slice($key).ok()?, $($argument),*),
            (CIPHER_AES_GCM, 24, false) => $rust_crypto(&AesGcm::<Aes192, U12>::new_from_slice($key).ok()?, $($argument),*),
            (CIPHER_AES_GCM, 32, false) => $rust_crypto(&Aes256Gcm::new_from_slice($key).ok()?, $($argument),*),
            _ => None,
        }
    };
}

/// Encrypts in place and gives the tag. `None`: there is no such cipher, or the key is not of its length.
pub fn seal(cipher: usize, key: &[u8], nonce: &[u8; NONCE_OCTETS], associated: &[u8], text: &mut [u8]) -> Option<Tag> {
    with_aead!(cipher, key, chacha20_poly1305::seal, seal_with, (nonce, associated, text))
}

/// Decrypts in place what the tag says is authentic; `Some(false)`, and the text as it was, where it does not.
pub fn open(
    cipher: usize,
    key: &[u8],
    nonce: &[u8; NONCE_OCTETS],
    associated: &[u8],
    text: &mut [u8],
    tag: &[u8],
) -> Option<bool> {
    with_aead!(cipher, key, chacha20_poly1305::open, open_with, (nonce, associated, text, tag))
}

fn seal_with<A: AeadInOut>(aead: &A, nonce: &[u8; NONCE_OCTETS], associated: &[u8], text: &mut [u8]) -> Option<Tag> {
    let nonce = nonce.as_slice().try_into().ok()?;
    let tag = aead.encrypt_inout_detached(nonce, associated, InOutBuf::from(text)).ok()?;
    tag.as_slice().try_into().ok()
}

fn open_with<A: AeadInOut>(
    aead: &A,
    nonce: &[u8; NONCE_OCTETS],
    associated: &[u8],
    text: &mut [u8],
    tag: &[u8],
) -> Option<bool> {
    let nonce = nonce.as_slice().try_into().ok()?;
    Some(aead.decrypt_inout_detached(nonce, associated, InOutBuf::from(text), tag.try_into().ok()?).is_ok())
}
