//! What is run: every operation, in batches of fixed lengths. Cases of one class differ in secrets alone.

use crate::batch::operations::OPERATIONS;
use crate::batch::{Protection, Random, Request};
use crate::{fused_cases, leaks};
use ike_resume_core::arena::Batch;
use ike_resume_core::layout::*;
use ike_resume_core::{keyed_hash, protection};
use std::ops::Range;

/// Of the data and texts of a batch: four alike, then another.
pub const LENGTHS: [usize; 5] = [48, 48, 48, 48, 80];
const LAST: usize = LENGTHS.len() - 1;
pub const ALL: &str = "all octets";
pub const ASSOCIATED: usize = 28;
pub const HASHES: [(&str, usize, usize); 4] =
    [("SHA-1", HASH_SHA1, 20), ("SHA-256", HASH_SHA256, 32), ("SHA-384", HASH_SHA384, 48), ("SHA-512", HASH_SHA512, 64)];

pub struct Case {
    /// The operation, and what is known of the batch. Within a class, of one suite, all traces have to be the same.
    pub class: String,
    /// The algorithms.
    pub suite: String,
    /// What is secret but for the seed.
    pub name: String,
    pub run: fn(Batch),
    pub request: Request,
    /// How many verdicts on MACs there are. What each is decides what is executed.
    pub verdicts: usize,
    /// The records that have to be refused as not authentic.
    pub not_authentic: Range<usize>,
}

impl Case {
    pub fn without_verdict(class: &str, suite: &str, run: fn(Batch), request: Request) -> Self {
        let (class, suite, name) = (class.into(), suite.into(), ALL.into());
        Self { class, suite, name, run, request, verdicts: 0, not_authentic: 0..0 }
    }

    /// A verdict for each record.
    pub fn with_verdicts(class: &str, suite: &str, run: fn(Batch), request: Request, forged: Option<usize>) -> Self {
        let verdicts = request.records.len();
        let not_authentic = forged.map_or(0..0, |record| record..record + 1);
        Self { verdicts, not_authentic, ..Self::without_verdict(class, suite, run, request) }
    }
}

/// Name, entry point and length of the output.
type HashingOperation = (&'static str, fn(Batch), usize);

pub struct Suite {
    pub name: &'static str,
    pub protection: Protection,
    pub key_length: usize,
    pub integrity_key_length: usize,
    /// Many messages to one key.
    pub is_of_tickets: bool,
}

pub fn all(seed: u64) -> Vec<Case> {
    // Zero would stay zero.
    let mut random = Random(seed ^ 0x6a09_e667_f3bc_c908 | 1 << 63);
    let mut cases = Vec::new();
    for (name, hash, length) in HASHES {
        hashing(&mut cases, &mut random, name, hash, length);
    }
    for suite in suites() {
        sealing_and_opening(&mut cases, &mut random, &suite);
    }
    fused_cases::add(&mut cases, &mut random);
    for operation in OPERATIONS {
        let is_there = cases.iter().any(|case| case.class.split(' ').next() == Some(operation.name));
        assert!(is_there, "no case runs {}: write one", operation.name);
    }
    leaking(&mut cases, &mut random);
    cases
}

fn hashing(cases: &mut Vec<Case>, random: &mut Random, hash_name: &str, hash: usize, length: usize) {
    let operations: [HashingOperation; 3] = [
        ("prf", keyed_hash::prf, length),
        ("prf_plus", keyed_hash::prf_plus, length + 7),
        ("derive_keys", keyed_hash::derive_keys, length + 7),
    ];
    for (operation, run, output) in operations {
        let mut request = Request::default();
        for data in LENGTHS {
            let (key, data, seed) = (random.octets(length), random.octets(data), random.octets(48));
            let member = request.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, &key);
            member.input(WORD_DATA_OFFSET, &data).input(WORD_SEED_OFFSET, &seed).output(&vec![0; output]);
        }
        cases.push(Case::without_verdict(operation, hash_name, run, request));
    }

    // A key longer than a block is hashed first.
    let mut codes = Request::default();
    let members = LENGTHS.map(|data| (random.octets(if data == 80 { 130 } else { length }), random.octets(data)));
    for (key, data) in &members {
        let member = codes.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, key);
        member.input(WORD_DATA_OFFSET, data).output(&vec![0; length]);
    }
    let codes = codes.run(keyed_hash::prf);
    for (class, name, forged, octet) in forgeries(length) {
        let mut request = Request::default();
        for (member, (key, data)) in members.iter().enumerate() {
            let mut mac = codes.output(member).to_vec();
            if forged == Some(member) {
                octet.iter().for_each(|octet| mac[*octet] ^= 1 << random.below(8));
            }
            let member = request.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, key);
            member.input(WORD_DATA_OFFSET, data).input(WORD_MAC_OFFSET, &mac);
        }
        let class = format!("verify_mac {class}");
        let run = keyed_hash::verify_mac;
        cases.push(Case { name: name.into(), ..Case::with_verdicts(&class, hash_name, run, request, forged) });
    }
}

