//! What the operations should give, by RustCrypto, for one member.

use crate::batch::Protection;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{inout::InOutBuf, AeadInOut};
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm};
use chacha20poly1305::ChaCha20Poly1305;
use hmac::{Hmac, KeyInit, Mac};
use ike_resume_core::layout::*;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

pub fn hash_length(hash: usize) -> usize {
    match hash {
        HASH_SHA1 => 20,
        HASH_SHA256 => 32,
        HASH_SHA384 => 48,
        _ => 64,
    }
}

pub fn hmac(hash: usize, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    match hash {
        HASH_SHA1 => hmac_of::<Hmac<Sha1>>(key, parts),
        HASH_SHA256 => hmac_of::<Hmac<Sha256>>(key, parts),
        HASH_SHA384 => hmac_of::<Hmac<Sha384>>(key, parts),
        _ => hmac_of::<Hmac<Sha512>>(key, parts),
    }
}

fn hmac_of<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// AUTH over a message, the peer's nonce and an identity (RFC 7296, section 2.15).
pub fn authentication(hash: usize, [key, message, nonce, identity]: [&[u8]; 4]) -> Vec<u8> {
    hmac(hash, key, &[message, nonce, &hmac(hash, key, &[identity])])
}

/// RFC 7296, section 2.13.
pub fn prf_plus(hash: usize, key: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut previous = Vec::new();
    for count in 1..=255u8 {
        previous = hmac(hash, key, &[&previous, seed, &[count]]);
        stream.extend_from_slice(&previous);
        if stream.len() >= length {
            break;
        }
    }
    stream.truncate(length);
    stream
}

/// associated data | IV | ciphertext | ICV.
pub fn seal(protection: &Protection, whole_key: &[u8], integrity_key: &[u8], parts: [&[u8]; 3]) -> Vec<u8> {
    let [associated, iv, plaintext] = parts;
    let (key, salt) = whole_key.split_at(whole_key.len() - protection.salt_length);
    let nonce = [salt, iv].concat();
    let (body, tag) = match (protection.cipher, key.len()) {
        (CIPHER_AES_GCM, 16) => seal_aead::<Aes128Gcm>(key, &nonce, associated, plaintext),
        (CIPHER_AES_GCM, 24) => seal_aead::<AesGcm<Aes192, U12>>(key, &nonce, associated, plaintext),
        (CIPHER_AES_GCM, _) => seal_aead::<Aes256Gcm>(key, &nonce, associated, plaintext),
        (CIPHER_CHACHA20_POLY1305, _) => seal_aead::<ChaCha20Poly1305>(key, &nonce, associated, plaintext),
        (_, 16) => (encrypt_cbc::<cbc::Encryptor<Aes128>>(key, iv, plaintext), Vec::new()),
        (_, 24) => (encrypt_cbc::<cbc::Encryptor<Aes192>>(key, iv, plaintext), Vec::new()),
        _ => (encrypt_cbc::<cbc::Encryptor<Aes256>>(key, iv, plaintext), Vec::new()),
    };
    let mut sealed = [associated, iv, &body, &tag].concat();
    if protection.cipher == CIPHER_AES_CBC {
        let icv = hmac(protection.hash, integrity_key, &[&sealed]);
        sealed.extend_from_slice(&icv[..protection.icv_length]);
    }
    sealed
}

fn seal_aead<A: AeadInOut + KeyInit>(key: &[u8], nonce: &[u8], associated: &[u8], plaintext: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let aead = A::new_from_slice(key).unwrap();
    let mut body = plaintext.to_vec();
    let nonce = nonce.try_into().unwrap();
    let tag = aead.encrypt_inout_detached(nonce, associated, InOutBuf::from(&mut body[..])).unwrap();
    (body, tag.to_vec())
}

fn encrypt_cbc<E: KeyIvInit + BlockModeEncrypt>(key: &[u8], iv: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut body = plaintext.to_vec();
    let mut chain = E::new_from_slices(key, iv).unwrap();
    body.chunks_exact_mut(16).for_each(|block| chain.encrypt_block(block.try_into().unwrap()));
    body
}
