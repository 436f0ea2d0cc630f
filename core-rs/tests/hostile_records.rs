//! Records that lie: each is refused in its own status, and nothing outside the batch is touched.

mod batch;

use batch::containment::check;
use batch::operations::OPERATIONS;
use batch::*;
use ike_resume_core::arena::Arena;
use ike_resume_core::layout::*;
use ike_resume_core::{keyed_hash, protection};

const RANDOM_BATCHES: usize = if cfg!(miri) { 1 } else { 3000 };
const LARGER_ARENA: usize = if cfg!(miri) { 1_000 } else { 100_000 };

fn derivation(batch: &mut Request) {
    let keyed = batch.member().word(WORD_HASH, HASH_SHA256).input(WORD_KEY_OFFSET, &[1; 32]);
    keyed.input(WORD_DATA_OFFSET, &[2; 64]).input(WORD_SEED_OFFSET, &[3; 48]).output(&[0; 168]);
}

#[test]
fn an_offset_or_length_outside_the_batch_is_refused_and_its_neighbours_are_served() {
    let words = [WORD_KEY_OFFSET, WORD_DATA_OFFSET, WORD_SEED_OFFSET, WORD_OUTPUT_OFFSET];
    let mut batch = Request::default();
    (0..3).for_each(|_| derivation(&mut batch));
    let honest = batch.run(keyed_hash::derive_keys);
    for word in words.into_iter().flat_map(|offset| [offset, offset + 1]).step_by(EVERY) {
        for value in [1 << 20, u32::MAX, u32::MAX - 31, 0x8000_0000].into_iter().step_by(EVERY) {
            let told = std::mem::replace(&mut batch.records[1][word], value);
            let answer = batch.run(keyed_hash::derive_keys);
            assert_eq!(answer.statuses, [STATUS_DONE, STATUS_REFUSED, STATUS_DONE], "word {word} is {value}");
            assert_eq!(answer.outputs[..168], honest.outputs[..168]);
            assert_eq!(answer.outputs[168..336], [0; 168]);
            assert_eq!(answer.outputs[336..], honest.outputs[336..]);
            batch.records[1][word] = told;
        }
    }
}

#[test]
fn a_record_that_contradicts_its_protection_is_refused() {
    let mut honest = Request::default();
    AES_GCM.add(&mut honest, &[1; 36], &[], 28, &[0; 28 + 8 + 40 + 16]);
    AES_CBC_SHA256.add(&mut honest, &[1; 32], &[2; 32], 28, &[0; 28 + 16 + 48 + 16]);
    assert_eq!(honest.run(protection::seal).statuses, [STATUS_DONE; 2]);
    let lies = [
        (0, WORD_CIPHER, 0),
        (0, WORD_CIPHER, 4),
        (0, WORD_KEY_LENGTH, 35),
        (0, WORD_SALT_LENGTH, 37),
        (0, WORD_SALT_LENGTH, 0),
        (0, WORD_IV_LENGTH, 12),
        (0, WORD_IV_LENGTH, u32::MAX),
        (0, WORD_ICV_LENGTH, 15),
        (0, WORD_ASSOCIATED_LENGTH, 28 + 40 + 1),
        (0, WORD_ASSOCIATED_LENGTH, u32::MAX),
        (0, WORD_OUTPUT_LENGTH, 0),
        (1, WORD_HASH, 0),
        (1, WORD_IV_LENGTH, 8),
        (1, WORD_ICV_LENGTH, 0),
        (1, WORD_ICV_LENGTH, 33),
        (1, WORD_KEY_LENGTH, 20),
        (1, WORD_OUTPUT_LENGTH, 28 + 16 + 47 + 16),
    ];
    for (member, word, value) in lies.into_iter().step_by(EVERY) {
        let mut batch =
            Request { records: honest.records.clone(), inputs: honest.inputs.clone(), outputs: honest.outputs.clone() };
        batch.records[member][word] = value;
        let statuses = batch.run(protection::seal).statuses;
        assert_eq!(statuses[member], STATUS_REFUSED, "word {word} of member {member} is {value}");
        assert_eq!(statuses[1 - member], STATUS_DONE);
    }
}