/// Class, name, member and the wrong octet of a MAC or ICV of a length.
pub fn forgeries(length: usize) -> [(&'static str, &'static str, Option<usize>, Option<usize>); 5] {
    [
        ("(all right)", ALL, None, None),
        ("(last wrong)", "first octet", Some(LAST), Some(0)),
        ("(last wrong)", "last octet", Some(LAST), Some(length - 1)),
        ("(second wrong)", "first octet", Some(1), Some(0)),
        ("(second wrong)", "last octet", Some(1), Some(length - 1)),
    ]
}

pub fn suites() -> Vec<Suite> {
    let aead = |cipher, salt_length| Protection { cipher, salt_length, iv_length: 12 - salt_length, hash: 0, icv_length: 16 };
    let cbc = |hash, icv_length| Protection { cipher: CIPHER_AES_CBC, salt_length: 0, iv_length: 16, hash, icv_length };
    let suite = |name, protection, key_length, integrity_key_length, is_of_tickets| Suite {
        name,
        protection,
        key_length,
        integrity_key_length,
        is_of_tickets,
    };
    vec![
        suite("AES-128-GCM", aead(CIPHER_AES_GCM, 4), 16, 0, false),
        suite("AES-192-GCM", aead(CIPHER_AES_GCM, 4), 24, 0, false),
        suite("AES-256-GCM", aead(CIPHER_AES_GCM, 4), 32, 0, false),
        suite("ChaCha20-Poly1305", aead(CIPHER_CHACHA20_POLY1305, 4), 32, 0, false),
        suite("AES-128-CBC with SHA-256", cbc(HASH_SHA256, 16), 16, 32, false),
        suite("AES-256-CBC with SHA-512", cbc(HASH_SHA512, 32), 32, 64, false),
        suite("tickets AES-256-GCM", aead(CIPHER_AES_GCM, 0), 32, 0, true),
        suite("tickets ChaCha20-Poly1305", aead(CIPHER_CHACHA20_POLY1305, 0), 32, 0, true),
    ]
}

fn sealing_and_opening(cases: &mut Vec<Case>, random: &mut Random, suite: &Suite) {
    let Suite { name, protection, .. } = suite;
    let icv_length = protection.icv_length;
    let keys =
        LENGTHS.map(|_| (random.octets(suite.key_length + protection.salt_length), random.octets(suite.integrity_key_length)));
    let plain = LENGTHS.map(|text| random.octets(ASSOCIATED + protection.iv_length + text + icv_length));
    let sealing = messages(suite, &keys, &plain);
    let sealed = sealing.run(protection::seal);
    cases.push(Case::without_verdict("seal", name, protection::seal, sealing));
    for (class, case, forged, octet) in forgeries(icv_length) {
        let mut member = 0;
        let opening = plain.each_ref().map(|_| {
            let mut message = sealed.output(member).to_vec();
            let icv = message.len() - icv_length;
            if forged == Some(member) {
                octet.iter().for_each(|octet| message[icv + octet] ^= 1 << random.below(8));
            }
            member += 1;
            message
        });
        let request = messages(suite, &keys, &opening);
        let class = format!("open {class}");
        let run = protection::open;
        cases.push(Case { name: case.into(), ..Case::with_verdicts(&class, name, run, request, forged) });
    }
}

fn messages(suite: &Suite, keys: &[(Vec<u8>, Vec<u8>)], messages: &[Vec<u8>]) -> Request {
    let mut request = Request::default();
    for ((key, integrity_key), message) in keys.iter().zip(messages) {
        suite.protection.add(&mut request, key, integrity_key, ASSOCIATED, message);
        if suite.is_of_tickets {
            let first = request.records[0][WORD_KEY_OFFSET];
            request.records.last_mut().unwrap()[WORD_KEY_OFFSET] = first;
        }
    }
    request
}

/// What has to be found: see [`leaks`].
fn leaking(cases: &mut Vec<Case>, random: &mut Random) {
    let mut secret = random.octets(32);
    let case = |class: &str, name: &str, run: fn(Batch), secret: &[u8]| {
        let mut request = Request::default();
        request.member().input(WORD_KEY_OFFSET, secret).output(&[0; 32]);
        Case { name: name.into(), ..Case::without_verdict(class, "on purpose", run, request) }
    };
    cases.push(case("leak: table", ALL, leaks::look_up_in_table, &secret));
    for (name, octet) in [("first octet", 0), ("last octet", 15)] {
        secret.copy_within(0..16, 16);
        secret[16 + octet] ^= 1;
        cases.push(case("leak: comparison", name, leaks::compare_until_different, &secret));
    }
}
