//! The operations of a resumption's steps beside the basic ones that they are made of.

mod batch;

use batch::*;
use ike_resume_core::layout::*;
use ike_resume_core::{fused, keyed_hash, protection};

/// Miri takes minutes for what a processor does in a moment.
const BATCHES: &[usize] = if cfg!(miri) { &[2] } else { &[1, 2, 3, 4, 5, 9, 64] };
/// Octets of texts, and of messages that are signed.
const LONGEST: usize = if cfg!(miri) { 20 } else { 400 };
const KEYS_LENGTH: usize = 168;
const KEY_OFFSET: usize = 32;

fn derivation(batch: &mut Request, random: &mut Random) {
    let (key, data, seed) = (random.octets(32), random.octets(74), random.octets(80));
    let member = batch.member().word(WORD_HASH, HASH_SHA256).input(WORD_KEY_OFFSET, &key);
    member.input(WORD_DATA_OFFSET, &data).input(WORD_SEED_OFFSET, &seed).output(&[0; KEYS_LENGTH]);
}

#[test]
fn keys_are_derived_and_open_what_was_sealed_under_them() {
    let mut random = Random(11);
    for members in BATCHES.iter().copied() {
        let mut derivations = Request::default();
        (0..members).for_each(|_| derivation(&mut derivations, &mut random));
        let keys = derivations.run(keyed_hash::derive_keys);
        let plaintexts: Vec<Vec<u8>> = (0..members)
            .map(|_| {
                let length = random.below(LONGEST);
                random.octets(length)
            })
            .collect();
        let mut sealing = Request::default();
        for (member, plaintext) in plaintexts.iter().enumerate() {
            let key = &keys.output(member)[KEY_OFFSET..KEY_OFFSET + 36];
            AES_GCM.add(&mut sealing, key, &[], 28, &[&[7; 36][..], plaintext, &[0; 16]].concat());
        }
        let sealed = sealing.run(protection::seal);
        assert_eq!(sealed.statuses, vec![STATUS_DONE; members]);

        let mut batch = Request { inputs: derivations.inputs.clone(), ..Request::default() };
        for (member, record) in derivations.records.iter().enumerate() {
            let place = batch.outputs.len();
            batch.outputs.extend_from_slice(&[0; KEYS_LENGTH]);
            let mut first = *record;
            first[WORD_OUTPUT_OFFSET] = place as u32;
            batch.records.push(first);
            let mut message = sealed.output(member).to_vec();
            if member % 3 == 1 {
                *message.last_mut().unwrap() ^= 1;
            }
            AES_GCM.add(&mut batch, &[], &[], 28, &message);
            let second = batch.records.last_mut().unwrap();
            second[WORD_KEY_OFFSET] = KEY_OFFSET as u32;
            second[WORD_KEY_LENGTH] = 36;
            second[WORD_INTEGRITY_KEY_OFFSET] = 0;
            // A key that the derivation does not reach.
            if member % 5 == 4 {
                second[WORD_KEY_OFFSET] = KEYS_LENGTH as u32 - 35;
            }
        }
        let answer = batch.run(fused::derive_and_open);
        for (member, plaintext) in plaintexts.iter().enumerate() {
            assert_eq!(answer.statuses[2 * member], STATUS_DONE);
            assert_eq!(answer.output(2 * member), keys.output(member));
            let expected = if member % 5 == 4 {
                STATUS_REFUSED
            } else if member % 3 == 1 {
                STATUS_NOT_AUTHENTIC
            } else {
                STATUS_DONE
            };
            assert_eq!(answer.statuses[2 * member + 1], expected);
            let message = answer.output(2 * member + 1);
            if expected == STATUS_DONE {
                assert_eq!(message[36..message.len() - 16], *plaintext);
            } else {
                assert_eq!(message[..message.len() - 1], sealed.output(member)[..message.len() - 1], "left as it was");
            }
        }
    }
}

#[test]
fn a_member_whose_derivation_is_refused_opens_nothing() {
    let mut batch = Request::default();
    derivation(&mut batch, &mut Random(12));
    batch.records[0][WORD_DATA_OFFSET] = u32::MAX;
    AES_GCM.add(&mut batch, &[0; 36], &[], 28, &[0; 100]);
    assert_eq!(batch.run(fused::derive_and_open).statuses, [STATUS_REFUSED; 2]);
}

/// A record of an AUTH over random octets.
fn signed(batch: &mut Request, random: &mut Random, hash: usize, output: &[u8]) -> [Vec<u8>; 4] {
    let lengths = [32, 70 + random.below(LONGEST), 32, 5 + random.below(60)];
    let [key, message, nonce, identity] = lengths.map(|length| random.octets(length));
    let member = batch.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, &key).input(WORD_DATA_OFFSET, &message);
    let member = member.input(WORD_SEED_OFFSET, &nonce).input(WORD_IDENTITY_OFFSET, &identity);
    if !output.is_empty() {
        member.output(output);
    }
    [key, message, nonce, identity]
}

