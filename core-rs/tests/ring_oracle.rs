//! Every operation against ring, with inputs of 0 to 2,000 octets.

mod batch;

use batch::*;
use ike_resume_core::layout::*;
use ike_resume_core::{keyed_hash, protection};
use ring::{aead, hkdf, hmac};

const MAX_LENGTH: usize = 2000;
const MEMBERS: usize = 400;

fn hashes() -> [(usize, hmac::Algorithm); 4] {
    [
        (HASH_SHA1, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        (HASH_SHA256, hmac::HMAC_SHA256),
        (HASH_SHA384, hmac::HMAC_SHA384),
        (HASH_SHA512, hmac::HMAC_SHA512),
    ]
}

#[test]
fn prf_is_hmac_for_keys_and_data_of_any_length() {
    for (hash, algorithm) in hashes() {
        let mut random = Random(1 + hash as u64);
        let mut batch = Request::default();
        let mut expected = Vec::new();
        for _ in 0..MEMBERS {
            let (key_length, data_length) = (random.below(300), random.below(MAX_LENGTH + 1));
            let (key, data) = (random.octets(key_length), random.octets(data_length));
            let tag = hmac::sign(&hmac::Key::new(algorithm, &key), &data);
            let place = vec![0; tag.as_ref().len()];
            batch.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, &key).input(WORD_DATA_OFFSET, &data).output(&place);
            expected.push(tag);
        }
        let answer = batch.run(keyed_hash::prf);
        for (member, tag) in expected.iter().enumerate() {
            assert_eq!(answer.statuses[member], STATUS_DONE);
            assert_eq!(answer.output(member), tag.as_ref());
        }
    }
}

#[test]
fn prf_plus_is_the_iteration_of_hmac_up_to_255_outputs() {
    for (hash, algorithm) in hashes() {
        let mut random = Random(10 + hash as u64);
        let step = algorithm.digest_algorithm().output_len();
        let mut batch = Request::default();
        let mut expected = Vec::new();
        for length in [1, step - 1, step, step + 1, 168, 3 * step, 255 * step - 1, 255 * step] {
            let (key, seed) = (random.octets(step), random.octets(48));
            expected.push(iterate(algorithm, &key, &seed, length));
            batch
                .member()
                .word(WORD_HASH, hash)
                .input(WORD_KEY_OFFSET, &key)
                .input(WORD_SEED_OFFSET, &seed)
                .output(&vec![0; length]);
        }
        let answer = batch.run(keyed_hash::prf_plus);
        for (member, stream) in expected.iter().enumerate() {
            assert_eq!(answer.statuses[member], STATUS_DONE);
            assert_eq!(answer.output(member), stream);
        }
    }
}

