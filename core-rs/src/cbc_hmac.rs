//! AES-CBC (RFC 3602) with an HMAC over all before the ICV (RFC 4868; RFC 7296, section 3.14), one by one: AES
//! is this crate's ([`kernel`]), or RustCrypto's where there are no vector instructions; the HMAC is RustCrypto's. Nothing is decrypted before
//! the ICV was found right.

mod kernel;

use crate::keyed_hash::one_by_one::with_hmac;
use crate::layout::*;
use crate::vector;
use ::aes::cipher::{
    Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, IvSizeUser,
};
use ::aes::{Aes128, Aes192, Aes256};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

/// Octets that no hash here gives more than: SHA-512's.
const LONGEST_OUTPUT: usize = 64;

/// Encrypts in place. `None`: the text is no whole blocks, or the key is of no length that AES has.
pub fn encrypt(key: &[u8], iv: &[u8], text: &mut [u8]) -> Option<()> {
    if vector::USED {
        return kernel::encrypt(key, iv, text);
    }
    match key.len() {
        16 => encrypt_with(&Aes128::new_from_slice(key).ok()?, iv, text),
        24 => encrypt_with(&Aes192::new_from_slice(key).ok()?, iv, text),
        32 => encrypt_with(&Aes256::new_from_slice(key).ok()?, iv, text),
        _ => None,
    }
}

/// Decrypts in place. `Some(false)`: the text is no whole blocks.
pub fn decrypt(key: &[u8], iv: &[u8], text: &mut [u8]) -> Option<bool> {
    if vector::USED {
        return kernel::decrypt(key, iv, text);
    }
    match key.len() {
        16 => decrypt_with(&Aes128::new_from_slice(key).ok()?, iv, text),
        24 => decrypt_with(&Aes192::new_from_slice(key).ok()?, iv, text),
        32 => decrypt_with(&Aes256::new_from_slice(key).ok()?, iv, text),
        _ => None,
    }
}

/// Writes the ICV over `covered`.
pub fn write_icv(hash: usize, key: &[u8], covered: &[u8], icv: &mut [u8]) -> Option<()> {
    let mut code = [0; LONGEST_OUTPUT];
    let output = with_hmac!(hash, mac_with(key, covered, &mut code))?;
    icv.copy_from_slice(code[..output].get(..icv.len())?);
    Some(())
}

/// Whether the ICV is that over `covered`; compared in constant time.
pub fn has_icv(hash: usize, key: &[u8], covered: &[u8], icv: &[u8]) -> Option<bool> {
    let mut code = [0; LONGEST_OUTPUT];
    let output = with_hmac!(hash, mac_with(key, covered, &mut code))?;
    Some(code[..output].get(..icv.len())?.ct_eq(icv).into())
}

fn encrypt_with<C>(cipher: &C, iv: &[u8], text: &mut [u8]) -> Option<()>
where
    C: BlockCipherEncrypt,
    for<'c> cbc::Encryptor<&'c C>: InnerIvInit<Inner = &'c C> + BlockModeEncrypt + IvSizeUser,
{
    let mut chain = cbc::Encryptor::inner_iv_slice_init(cipher, iv).ok()?;
    let (blocks, rest) = Block::<cbc::Encryptor<&C>>::slice_as_chunks_mut(text);
    if !rest.is_empty() {
        return None;
    }
    chain.encrypt_blocks(blocks);
    Some(())
}

fn decrypt_with<C>(cipher: &C, iv: &[u8], text: &mut [u8]) -> Option<bool>
where
    C: BlockCipherDecrypt,
    for<'c> cbc::Decryptor<&'c C>: InnerIvInit<Inner = &'c C> + BlockModeDecrypt + IvSizeUser,
{
    let mut chain = cbc::Decryptor::inner_iv_slice_init(cipher, iv).ok()?;
    let (blocks, rest) = Block::<cbc::Decryptor<&C>>::slice_as_chunks_mut(text);
    if !rest.is_empty() {
        return Some(false);
    }
    chain.decrypt_blocks(blocks);
    Some(true)
}

/// Writes the whole code, and gives its length: the ICV is its start (RFC 4868, section 2.3).
fn mac_with<M: Mac + KeyInit>(key: &[u8], covered: &[u8], code: &mut [u8; LONGEST_OUTPUT]) -> Option<usize> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(covered);
    let output = mac.finalize().into_bytes();
    code[..output.len()].copy_from_slice(&output);
    Some(output.len())
}
