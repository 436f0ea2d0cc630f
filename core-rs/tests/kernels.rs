//! Each kernel beside its reference, RustCrypto's code for one message.

mod batch;

use ::aes::cipher::{BlockCipherEncrypt, KeyInit};
use ::aes_gcm::aead::{inout::InOutBuf, AeadInOut};
use batch::Random;
use hmac::{Hmac, Mac};
use ike_resume_core::aes::{encrypt, expand, RoundKeys};
use ike_resume_core::cbc_hmac;
use ike_resume_core::gcm::GcmKey;
use ike_resume_core::ghash::HashKey;
use ike_resume_core::hmac_sha256::{Keyed, Message};
use ike_resume_core::sha256::{block_of, compress, State};
use ike_resume_core::vector::Vector;
use ike_resume_core::{chacha20, chacha20_poly1305};
use sha2::Sha256;
use std::array::from_fn;

/// Miri takes minutes for what a processor does in a moment.
const TIMES: usize = if cfg!(miri) { 1 } else { 200 };
const LENGTHS: usize = if cfg!(miri) { 70 } else { 4097 };
const STEP: usize = if cfg!(miri) { 33 } else { 1 };

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[test]
fn four_blocks_are_compressed_as_one() {
    let mut random = Random(1);
    for _ in 0..TIMES {
        let rows: [[u8; 64]; 4] = from_fn(|_| random.octets(64).try_into().unwrap());
        let mut state = State::initial();
        compress(&mut state, &mut block_of(rows.each_ref()));
        let initial: [u32; 8] =
            [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
        let digests = state.digests();
        for (row, digest) in rows.iter().zip(&digests) {
            let mut reference = initial;
            sha2::block_api::compress256(&mut reference, &[*row]);
            let reference: Vec<u8> = reference.iter().flat_map(|word: &u32| word.to_be_bytes()).collect();
            assert_eq!(digest[..], reference);
        }
        assert_eq!(State::from_digests(digests.each_ref().map(|digest| &digest[..])).digests(), digests);
    }
}

#[test]
fn macs_of_every_length_in_every_lane_are_those_of_one() {
    let mut random = Random(2);
    let data = random.octets(LENGTHS);
    for length in (0..LENGTHS).step_by(STEP) {
        // The lanes end at different blocks; each length comes into each lane.
        let lengths: [usize; 4] = from_fn(|lane| (length + lane * 611) % LENGTHS);
        let keys: [Vec<u8>; 4] = from_fn(|lane| random.octets([32, 20, 64, 131][(length + lane) % 4]));
        let cuts = lengths.map(|length| random.below(length + 1));
        let messages = from_fn(|lane| Message([&data[..cuts[lane]], &data[cuts[lane]..lengths[lane]], &keys[0]]));
        let codes = Keyed::new(from_fn(|lane| &keys[lane][..])).mac(&messages).digests();
        for lane in 0..4 {
            assert_eq!(codes[lane], hmac(&keys[lane], &[&data[..lengths[lane]], &keys[0]]), "{lengths:?}");
        }
    }
}

#[test]
fn prf_plus_with_seeds_of_all_lengths_is_that_of_its_definition() {
    let mut random = Random(3);
    for length in 0..if cfg!(miri) { 2 } else { 300 } {
        let seeds: [Vec<u8>; 4] = from_fn(|lane| random.octets(if length % 2 == 0 { length } else { length * lane % 301 }));
        let keys: [Vec<u8>; 4] = from_fn(|_| random.octets(32));
        let count = 1 + random.below(if cfg!(miri) { 2 } else { 9 });
        let mut previous = [const { Vec::new() }; 4];
        Keyed::new(from_fn(|lane| &keys[lane][..])).expand(from_fn(|lane| &seeds[lane][..]), count, |at, digests| {
            for lane in 0..4 {
                assert_eq!(digests[lane], hmac(&keys[lane], &[&previous[lane], &seeds[lane], &[at as u8 + 1]]));
                previous[lane] = digests[lane].to_vec();
            }
        });
    }
}

#[test]
fn aes_is_that_of_the_reference_for_four_keys_at_once() {
    let mut random = Random(4);
    for _ in 0..TIMES {
        for length in [16, 24, 32] {
            let keys: [Vec<u8>; 4] = from_fn(|_| random.octets(length));
            let mut round_keys = [RoundKeys::none(); 4];
            expand(from_fn(|lane| &keys[lane][..]), &mut round_keys);
            for (key, round_keys) in keys.iter().zip(&round_keys) {
                let blocks: [[u8; 16]; 3] = from_fn(|_| random.octets(16).try_into().unwrap());
                let mut vectors = blocks.map(|block| Vector::load(&block));
                encrypt(round_keys, &mut vectors);
                for (block, vector) in blocks.into_iter().zip(vectors) {
                    let mut mine = [0; 16];
                    vector.store(&mut mine);
                    let mut reference = block.into();
                    match length {
                        16 => ::aes::Aes128::new_from_slice(key).unwrap().encrypt_block(&mut reference),
                        24 => ::aes::Aes192::new_from_slice(key).unwrap().encrypt_block(&mut reference),
                        _ => ::aes::Aes256::new_from_slice(key).unwrap().encrypt_block(&mut reference),
                    }
                    assert_eq!(mine, reference[..]);
                }
            }
        }
    }
}

#[test]
fn cbc_is_that_of_the_reference_with_every_key_length_and_any_number_of_blocks() {
    let mut random = Random(6);
    for key_length in [16, 24, 32] {
        for blocks in 0..if cfg!(miri) { 6 } else { 40 } {
            let (key, iv, text) = (random.octets(key_length), random.octets(16), random.octets(16 * blocks));
            let (mut mine, mut reference) = (text.clone(), text.clone());
            cbc_hmac::encrypt(&key, &iv, &mut mine).unwrap();
            match key_length {
                16 => cbc_reference::<::aes::Aes128>(&key, &iv, &mut reference),
                24 => cbc_reference::<::aes::Aes192>(&key, &iv, &mut reference),
                _ => cbc_reference::<::aes::Aes256>(&key, &iv, &mut reference),
            }
            assert_eq!(mine, reference, "{key_length} octets of key, {blocks} blocks");
            assert_eq!(cbc_hmac::decrypt(&key, &iv, &mut mine), Some(true));
            assert_eq!(mine, text);
        }
    }
    assert_eq!(cbc_hmac::encrypt(&[0; 16], &[0; 16], &mut [0; 17]), None);
    assert_eq!(cbc_hmac::decrypt(&[0; 16], &[0; 16], &mut [0; 17]), Some(false));
    assert_eq!(cbc_hmac::encrypt(&[0; 20], &[0; 16], &mut [0; 16]), None);
    assert_eq!(cbc_hmac::decrypt(&[0; 20], &[0; 16], &mut [0; 16]), None);
}

/// Block by block, by the cipher alone.
fn cbc_reference<C: BlockCipherEncrypt + KeyInit>(key: &[u8], iv: &[u8], text: &mut [u8]) {
    let cipher = C::new_from_slice(key).unwrap();
    let mut chained = iv.to_vec();
    for block in text.chunks_mut(16) {
        block.iter_mut().zip(&chained).for_each(|(octet, before)| *octet ^= before);
        cipher.encrypt_block(block.try_into().unwrap());
        chained = block.to_vec();
    }
}

#[test]
fn gcm_is_that_of_the_reference_at_every_length() {
    let mut random = Random(5);
    for length in (0..LENGTHS).step_by(STEP).filter(|length| *length < 400 || length % 37 == 0) {
        let key = random.octets(32);
        let mut round_keys = [RoundKeys::none(); 4];
        expand([&key; 4], &mut round_keys);
        let mut hash_key = HashKey::none();
        let mut mine = GcmKey::new(&round_keys[length % 4], &mut hash_key);
        let nonce: [u8; 12] = random.octets(12).try_into().unwrap();
        let associated = random.octets(length * 7 % 61);
        let text = random.octets(length);
        let (mut sealed, mut reference) = (text.clone(), text.clone());
        // Twice: a key keeps its hash key from the first message on.
        mine.seal(&nonce, &associated, &mut text.clone());
        let tag = mine.seal(&nonce, &associated, &mut sealed);
        let cipher = ::aes_gcm::Aes256Gcm::new_from_slice(&key).unwrap();
        let other = cipher.encrypt_inout_detached(&nonce.into(), &associated, InOutBuf::from(&mut reference[..])).unwrap();
        assert_eq!(sealed, reference);
        assert_eq!(tag, other[..]);
        let mut wrong = tag;
        wrong[length % 16] ^= 1;
        assert!(!mine.open(&nonce, &associated, &mut sealed, &wrong));
        assert_eq!(sealed, reference);
        assert!(mine.open(&nonce, &associated, &mut sealed, &tag));
        assert_eq!(sealed, text);
    }
}

#[test]
fn chacha20_gives_the_block_of_rfc_8439() {
    // Section 2.3.2.
    let key = from_fn(|at| at as u8);
    let nonce = [0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0];
    let mut stream = [0; chacha20::STRIDE_OCTETS];
    chacha20::blocks(&key, &nonce, 1, &mut stream);
    assert_eq!(stream[..16], [0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4]);
    assert_eq!(stream[60..64], [0xa2, 0x50, 0x3c, 0x4e]);
}

#[test]
fn chacha20_poly1305_is_that_of_the_reference_at_every_length() {
    let mut random = Random(6);
    for length in (0..LENGTHS).step_by(STEP).filter(|length| *length < 600 || length % 37 == 0) {
        let key: [u8; 32] = random.octets(32).try_into().unwrap();
        let nonce: [u8; 12] = random.octets(12).try_into().unwrap();
        let associated = random.octets(length * 7 % 61);
        let text = random.octets(length);
        let (mut sealed, mut reference) = (text.clone(), text.clone());
        let tag = chacha20_poly1305::seal(&key, &nonce, &associated, &mut sealed);
        let cipher = ::chacha20poly1305::ChaCha20Poly1305::new_from_slice(&key).unwrap();
        let other = cipher.encrypt_inout_detached(&nonce.into(), &associated, InOutBuf::from(&mut reference[..])).unwrap();
        assert_eq!(sealed, reference);
        assert_eq!(tag, other[..]);
        let mut wrong = tag;
        wrong[length % 16] ^= 1;
        assert!(!chacha20_poly1305::open(&key, &nonce, &associated, &mut sealed, &wrong));
        assert_eq!(sealed, reference);
        assert!(chacha20_poly1305::open(&key, &nonce, &associated, &mut sealed, &tag));
        assert_eq!(sealed, text);
    }
}