fn iterate(algorithm: hmac::Algorithm, key: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let key = hmac::Key::new(algorithm, key);
    let mut stream: Vec<u8> = Vec::new();
    let mut previous: Vec<u8> = Vec::new();
    for count in 1..=255u8 {
        previous = hmac::sign(&key, &[&previous, seed, &[count]].concat()).as_ref().to_vec();
        stream.extend_from_slice(&previous);
    }
    stream.truncate(length);
    stream
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[test]
fn key_derivation_is_hkdf() {
    let algorithms = [
        (HASH_SHA1, hkdf::HKDF_SHA1_FOR_LEGACY_USE_ONLY),
        (HASH_SHA256, hkdf::HKDF_SHA256),
        (HASH_SHA384, hkdf::HKDF_SHA384),
        (HASH_SHA512, hkdf::HKDF_SHA512),
    ];
    for (hash, algorithm) in algorithms {
        let mut random = Random(20 + hash as u64);
        let mut batch = Request::default();
        let mut expected = Vec::new();
        for _ in 0..MEMBERS {
            let lengths =
                [random.below(200), random.below(MAX_LENGTH + 1), random.below(MAX_LENGTH + 1), 1 + random.below(400)];
            let [key, data, seed] = [lengths[0], lengths[1], lengths[2]].map(|length| random.octets(length));
            let mut keys = vec![0; lengths[3]];
            let extracted = hkdf::Salt::new(algorithm, &key).extract(&data);
            extracted.expand(&[&seed], Length(keys.len())).unwrap().fill(&mut keys).unwrap();
            batch
                .member()
                .word(WORD_HASH, hash)
                .input(WORD_KEY_OFFSET, &key)
                .input(WORD_DATA_OFFSET, &data)
                .input(WORD_SEED_OFFSET, &seed)
                .output(&vec![0; keys.len()]);
            expected.push(keys);
        }
        let answer = batch.run(keyed_hash::derive_keys);
        for (member, keys) in expected.iter().enumerate() {
            assert_eq!(answer.statuses[member], STATUS_DONE);
            assert_eq!(answer.output(member), keys);
        }
    }
}

#[test]
fn a_mac_is_verified_only_whole_and_unchanged() {
    for (hash, algorithm) in hashes() {
        let mut random = Random(30 + hash as u64);
        let mut batch = Request::default();
        for member in 0..MEMBERS {
            let length = random.below(MAX_LENGTH + 1);
            let (key, data) = (random.octets(32), random.octets(length));
            let mut mac = hmac::sign(&hmac::Key::new(algorithm, &key), &data).as_ref().to_vec();
            let bit = random.below(mac.len() * 8);
            match member % 4 {
                0 => {}
                1 => mac[bit / 8] ^= 1 << (bit % 8),
                2 => mac.truncate(bit / 8),
                _ => mac.push(0),
            }
            batch
                .member()
                .word(WORD_HASH, hash)
                .input(WORD_KEY_OFFSET, &key)
                .input(WORD_DATA_OFFSET, &data)
                .input(WORD_MAC_OFFSET, &mac);
        }
        for (member, status) in batch.run(keyed_hash::verify_mac).statuses.into_iter().enumerate() {
            assert_eq!(status, if member % 4 == 0 { STATUS_DONE } else { STATUS_NOT_AUTHENTIC });
        }
    }
}

#[test]
fn an_aead_seals_as_ring_does_and_opens_only_what_is_unchanged() {
    let algorithms = [
        (AES_GCM, 16, &aead::AES_128_GCM),
        (AES_GCM, 32, &aead::AES_256_GCM),
        (CHACHA20_POLY1305, 32, &aead::CHACHA20_POLY1305),
    ];
    for (protection, key_length, algorithm) in algorithms {
        // A ticket has its whole nonce as IV; a message takes the start from the keying material.
        for protection in [protection, Protection { salt_length: 0, iv_length: 12, ..protection }] {
            let mut random = Random(40 + (key_length + protection.salt_length + protection.cipher) as u64);
            let mut sealing = Request::default();
            let mut members = Vec::new();
            for length in (0..=MAX_LENGTH).step_by(13).chain(0..70) {
                let associated_length = random.below(100);
                let key = random.octets(key_length + protection.salt_length);
                let (iv, associated) = (random.octets(protection.iv_length), random.octets(associated_length));
                let plaintext = random.octets(length);
                let message = [&associated[..], &iv, &plaintext, &[0; 16]].concat();
                protection.add(&mut sealing, &key, &[], associated_length, &message);
                let expected = seal_with_ring(algorithm, &key, key_length, &iv, &associated, &plaintext);
                members.push((key, associated_length, plaintext, expected));
            }
            let sealed = sealing.run(protection::seal);
            let mut opening = Request::default();
            for (member, (key, associated_length, _, expected)) in members.iter().enumerate() {
                assert_eq!(sealed.statuses[member], STATUS_DONE);
                assert_eq!(sealed.output(member), expected);
                protection.add(&mut opening, key, &[], *associated_length, expected);
                let mut forged = expected.clone();
                let bit = random.below(forged.len() * 8);
                forged[bit / 8] ^= 1 << (bit % 8);
                protection.add(&mut opening, key, &[], *associated_length, &forged);
            }
            let opened = opening.run(protection::open);
            for (member, (_, associated_length, plaintext, expected)) in members.iter().enumerate() {
                assert_eq!(opened.statuses[2 * member], STATUS_DONE);
                let start = associated_length + protection.iv_length;
                assert_eq!(opened.output(2 * member)[start..expected.len() - 16], plaintext[..]);
                assert_eq!(opened.statuses[2 * member + 1], STATUS_NOT_AUTHENTIC);
                let place = opening.records[2 * member + 1][WORD_OUTPUT_OFFSET] as usize;
                assert_eq!(opened.output(2 * member + 1), &opening.outputs[place..][..expected.len()], "left as it was");
            }
        }
    }
}

fn seal_with_ring(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    key_length: usize,
    iv: &[u8],
    associated: &[u8],
    plaintext: &[u8],
) -> Vec<u8> {
    let nonce = [&key[key_length..], iv].concat();
    let sealing = aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, &key[..key_length]).unwrap());
    let mut body = plaintext.to_vec();
    let nonce = aead::Nonce::try_assume_unique_for_key(&nonce).unwrap();
    sealing.seal_in_place_append_tag(nonce, aead::Aad::from(associated), &mut body).unwrap();
    [associated, iv, &body].concat()
}