fn prf(hash: usize, key: &[u8], data: &[&[u8]], length: usize) -> Vec<u8> {
    let mut batch = Request::default();
    let member = batch.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, key);
    member.input(WORD_DATA_OFFSET, &data.concat()).output(&vec![0; length]);
    batch.run(keyed_hash::prf).outputs
}

fn auth(hash: usize, [key, message, nonce, identity]: &[Vec<u8>; 4], length: usize) -> Vec<u8> {
    let maced = prf(hash, key, &[identity], length);
    prf(hash, key, &[message, nonce, &maced], length)
}

#[test]
fn both_ends_are_authenticated_and_nothing_is_left_of_a_member_that_did_not_prove_itself() {
    let mut random = Random(13);
    for (hash, length) in [(HASH_SHA256, 32), (HASH_SHA384, 48)] {
        for members in BATCHES.iter().copied() {
            let mut batch = Request::default();
            let mut expected = Vec::new();
            for member in 0..members {
                let theirs = signed(&mut batch, &mut random, hash, &[]);
                let mut mac = auth(hash, &theirs, length);
                if member % 4 == 3 {
                    mac[member % length] ^= 0x80;
                }
                let place = batch.inputs.len();
                batch.inputs.extend_from_slice(&mac);
                let record = batch.records.last_mut().unwrap();
                record[WORD_MAC_OFFSET] = place as u32;
                record[WORD_MAC_LENGTH] = length as u32;
                let ours = signed(&mut batch, &mut random, hash, &vec![9; length]);
                let seed = random.octets(64);
                let expansion = batch.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, &ours[0]);
                expansion.input(WORD_SEED_OFFSET, &seed).output(&[9; 72]);
                expected.push((auth(hash, &ours, length), prf(hash, &ours[0], &[&seed, &[1]], length)));
            }
            let answer = batch.run(fused::authenticate);
            for (member, (auth, first)) in expected.iter().enumerate() {
                let records = 3 * member..3 * member + 3;
                if member % 4 == 3 {
                    assert_eq!(answer.statuses[records], [STATUS_NOT_AUTHENTIC; 3]);
                    assert!(answer.output(3 * member + 1).iter().chain(answer.output(3 * member + 2)).all(|octet| *octet == 0));
                } else {
                    assert_eq!(answer.statuses[records], [STATUS_DONE; 3]);
                    assert_eq!(answer.output(3 * member + 1), auth);
                    assert_eq!(answer.output(3 * member + 2)[..length], first[..]);
                }
            }
        }
    }
}

#[test]
fn a_ticket_is_sealed_into_the_message_that_carries_it() {
    let mut random = Random(14);
    let ticket_key = random.octets(32);
    let ticket_form = Protection { salt_length: 0, iv_length: 12, ..AES_GCM };
    for members in BATCHES.iter().copied() {
        let mut batch = Request::default();
        let mut expected = Vec::new();
        for _ in 0..members {
            let length = 12 + 12 + random.below(LONGEST) + 16;
            let (ticket, key, before) = (random.octets(length), random.octets(36), random.octets(60));
            let mut alone = Request::default();
            ticket_form.add(&mut alone, &ticket_key, &[], 12, &ticket);
            let sealed_ticket = alone.run(protection::seal).outputs;
            let mut carrying = Request::default();
            AES_GCM.add(&mut carrying, &key, &[], 28, &[&before[..], &sealed_ticket, &[0; 16]].concat());
            expected.push(carrying.run(protection::seal).outputs);

            ticket_form.add(&mut batch, &ticket_key, &[], 12, &[]);
            let place = batch.outputs.len() + before.len();
            let record = batch.records.last_mut().unwrap();
            record[WORD_OUTPUT_OFFSET] = place as u32;
            record[WORD_OUTPUT_LENGTH] = length as u32;
            AES_GCM.add(&mut batch, &key, &[], 28, &[&before[..], &ticket, &[0; 16]].concat());
        }
        let answer = batch.run(fused::seal_with_ticket);
        assert_eq!(answer.statuses, vec![STATUS_DONE; 2 * members]);
        for (member, message) in expected.iter().enumerate() {
            assert_eq!(answer.output(2 * member + 1), message);
        }
    }
}

#[test]
fn a_message_whose_ticket_is_refused_is_not_sealed_and_is_blank() {
    let mut batch = Request::default();
    let ticket_form = Protection { salt_length: 0, iv_length: 12, ..AES_GCM };
    ticket_form.add(&mut batch, &[1; 32], &[], 12, &[]);
    let record = batch.records.last_mut().unwrap();
    record[WORD_ICV_LENGTH] = 15;
    record[WORD_OUTPUT_OFFSET] = 50;
    record[WORD_OUTPUT_LENGTH] = 100;
    AES_GCM.add(&mut batch, &[2; 36], &[], 28, &[7; 200]);
    let answer = batch.run(fused::seal_with_ticket);
    assert_eq!(answer.statuses, [STATUS_REFUSED; 2]);
    assert_eq!(answer.output(1), [0; 200]);
}