#[test]
fn a_message_too_short_for_its_parts_is_not_authentic() {
    for protection in [AES_GCM, CHACHA20_POLY1305, AES_CBC_SHA256] {
        let (key, integrity_key): (&[u8], &[u8]) =
            if protection.cipher == CIPHER_AES_CBC { (&[1; 32], &[2; 32]) } else { (&[1; 36], &[]) };
        let shortest = 28 + protection.iv_length + protection.icv_length;
        let mut batch = Request::default();
        (0..=shortest).step_by(EVERY).for_each(|length| protection.add(&mut batch, key, integrity_key, 28, &vec![0; length]));
        assert!(batch.run(protection::open).statuses.iter().all(|status| *status == STATUS_NOT_AUTHENTIC));
    }
}

#[test]
fn a_ciphertext_of_broken_blocks_is_not_authentic_though_its_mac_is_right() {
    let mut sealing = Request::default();
    AES_CBC_SHA256.add(&mut sealing, &[1; 32], &[2; 32], 0, &[0; 16 + 32 + 16]);
    let sealed = sealing.run(protection::seal);
    // As associated data, what was ciphertext leaves a body of 20 octets behind another IV: the MAC covers the same octets.
    let mut opening = Request::default();
    AES_CBC_SHA256.add(&mut opening, &[1; 32], &[2; 32], 12, &sealed.outputs);
    assert_eq!(opening.run(protection::open).statuses, [STATUS_NOT_AUTHENTIC]);
}

#[test]
fn prf_plus_gives_1_to_255_outputs_and_no_more() {
    for length in [0, 255 * 32 + 1] {
        let mut batch = Request::default();
        let keyed = batch.member().word(WORD_HASH, HASH_SHA256).input(WORD_KEY_OFFSET, &[1; 32]);
        keyed.input(WORD_SEED_OFFSET, &[3; 48]).output(&vec![0; length]);
        assert_eq!(batch.run(keyed_hash::prf_plus).statuses, [STATUS_REFUSED]);
    }
}

#[test]
fn random_records_reach_nothing_but_their_own_outputs() {
    let mut random = Random(99);
    for _ in 0..RANDOM_BATCHES {
        let mut batch = Request { inputs: random.octets(128), outputs: random.octets(256), ..Request::default() };
        for _ in 0..4 {
            batch.records.push(std::array::from_fn(|_| match random.below(4) {
                0 => random.next() as u32,
                1 => random.below(5) as u32,
                2 => [0, 8, 12, 16, 20, 32, 36][random.below(7)],
                _ => random.below(260) as u32,
            }));
        }
        for operation in OPERATIONS {
            check(operation, &batch);
        }
    }
}

#[test]
fn a_batch_larger_than_its_arena_is_none() {
    let mut arena = Arena::new();
    assert!(arena.batch(1, 0, 0).is_none());
    assert!(arena.reserve(MAX_ARENA_OCTETS + 1).is_none());
    assert!(arena.reserve(1000).is_some());
    assert!(arena.batch(usize::MAX, 0, 0).is_none());
    assert!(arena.batch(usize::MAX / RECORD_OCTETS, 0, 0).is_none());
    assert!(arena.batch(1, usize::MAX, 0).is_none());
    assert!(arena.batch(1, 0, usize::MAX).is_none());
    assert!(arena.batch(0, 0, 0).is_some());
}

#[test]
fn an_arena_that_grows_starts_at_zero() {
    let mut arena = Arena::new();
    arena.reserve(100);
    arena.octets().fill(0xaa);
    arena.reserve(LARGER_ARENA);
    assert!(arena.octets().len() >= LARGER_ARENA);
    assert!(arena.octets().iter().all(|octet| *octet == 0));
}
