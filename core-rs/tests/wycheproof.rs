//! Project Wycheproof's vectors through the batches: all of one operation in one mixed batch, several times, so that each vector stands in each
//! of four positions and beside members that fail. A file that has no fitting vector fails.

mod batch;

use batch::*;
use ike_resume_core::arena::Batch;
use ike_resume_core::layout::*;
use ike_resume_core::{keyed_hash, protection};
use ring::hmac;
use wycheproof::TestResult;

/// How many members may be worked on side by side.
const POSITIONS: usize = 4;

/// One vector for one operation.
struct Vector {
    name: String,
    add: Box<dyn Fn(&mut Request)>,
    status: usize,
    /// What the output begins with; empty where there is none.
    output: Vec<u8>,
    /// Whether the output must not begin with that.
    is_other: bool,
}

impl Vector {
    fn new(name: String, status: usize, output: Vec<u8>, add: impl Fn(&mut Request) + 'static) -> Self {
        Self { name, add: Box::new(add), status, output, is_other: false }
    }
}

/// Runs the vectors of several files, taken by turns, behind 0 to 3 members that fail; and then with more of those between them.
fn check_in_every_position(operation: fn(Batch), files: Vec<Vec<Vector>>, failing: fn(&mut Request)) {
    let longest = files.iter().map(Vec::len).max().unwrap();
    let mixed = || (0..longest).flat_map(|place| files.iter().filter_map(move |file| file.get(place)));
    let in_order = || files.iter().flatten();
    for before in 0..POSITIONS {
        let begin = || (0..before).map(|_| None);
        check_batch(operation, begin().chain(mixed().map(Some)).collect(), failing);
        check_batch(operation, begin().chain(in_order().map(Some)).collect(), failing);
        let gap = |index: usize| (index % 3 == before % 3).then_some(None);
        let with_gaps = mixed().enumerate().flat_map(|(index, vector)| [Some(Some(vector)), gap(index)]).flatten();
        check_batch(operation, begin().chain(with_gaps).collect(), failing);
    }
}

fn check_batch(operation: fn(Batch), members: Vec<Option<&Vector>>, failing: fn(&mut Request)) {
    let mut request = Request::default();
    for member in &members {
        match member {
            Some(vector) => (vector.add)(&mut request),
            None => failing(&mut request),
        }
    }
    let answer = request.run(operation);
    for (member, vector) in members.into_iter().enumerate() {
        let Some(vector) = vector else {
            assert_ne!(answer.statuses[member], STATUS_DONE, "a member that has to fail");
            continue;
        };
        assert_eq!(answer.statuses[member], vector.status, "{}", vector.name);
        let output = answer.output(member);
        let is_equal = output.get(..vector.output.len()) == Some(&vector.output[..]);
        assert_eq!(is_equal, !vector.is_other, "{}", vector.name);
    }
}

#[test]
fn hmac_vectors() {
    use wycheproof::mac::{TestName, TestSet};
    let files = [
        (TestName::HmacSha1, HASH_SHA1, 20),
        (TestName::HmacSha256, HASH_SHA256, 32),
        (TestName::HmacSha384, HASH_SHA384, 48),
        (TestName::HmacSha512, HASH_SHA512, 64),
    ];
    let (mut codes, mut verifications) = (Vec::new(), Vec::new());
    for (name, hash, output_length) in files {
        let tests: Vec<_> = TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests).collect();
        assert!(!tests.is_empty());
        let vectors = tests.iter().map(|test| {
            let (key, data) = (test.key.clone(), test.msg.clone());
            let add = move |batch: &mut Request| {
                let keyed = batch.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, &key);
                keyed.input(WORD_DATA_OFFSET, &data).output(&vec![0; output_length]);
            };
            let vector = Vector::new(format!("{name:?} {}", test.tc_id), STATUS_DONE, test.tag.to_vec(), add);
            Vector { is_other: test.result != TestResult::Valid, ..vector }
        });
        codes.push(vectors.collect());
        let vectors = tests.iter().map(|test| {
            let (key, data, tag) = (test.key.clone(), test.msg.clone(), test.tag.clone());
            // Some vectors truncate the MAC; a prf's never is.
            let is_whole = test.result == TestResult::Valid && test.tag.len() == output_length;
            let status = if is_whole { STATUS_DONE } else { STATUS_NOT_AUTHENTIC };
            Vector::new(format!("{name:?} {}", test.tc_id), status, Vec::new(), move |batch| {
                let keyed = batch.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, &key);
                keyed.input(WORD_DATA_OFFSET, &data).input(WORD_MAC_OFFSET, &tag);
            })
        });
        verifications.push(vectors.collect());
    }
    let failing = |batch: &mut Request| {
        let keyed = batch.member().word(WORD_HASH, HASH_SHA256).input(WORD_KEY_OFFSET, &[1; 32]);
        keyed.input(WORD_DATA_OFFSET, &[2; 64]).output(&[0; 33]);
    };
    check_in_every_position(keyed_hash::prf, codes, failing);
    check_in_every_position(keyed_hash::verify_mac, verifications, failing);
}

