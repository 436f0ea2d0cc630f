//! Project Wycheproof's vectors through the batches, each file in one call. A file that has no fitting vector fails.

mod batch;

use batch::*;
use ike_resume_core::layout::*;
use ike_resume_core::{keyed_hash, protection};
use ring::hmac;
use wycheproof::TestResult;

#[test]
fn hmac_vectors() {
    use wycheproof::mac::{TestName, TestSet};
    let files = [
        (TestName::HmacSha1, HASH_SHA1, 20),
        (TestName::HmacSha256, HASH_SHA256, 32),
        (TestName::HmacSha384, HASH_SHA384, 48),
        (TestName::HmacSha512, HASH_SHA512, 64),
    ];
    for (name, hash, output_length) in files {
        let set = TestSet::load(name).unwrap();
        let vectors: Vec<_> = set.test_groups.iter().flat_map(|group| &group.tests).collect();
        let mut codes = Request::default();
        let mut verifications = Request::default();
        for vector in &vectors {
            let keyed = codes.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, &vector.key);
            keyed.input(WORD_DATA_OFFSET, &vector.msg).output(&vec![0; output_length]);
            let keyed = verifications.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, &vector.key);
            keyed.input(WORD_DATA_OFFSET, &vector.msg).input(WORD_MAC_OFFSET, &vector.tag);
        }
        let codes = codes.run(keyed_hash::prf);
        let verifications = verifications.run(keyed_hash::verify_mac);
        assert!(!vectors.is_empty());
        for (member, vector) in vectors.iter().enumerate() {
            let valid = vector.result == TestResult::Valid;
            assert_eq!(codes.statuses[member], STATUS_DONE);
            assert_eq!(codes.output(member)[..vector.tag.len()] == vector.tag[..], valid, "{name:?} {}", vector.tc_id);
            // Some vectors truncate the MAC; a prf's never is.
            let verified = verifications.statuses[member] == STATUS_DONE;
            assert_eq!(verified, valid && vector.tag.len() == output_length, "{name:?} {}", vector.tc_id);
        }
    }
}

#[test]
fn aead_vectors() {
    use wycheproof::aead::{TestName, TestSet};
    let files = [(TestName::AesGcm, AES_GCM), (TestName::ChaCha20Poly1305, CHACHA20_POLY1305)];
    for (name, protection) in files {
        let protection = Protection { salt_length: 0, iv_length: 12, ..protection };
        let set = TestSet::load(name).unwrap();
        let fitting =
            set.test_groups.iter().filter(|group| group.nonce_size == 96 && group.tag_size == 128 && group.key_size != 192);
        let vectors: Vec<_> = fitting.flat_map(|group| &group.tests).collect();
        assert!(vectors.len() > 100);
        let mut sealing = Request::default();
        let mut opening = Request::default();
        for vector in &vectors {
            let plain = [&vector.aad[..], &vector.nonce, &vector.pt, &[0; 16]].concat();
            protection.add(&mut sealing, &vector.key, &[], vector.aad.len(), &plain);
            let sealed = [&vector.aad[..], &vector.nonce, &vector.ct, &vector.tag].concat();
            protection.add(&mut opening, &vector.key, &[], vector.aad.len(), &sealed);
        }
        let sealed = sealing.run(protection::seal);
        let opened = opening.run(protection::open);
        for (member, vector) in vectors.iter().enumerate() {
            let valid = vector.result == TestResult::Valid;
            let body = vector.aad.len() + vector.nonce.len();
            assert_eq!(opened.statuses[member] == STATUS_DONE, valid, "{name:?} {}", vector.tc_id);
            if valid {
                assert_eq!(opened.output(member)[body..][..vector.pt.len()], vector.pt[..]);
                assert_eq!(sealed.output(member)[body..], [&vector.ct[..], &vector.tag].concat());
            }
        }
    }
}

#[test]
fn cbc_vectors_with_a_mac_of_ring() {
    use wycheproof::cipher::{TestName, TestSet};
    const INTEGRITY_KEY: [u8; 32] = [7; 32];
    let set = TestSet::load(TestName::AesCbcPkcs5).unwrap();
    let fitting = set.test_groups.iter().filter(|group| group.key_size != 192).flat_map(|group| &group.tests);
    // The padding is the caller's here; vectors with a bad one have no plaintext to compare with.
    let vectors: Vec<_> = fitting.filter(|vector| vector.result == TestResult::Valid).collect();
    assert!(vectors.len() > 40);
    let mut sealing = Request::default();
    let mut opening = Request::default();
    let mut expected = Vec::new();
    for vector in &vectors {
        let padding = 16 - vector.pt.len() % 16;
        let plaintext = [&vector.pt[..], &vec![padding as u8; padding]].concat();
        let covered = [&vector.nonce[..], &vector.ct].concat();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &INTEGRITY_KEY), &covered);
        let sealed = [&covered, &tag.as_ref()[..16]].concat();
        AES_CBC_SHA256.add(&mut sealing, &vector.key, &INTEGRITY_KEY, 0, &[&vector.nonce[..], &plaintext, &[0; 16]].concat());
        AES_CBC_SHA256.add(&mut opening, &vector.key, &INTEGRITY_KEY, 0, &sealed);
        expected.push((plaintext, sealed));
    }
    let sealed = sealing.run(protection::seal);
    let opened = opening.run(protection::open);
    for (member, (plaintext, whole)) in expected.iter().enumerate() {
        assert_eq!(sealed.output(member), whole);
        assert_eq!(opened.statuses[member], STATUS_DONE);
        assert_eq!(opened.output(member)[16..16 + plaintext.len()], plaintext[..]);
    }
}
