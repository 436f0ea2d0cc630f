//! The steps of a resumption: batches of members with several records, of fixed lengths. Their parts are made by the basic operations.

use crate::batch::{Random, Request};
use crate::cases::{forgeries, suites, Case, Suite, ASSOCIATED, HASHES, LENGTHS};
use ike_resume_core::layout::*;
use ike_resume_core::{fused, keyed_hash, protection};

/// Where the keys lie in what is derived, and how much that is.
const KEY_OFFSET: usize = 32;
const INTEGRITY_KEY_OFFSET: usize = 72;
const DERIVED: usize = 140;
/// Octets of a message before its ticket; one block of AES with what the ticket has before its text.
const BEFORE_TICKET: usize = 20;

pub fn add(cases: &mut Vec<Case>, random: &mut Random) {
    let [_, sha256, sha384, _] = HASHES;
    for suite in suites().iter().filter(|suite| !suite.is_of_tickets) {
        // In lanes.
        derive_and_open(cases, random, suite, sha256);
        seal_with_ticket(cases, random, suite, &suite_of("tickets AES-256-GCM"));
    }
    // What goes one by one does so in the same way beside every suite.
    derive_and_open(cases, random, &suite_of("AES-256-GCM"), sha384);
    seal_with_ticket(cases, random, &suite_of("AES-256-GCM"), &suite_of("tickets ChaCha20-Poly1305"));
    for hash in HASHES {
        authenticate(cases, random, hash);
    }
}

fn suite_of(name: &str) -> Suite {
    suites().into_iter().find(|suite| suite.name == name).expect("a suite of this name")
}

fn derive_and_open(cases: &mut Vec<Case>, random: &mut Random, suite: &Suite, (hash_name, hash, length): (&str, usize, usize)) {
    let Suite { name, protection, .. } = suite;
    let mut derivations = Request::default();
    for data in LENGTHS {
        let (key, data, seed) = (random.octets(length), random.octets(data), random.octets(48));
        keyed(&mut derivations, hash, [&key, &data, &seed], &[0; DERIVED]);
    }
    let derived = derivations.run(keyed_hash::derive_keys);
    let key_length = suite.key_length + protection.salt_length;
    let mut sealing = Request::default();
    for (member, text) in LENGTHS.into_iter().enumerate() {
        let keys = derived.output(member);
        let integrity_key = &keys[INTEGRITY_KEY_OFFSET..][..suite.integrity_key_length];
        let plain = random.octets(ASSOCIATED + protection.iv_length + text + protection.icv_length);
        protection.add(&mut sealing, &keys[KEY_OFFSET..][..key_length], integrity_key, ASSOCIATED, &plain);
    }
    let sealed = sealing.run(protection::seal);
    for (class, name_of_case, forged, octet) in forgeries(protection.icv_length) {
        let mut request = Request { inputs: derivations.inputs.clone(), ..Request::default() };
        for (member, record) in derivations.records.iter().enumerate() {
            request.records.push(*record);
            request.records.last_mut().unwrap()[WORD_OUTPUT_OFFSET] = request.outputs.len() as u32;
            request.outputs.extend_from_slice(&[0; DERIVED]);
            let mut message = sealed.output(member).to_vec();
            if forged == Some(member) {
                let icv = message.len() - protection.icv_length;
                octet.iter().for_each(|octet| message[icv + octet] ^= 1 << random.below(8));
            }
            protection.add(&mut request, &[], &[], ASSOCIATED, &message);
            let words = request.records.last_mut().unwrap();
            words[WORD_KEY_OFFSET] = KEY_OFFSET as u32;
            words[WORD_KEY_LENGTH] = key_length as u32;
            words[WORD_INTEGRITY_KEY_OFFSET] = INTEGRITY_KEY_OFFSET as u32;
            words[WORD_INTEGRITY_KEY_LENGTH] = suite.integrity_key_length as u32;
        }
        let of = DERIVE_AND_OPEN_RECORDS;
        cases.push(Case {
            name: name_of_case.into(),
            verdicts: LENGTHS.len(),
            not_authentic: forged.map_or(0..0, |member| of * member + 1..of * member + 2),
            ..Case::without_verdict(
                &format!("derive_and_open {class}"),
                &format!("{hash_name}, {name}"),
                fused::derive_and_open,
                request,
            )
        });
    }
}