#[test]
fn cipher_vectors() {
    use wycheproof::aead::TestName;
    let aeads = [(TestName::AesGcm, AES_GCM), (TestName::ChaCha20Poly1305, CHACHA20_POLY1305)];
    let aeads = aeads.into_iter().map(|(name, protection)| aead_vectors(name, protection));
    let (sealing, opening) = aeads.chain([cbc_vectors_with_a_mac_of_ring()]).unzip();
    check_in_every_position(protection::seal, sealing, |batch| {
        AES_GCM.add(batch, &[1; 35], &[], 28, &[0; 28 + 8 + 40 + 16]);
    });
    check_in_every_position(protection::open, opening, |batch| {
        AES_GCM.add(batch, &[1; 36], &[], 28, &[0; 28 + 8 + 40 + 16]);
    });
}

/// Vectors to seal, and to open.
fn aead_vectors(name: wycheproof::aead::TestName, protection: Protection) -> (Vec<Vector>, Vec<Vector>) {
    let protection = Protection { salt_length: 0, iv_length: 12, ..protection };
    let groups = wycheproof::aead::TestSet::load(name).unwrap().test_groups.into_iter();
    let fitting = groups.filter(|group| group.nonce_size == 96 && group.tag_size == 128);
    let (mut sealing, mut opening) = (Vec::new(), Vec::new());
    for test in fitting.flat_map(|group| group.tests) {
        let plain = [&test.aad[..], &test.nonce, &test.pt, &[0; 16]].concat();
        let opened = [&test.aad[..], &test.nonce, &test.pt, &test.tag].concat();
        let sealed = [&test.aad[..], &test.nonce, &test.ct, &test.tag].concat();
        let valid = test.result == TestResult::Valid;
        let name = format!("{name:?} {}", test.tc_id);
        let (key, associated) = (test.key.clone(), test.aad.len());
        if valid {
            sealing.push(Vector::new(name.clone(), STATUS_DONE, sealed.clone(), move |batch| {
                protection.add(batch, &key, &[], associated, &plain);
            }));
        }
        let key = test.key.clone();
        let (status, expected) = if valid { (STATUS_DONE, opened) } else { (STATUS_NOT_AUTHENTIC, sealed.clone()) };
        opening.push(Vector::new(name, status, expected, move |batch| {
            protection.add(batch, &key, &[], associated, &sealed);
        }));
    }
    assert!(opening.len() > 100);
    (sealing, opening)
}

fn cbc_vectors_with_a_mac_of_ring() -> (Vec<Vector>, Vec<Vector>) {
    use wycheproof::cipher::{TestName, TestSet};
    const INTEGRITY_KEY: [u8; 32] = [7; 32];
    let groups = TestSet::load(TestName::AesCbcPkcs5).unwrap().test_groups.into_iter();
    let tests = groups.flat_map(|group| group.tests);
    let (mut sealing, mut opening) = (Vec::new(), Vec::new());
    // The padding is the caller's here; vectors with a bad one have no plaintext to compare with.
    for test in tests.filter(|test| test.result == TestResult::Valid) {
        let padding = 16 - test.pt.len() % 16;
        let plaintext = [&test.pt[..], &vec![padding as u8; padding]].concat();
        let covered = [&test.nonce[..], &test.ct].concat();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &INTEGRITY_KEY), &covered);
        let sealed = [&covered, &tag.as_ref()[..16]].concat();
        let name = format!("AesCbc {}", test.tc_id);
        let plain = [&test.nonce[..], &plaintext, &[0; 16]].concat();
        let opened = [&test.nonce[..], &plaintext].concat();
        let key = test.key.clone();
        sealing.push(Vector::new(name.clone(), STATUS_DONE, sealed.clone(), move |batch| {
            AES_CBC_SHA256.add(batch, &key, &INTEGRITY_KEY, 0, &plain);
        }));
        let key = test.key.clone();
        opening.push(Vector::new(name, STATUS_DONE, opened, move |batch| {
            AES_CBC_SHA256.add(batch, &key, &INTEGRITY_KEY, 0, &sealed);
        }));
    }
    assert!(opening.len() > 40);
    (sealing, opening)
}
