//! AEADs of one message alone: ChaCha20-Poly1305 over this crate's ChaCha20 or RustCrypto's; AES-GCM over RustCrypto's code,
//! where there are no vector instructions.

use crate::gcm::NONCE_OCTETS;
use crate::layout::{CIPHER_AES_GCM, CIPHER_CHACHA20_POLY1305};
use crate::{chacha20_poly1305, vector};
use aes_gcm::aead::{inout::InOutBuf, AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;

const TAG_OCTETS: usize = 16;

type Tag = [u8; TAG_OCTETS];

/// Encrypts in place and gives the tag. `None`: there is no such cipher, or the key is not of its length.
pub fn seal(cipher: usize, key: &[u8], nonce: &[u8; NONCE_OCTETS], associated: &[u8], text: &mut [u8]) -> Option<Tag> {
    match (cipher, key.len()) {
        (CIPHER_CHACHA20_POLY1305, 32) if vector::USED => {
            Some(chacha20_poly1305::seal(key.try_into().ok()?, nonce, associated, text))
        }
        (CIPHER_CHACHA20_POLY1305, 32) if !vector::USED => {
            seal_with(&ChaCha20Poly1305::new_from_slice(key).ok()?, nonce, associated, text)
        }
        (CIPHER_AES_GCM, 16) if !vector::USED => seal_with(&Aes128Gcm::new_from_slice(key).ok()?, nonce, associated, text),
        (CIPHER_AES_GCM, 32) if !vector::USED => seal_with(&Aes256Gcm::new_from_slice(key).ok()?, nonce, associated, text),
        _ => None,
    }
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
    match (cipher, key.len()) {
        (CIPHER_CHACHA20_POLY1305, 32) if vector::USED => {
            Some(chacha20_poly1305::open(key.try_into().ok()?, nonce, associated, text, tag))
        }
        (CIPHER_CHACHA20_POLY1305, 32) if !vector::USED => {
            open_with(&ChaCha20Poly1305::new_from_slice(key).ok()?, nonce, associated, text, tag)
        }
        (CIPHER_AES_GCM, 16) if !vector::USED => open_with(&Aes128Gcm::new_from_slice(key).ok()?, nonce, associated, text, tag),
        (CIPHER_AES_GCM, 32) if !vector::USED => open_with(&Aes256Gcm::new_from_slice(key).ok()?, nonce, associated, text, tag),
        _ => None,
    }
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