fn authenticate(cases: &mut Vec<Case>, random: &mut Random, (hash_name, hash, length): (&str, usize, usize)) {
    let ends = LENGTHS.map(|data| [(); 2].map(|()| [length, data, 32, 12].map(|length| random.octets(length))));
    let seeds = LENGTHS.map(|_| random.octets(64));
    let mut identities = Request::default();
    for [key, _, _, identity] in ends.iter().map(|ends| &ends[0]) {
        keyed(&mut identities, hash, [key, identity, &[]], &vec![0; length]);
    }
    let identities = identities.run(keyed_hash::prf);
    let mut codes = Request::default();
    for (member, [key, message, nonce, _]) in ends.iter().map(|ends| &ends[0]).enumerate() {
        let signed = [&message[..], nonce, identities.output(member)].concat();
        keyed(&mut codes, hash, [key, &signed, &[]], &vec![0; length]);
    }
    let codes = codes.run(keyed_hash::prf);
    for (class, name, forged, octet) in forgeries(length) {
        let mut request = Request::default();
        for (member, ([theirs, ours], seed)) in ends.iter().zip(&seeds).enumerate() {
            let mut mac = codes.output(member).to_vec();
            if forged == Some(member) {
                octet.iter().for_each(|octet| mac[*octet] ^= 1 << random.below(8));
            }
            let [key, message, nonce, identity] = theirs;
            let record = request.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, key).input(WORD_DATA_OFFSET, message);
            record.input(WORD_SEED_OFFSET, nonce).input(WORD_IDENTITY_OFFSET, identity).input(WORD_MAC_OFFSET, &mac);
            let [key, message, nonce, identity] = ours;
            let record = request.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, key).input(WORD_DATA_OFFSET, message);
            record.input(WORD_SEED_OFFSET, nonce).input(WORD_IDENTITY_OFFSET, identity).output(&vec![0; length]);
            keyed(&mut request, hash, [key, &[], seed], &vec![0; length + 7]);
        }
        let of = AUTHENTICATE_RECORDS;
        cases.push(Case {
            name: name.into(),
            verdicts: LENGTHS.len(),
            not_authentic: forged.map_or(0..0, |member| of * member..of * (member + 1)),
            ..Case::without_verdict(&format!("authenticate {class}"), hash_name, fused::authenticate, request)
        });
    }
}

fn seal_with_ticket(cases: &mut Vec<Case>, random: &mut Random, suite: &Suite, ticket: &Suite) {
    let ticket_key = random.octets(ticket.key_length);
    let mut request = Request::default();
    for text in LENGTHS {
        let ticket_length = ASSOCIATED + ticket.protection.iv_length + text + ticket.protection.icv_length;
        let before = ASSOCIATED + suite.protection.iv_length + BEFORE_TICKET;
        // Filled up to whole blocks.
        let filling = (BEFORE_TICKET + ticket_length).next_multiple_of(16) - ticket_length - BEFORE_TICKET;
        let message = random.octets(before + ticket_length + filling + suite.protection.icv_length);
        let place = request.outputs.len() + before;
        ticket.protection.add(&mut request, &ticket_key, &[], ASSOCIATED, &[]);
        let first_key = request.records[0][WORD_KEY_OFFSET];
        let words = request.records.last_mut().unwrap();
        words[WORD_KEY_OFFSET] = first_key;
        words[WORD_OUTPUT_OFFSET] = place as u32;
        words[WORD_OUTPUT_LENGTH] = ticket_length as u32;
        let (key, integrity_key) =
            (random.octets(suite.key_length + suite.protection.salt_length), random.octets(suite.integrity_key_length));
        suite.protection.add(&mut request, &key, &integrity_key, ASSOCIATED, &message);
    }
    let suite = format!("{} in {}", ticket.name, suite.name);
    cases.push(Case::without_verdict("seal_with_ticket", &suite, fused::seal_with_ticket, request));
}

fn keyed(request: &mut Request, hash: usize, [key, data, seed]: [&[u8]; 3], output: &[u8]) {
    let record = request.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, key);
    record.input(WORD_DATA_OFFSET, data).input(WORD_SEED_OFFSET, seed).output(output);
}
