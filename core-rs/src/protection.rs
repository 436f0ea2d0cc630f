//! Sealing and opening of messages and tickets: `associated data | IV | ciphertext | ICV`, in place.
//!
//! RFC 7296, section 3.14, with an AEAD as RFC 5282 (AES-GCM) and RFC 7634 (ChaCha20-Poly1305) have it: the nonce is salt | IV.
//! AES-CBC goes with an HMAC over all before the ICV, and nothing is decrypted before that was found right.

use crate::arena::Batch;
use crate::keyed_hash::with_hmac;
use crate::layout::*;
use crate::record::{for_each, Record};
use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, IvSizeUser};
use aes::{Aes128, Aes256};
use aes_gcm::aead::{inout::InOutBuf, AeadInOut};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

const NONCE_OCTETS: usize = 12;
const TAG_OCTETS: usize = 16;
const AES_BLOCK_OCTETS: usize = 16;

/// Encrypts the plaintext that stands at the ciphertext's place, and writes the ICV.
pub fn seal(batch: Batch) {
    let Batch { records, inputs, outputs } = batch;
    let mut schedule = Schedule::default();
    for_each(records, |record| seal_member(record, inputs, outputs, &mut schedule));
}

/// Verifies the ICV and decrypts. A message that is not authentic stays as it was.
pub fn open(batch: Batch) {
    let Batch { records, inputs, outputs } = batch;
    let mut schedule = Schedule::default();
    for_each(records, |record| open_member(record, inputs, outputs, &mut schedule));
}

fn seal_member(record: Record, inputs: &[u8], outputs: &mut [u8], schedule: &mut Schedule) -> Option<usize> {
    let request = Request::read(record, inputs)?;
    let message = record.output(outputs)?;
    let Parts { associated, iv, body, icv } = request.split(message)?;
    match schedule.expanded(&request)? {
        Expanded::Aes128Gcm(aead) => seal_aead(aead, request.nonce(iv)?, associated, body, icv)?,
        Expanded::Aes256Gcm(aead) => seal_aead(aead, request.nonce(iv)?, associated, body, icv)?,
        Expanded::ChaCha20Poly1305(aead) => seal_aead(aead, request.nonce(iv)?, associated, body, icv)?,
        Expanded::Aes128(cipher) => encrypt_cbc(cipher, iv, body)?,
        Expanded::Aes256(cipher) => encrypt_cbc(cipher, iv, body)?,
    }
    if request.cipher == CIPHER_AES_CBC {
        let (covered, icv) = message.split_at_mut(message.len() - request.icv_length);
        with_hmac!(request.hash, write_icv(request.integrity_key, covered, icv))?;
    }
    Some(STATUS_DONE)
}

fn open_member(record: Record, inputs: &[u8], outputs: &mut [u8], schedule: &mut Schedule) -> Option<usize> {
    let request = Request::read(record, inputs)?;
    let message = record.output(outputs)?;
    // How long a message is, is for its sender to say: too short is not authentic, not a contradiction.
    if message.len() < request.associated_length.checked_add(request.iv_length)?.checked_add(request.icv_length)? {
        return Some(STATUS_NOT_AUTHENTIC);
    }
    if request.cipher == CIPHER_AES_CBC {
        let (covered, icv) = message.split_at(message.len() - request.icv_length);
        if !with_hmac!(request.hash, has_icv(request.integrity_key, covered, icv))? {
            return Some(STATUS_NOT_AUTHENTIC);
        }
    }
    let Parts { associated, iv, body, icv } = request.split(message)?;
    let opened = match schedule.expanded(&request)? {
        Expanded::Aes128Gcm(aead) => open_aead(aead, request.nonce(iv)?, associated, body, icv)?,
        Expanded::Aes256Gcm(aead) => open_aead(aead, request.nonce(iv)?, associated, body, icv)?,
        Expanded::ChaCha20Poly1305(aead) => open_aead(aead, request.nonce(iv)?, associated, body, icv)?,
        Expanded::Aes128(cipher) => decrypt_cbc(cipher, iv, body)?,
        Expanded::Aes256(cipher) => decrypt_cbc(cipher, iv, body)?,
    };
    Some(if opened { STATUS_DONE } else { STATUS_NOT_AUTHENTIC })
}

/// A record whose words agree with each other.
struct Request<'a> {
    cipher: usize,
    hash: usize,
    key: &'a [u8],
    salt: &'a [u8],
    integrity_key: &'a [u8],
    iv_length: usize,
    icv_length: usize,
    associated_length: usize,
}

struct Parts<'m> {
    associated: &'m [u8],
    iv: &'m [u8],
    body: &'m mut [u8],
    icv: &'m mut [u8],
}

impl<'a> Request<'a> {
    fn read(record: Record, inputs: &'a [u8]) -> Option<Self> {
        let whole_key = record.slice(inputs, WORD_KEY_OFFSET, WORD_KEY_LENGTH)?;
        let (key, salt) = whole_key.split_at_checked(whole_key.len().checked_sub(record.word(WORD_SALT_LENGTH))?)?;
        let request = Self {
            cipher: record.word(WORD_CIPHER),
            hash: record.word(WORD_HASH),
            key,
            salt,
            integrity_key: record.slice(inputs, WORD_INTEGRITY_KEY_OFFSET, WORD_INTEGRITY_KEY_LENGTH)?,
            iv_length: record.word(WORD_IV_LENGTH),
            icv_length: record.word(WORD_ICV_LENGTH),
            associated_length: record.word(WORD_ASSOCIATED_LENGTH),
        };
        request.agrees().then_some(request)
    }

    fn agrees(&self) -> bool {
        if self.cipher == CIPHER_AES_CBC {
            self.salt.is_empty() && self.iv_length == AES_BLOCK_OCTETS && self.icv_length > 0
        } else {
            self.salt.len().checked_add(self.iv_length) == Some(NONCE_OCTETS) && self.icv_length == TAG_OCTETS
        }
    }

    fn split<'m>(&self, message: &'m mut [u8]) -> Option<Parts<'m>> {
        let (associated, rest) = message.split_at_mut_checked(self.associated_length)?;
        let (iv, rest) = rest.split_at_mut_checked(self.iv_length)?;
        let (body, icv) = rest.split_at_mut_checked(rest.len().checked_sub(self.icv_length)?)?;
        Some(Parts { associated, iv, body, icv })
    }

    fn nonce(&self, iv: &[u8]) -> Option<[u8; NONCE_OCTETS]> {
        let mut nonce = [0; NONCE_OCTETS];
        let (salt_place, iv_place) = nonce.split_at_mut_checked(self.salt.len())?;
        salt_place.copy_from_slice(self.salt);
        iv_place.copy_from_slice(iv);
        Some(nonce)
    }
}

/// A key expanded for its cipher.
enum Expanded {
    Aes128Gcm(Aes128Gcm),
    Aes256Gcm(Aes256Gcm),
    ChaCha20Poly1305(ChaCha20Poly1305),
    Aes128(Aes128),
    Aes256(Aes256),
}

impl Expanded {
    fn new(cipher: usize, key: &[u8]) -> Option<Self> {
        match (cipher, key.len()) {
            (CIPHER_AES_GCM, 16) => Aes128Gcm::new_from_slice(key).ok().map(Self::Aes128Gcm),
            (CIPHER_AES_GCM, 32) => Aes256Gcm::new_from_slice(key).ok().map(Self::Aes256Gcm),
            (CIPHER_CHACHA20_POLY1305, 32) => ChaCha20Poly1305::new_from_slice(key).ok().map(Self::ChaCha20Poly1305),
            (CIPHER_AES_CBC, 16) => Aes128::new_from_slice(key).ok().map(Self::Aes128),
            (CIPHER_AES_CBC, 32) => Aes256::new_from_slice(key).ok().map(Self::Aes256),
            _ => None,
        }
    }
}

/// The expanded key of the last member: tickets come many to one key, which stands in the inputs once.
#[derive(Default)]
struct Schedule {
    of: Option<(usize, *const u8, usize)>,
    expanded: Option<Expanded>,
}

impl Schedule {
    fn expanded(&mut self, request: &Request) -> Option<&Expanded> {
        // The inputs do not change during a batch, so the same place holds the same key.
        let of = Some((request.cipher, request.key.as_ptr(), request.key.len()));
        if self.of != of {
            self.of = of;
            self.expanded = Expanded::new(request.cipher, request.key);
        }
        self.expanded.as_ref()
    }
}

fn seal_aead<A: AeadInOut>(
    aead: &A,
    nonce: [u8; NONCE_OCTETS],
    associated: &[u8],
    body: &mut [u8],
    icv: &mut [u8],
) -> Option<()> {
    let nonce = nonce.as_slice().try_into().ok()?;
    let tag = aead.encrypt_inout_detached(nonce, associated, InOutBuf::from(body)).ok()?;
    icv.copy_from_slice(&tag);
    Some(())
}

fn open_aead<A: AeadInOut>(
    aead: &A,
    nonce: [u8; NONCE_OCTETS],
    associated: &[u8],
    body: &mut [u8],
    icv: &[u8],
) -> Option<bool> {
    let nonce = nonce.as_slice().try_into().ok()?;
    let tag = icv.try_into().ok()?;
    Some(aead.decrypt_inout_detached(nonce, associated, InOutBuf::from(body), tag).is_ok())
}

fn encrypt_cbc<C>(cipher: &C, iv: &[u8], body: &mut [u8]) -> Option<()>
where
    C: BlockCipherEncrypt,
    for<'c> cbc::Encryptor<&'c C>: InnerIvInit<Inner = &'c C> + BlockModeEncrypt + IvSizeUser,
{
    let mut chain = cbc::Encryptor::inner_iv_slice_init(cipher, iv).ok()?;
    let (blocks, rest) = Block::<cbc::Encryptor<&C>>::slice_as_chunks_mut(body);
    if !rest.is_empty() {
        return None;
    }
    chain.encrypt_blocks(blocks);
    Some(())
}

fn decrypt_cbc<C>(cipher: &C, iv: &[u8], body: &mut [u8]) -> Option<bool>
where
    C: BlockCipherDecrypt,
    for<'c> cbc::Decryptor<&'c C>: InnerIvInit<Inner = &'c C> + BlockModeDecrypt + IvSizeUser,
{
    let mut chain = cbc::Decryptor::inner_iv_slice_init(cipher, iv).ok()?;
    let (blocks, rest) = Block::<cbc::Decryptor<&C>>::slice_as_chunks_mut(body);
    if !rest.is_empty() {
        return Some(false);
    }
    chain.decrypt_blocks(blocks);
    Some(true)
}

fn write_icv<M: Mac + KeyInit>(key: &[u8], covered: &[u8], icv: &mut [u8]) -> Option<()> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(covered);
    icv.copy_from_slice(mac.finalize().into_bytes().get(..icv.len())?);
    Some(())
}

fn has_icv<M: Mac + KeyInit>(key: &[u8], covered: &[u8], icv: &[u8]) -> Option<bool> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(covered);
    Some(mac.verify_truncated_left(icv).is_ok())
}
